#pragma once
#include "nn/driver.h"

namespace inpaint {

/// Runs files of parameters (safetensors) of known architectures on the CPU in fp32, with the engine in graph.h. Asked
/// for a GPU or another precision, it throws MissingError that names the driver which has them.
Driver& native_driver();

}  // namespace inpaint
