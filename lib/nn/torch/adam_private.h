// The optimiser's step.
#pragma once
#include <ATen/core/Tensor.h>

namespace inpaint::torch_module {

/// Of Adam: Kingma and Ba 2015, https://arxiv.org/abs/1412.6980.
struct AdamStep {
  double rate = 0;
  int64_t number = 1;           ///< counted from 1
  double gradient_scale = 1;    ///< the gradient is multiplied by it first
  double average_kept = 0.999;  ///< share of the old average of the weights
};

/// Adds one step to `values` (float32, with their moments `first` and `second`, 0 before the first step) and moves
/// their running average, all in place. All have the shape and strides of `values`.
void adam_step(const AdamStep& step, const at::Tensor& gradient, at::Tensor& values, at::Tensor& first,
               at::Tensor& second, at::Tensor& average);

}  // namespace inpaint::torch_module
