include(CMakePackageConfigHelpers)
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/inpaint)
install(TARGETS inpaint_lib EXPORT inpaintTargets FILE_SET HEADERS DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/inpaint)
install(TARGETS inpaint_cli)
if(TARGET inpaint_onnx)
  install(TARGETS inpaint_onnx LIBRARY DESTINATION lib/inpaint)  # where the program looks for it
endif()
install(EXPORT inpaintTargets NAMESPACE inpaint:: DESTINATION ${package_dir})
install(DIRECTORY ${PROJECT_SOURCE_DIR}/pipelines DESTINATION ${CMAKE_INSTALL_DATADIR}/inpaint)
# The weights that ship; the program looks for them in ../share/inpaint/models.
install(DIRECTORY ${PROJECT_SOURCE_DIR}/configs/models/ DESTINATION share/inpaint/models FILES_MATCHING PATTERN *.safetensors)
configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/inpaintConfig.cmake.in
  ${PROJECT_BINARY_DIR}/inpaintConfig.cmake INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/inpaintConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/inpaintConfig.cmake ${PROJECT_BINARY_DIR}/inpaintConfigVersion.cmake
  cmake/dependencies.cmake cmake/FindOpenCVParts.cmake DESTINATION ${package_dir})
