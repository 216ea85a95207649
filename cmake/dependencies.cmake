# Third-party libraries, each as an imported target (so their headers count as system headers).
# Used by the build and, installed beside the package files, by programs that link inpaint::inpaint.
find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(fmt REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(SQLiteCpp REQUIRED)
find_package(OpenCVParts REQUIRED COMPONENTS core imgproc photo OPTIONAL_COMPONENTS dnn)  # dnn: driver module only
if(NOT TARGET PkgConfig::vips)
  pkg_check_modules(vips REQUIRED IMPORTED_TARGET vips>=8.13)
endif()
if(NOT TARGET PkgConfig::xxhash)
  pkg_check_modules(xxhash REQUIRED IMPORTED_TARGET libxxhash>=0.8)
endif()
