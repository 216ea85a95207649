// What differs between versions of libtorch.
#pragma once
#include <torch/version.h>

namespace inpaint::torch_module {

/// libtorch 2 computes transposed convolutions by oneDNN, 1.13 by far slower means.
constexpr bool slow_up_convolutions = TORCH_VERSION_MAJOR < 2;

}  // namespace inpaint::torch_module
