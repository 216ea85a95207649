#pragma once
#include <optional>

#include "nn/native/step_private.h"
#include "nn/native/weights_private.h"

namespace inpaint::native {

/// A convolution at a fixed size, and what was fused into it.
struct ConvWork {
  Conv2d how = {};
  Map in = {}, out = {};
  Activation first = {}, last = {};  ///< last: after the residual
  std::optional<Map> residual = {};  ///< of a blocked result only
  int threads = 1;                   ///< to be kept busy
};

/// Asks `weights` for the form that the step needs.
StepPtr conv_step(const Kernels& kernels, Weights& weights, const ConvWork& work, Algorithm algorithm);
StepPtr direct_step(const Kernels& kernels, Weights& weights, const ConvWork& work);
StepPtr winograd_step(const Kernels& kernels, Weights& weights, const ConvWork& work);

/// Intermediate results of a task stay below this many floats where possible, to remain in a core's cache.
inline constexpr int64_t cache_floats = 3 << 16;

}  // namespace inpaint::native
