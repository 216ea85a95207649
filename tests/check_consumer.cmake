# Installs the build into a fresh folder, builds examples/consumer against it, and runs it.
# Usage: cmake -DSOURCE_DIR=... -DBINARY_DIR=... -DBUILD_TYPE=... -DCXX_FLAGS=... -P check_consumer.cmake
set(work ${BINARY_DIR}/consumer-test)
file(REMOVE_RECURSE ${work})
function(run)
  execute_process(COMMAND ${ARGV} RESULT_VARIABLE result)
  if(NOT result EQUAL 0)
    message(FATAL_ERROR "failed (${result}): ${ARGV}")
  endif()
endfunction()
run(${CMAKE_COMMAND} --install ${BINARY_DIR} --prefix ${work}/prefix)
run(${CMAKE_COMMAND} -S ${SOURCE_DIR}/examples/consumer -B ${work}/build -G Ninja -DCMAKE_PREFIX_PATH=${work}/prefix
    -DCMAKE_BUILD_TYPE=${BUILD_TYPE} "-DCMAKE_CXX_FLAGS=${CXX_FLAGS}")
run(${CMAKE_COMMAND} --build ${work}/build)
run(${work}/build/consumer ${SOURCE_DIR}/tests/data/orientation6_p3.jpg ${work}/filled.png)
if(NOT EXISTS ${work}/filled.png)
  message(FATAL_ERROR "the consumer wrote no picture")
endif()
