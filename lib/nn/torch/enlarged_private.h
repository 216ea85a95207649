#pragma once
#include <ATen/core/Tensor.h>

namespace inpaint::torch_module {

/// The convolution of a U-Net's decoder: 3 × 3, padded by 1, of `above` at twice its size (each pixel four times)
/// followed by the channels of `beside`. Computed without enlarging where that is faster: an enlarged pixel shares its
/// source with three others, so that each of the four is a 2 × 2 convolution of `above`.
///   above N × A × H × W, beside N × B × 2H × 2W, weight C × (A + B) × 3 × 3; the result is N × C × 2H × 2W, float32.
/// `type`: of the convolution's factors. Gradients flow to all three.
at::Tensor enlarged_convolution(const at::Tensor& above, const at::Tensor& beside, const at::Tensor& weight,
                                at::ScalarType type);

}  // namespace inpaint::torch_module
