// Part of the driver module.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "nn/onnx/model_file.h"

namespace inpaint {

/// The bytes of a model whose inputs are declared with these shapes instead, in order: runtimes that work out sizes
/// when they read a file need them fixed.
std::string with_input_shapes(const OnnxModel& model, const std::vector<std::vector<int64_t>>& shapes);

}  // namespace inpaint
