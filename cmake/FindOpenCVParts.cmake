# Finds single OpenCV libraries by header and library. Debian's OpenCVConfig.cmake is only in libopencv-dev, which
# pulls in Qt, GDAL and FFmpeg; the parts we use have small packages of their own (libopencv-core-dev, ...).
# Defines opencv_parts::NAME for each component (an optional one: if it is there).
find_path(OpenCVParts_INCLUDE_DIR opencv2/core.hpp PATH_SUFFIXES opencv4)
set(OpenCVParts_REQUIRED_VARS OpenCVParts_INCLUDE_DIR)
foreach(part IN LISTS OpenCVParts_FIND_COMPONENTS)
  find_library(OpenCVParts_${part}_LIBRARY opencv_${part})
  mark_as_advanced(OpenCVParts_${part}_LIBRARY)
  if(OpenCVParts_FIND_REQUIRED_${part})
    list(APPEND OpenCVParts_REQUIRED_VARS OpenCVParts_${part}_LIBRARY)
  endif()
  if(OpenCVParts_${part}_LIBRARY AND OpenCVParts_INCLUDE_DIR)
    set(OpenCVParts_${part}_FOUND TRUE)
    if(NOT TARGET opencv_parts::${part})
      add_library(opencv_parts::${part} UNKNOWN IMPORTED)
      set_target_properties(opencv_parts::${part} PROPERTIES
        IMPORTED_LOCATION ${OpenCVParts_${part}_LIBRARY}
        INTERFACE_INCLUDE_DIRECTORIES ${OpenCVParts_INCLUDE_DIR}
        INTERFACE_SYSTEM_INCLUDE_DIRECTORIES ${OpenCVParts_INCLUDE_DIR})
    endif()
  endif()
endforeach()
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(OpenCVParts REQUIRED_VARS ${OpenCVParts_REQUIRED_VARS} HANDLE_COMPONENTS)
mark_as_advanced(OpenCVParts_INCLUDE_DIR)
