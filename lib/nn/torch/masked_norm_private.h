#pragma once
#include <ATen/core/Tensor.h>

namespace inpaint::torch_module {

/// What a layer's masks do to a convolution's raw result: N × 1 × H × W float32.
struct MaskPlanes {
  at::Tensor ratio;   ///< factor of the raw result; 0 in the hole
  at::Tensor known;   ///< 1 or 0 after the layer
  bool full = false;  ///< known is 1 everywhere
};

/// Undefined tensors are absent; a norm has all four.
struct NormParameters {
  at::Tensor bias, gamma, beta, mean, variance;
};

/// act(norm(raw × ratio + bias)) × known, act being x where x > 0 and slope × x elsewhere. With `learns` the norm uses
/// the batch's statistics (holes count as zeros, as in the published layer), and mean and variance follow them by
/// 0.1. Gradients flow to raw, bias, gamma and beta. raw: N × C × H × W float32.
at::Tensor masked_norm(const at::Tensor& raw, const MaskPlanes& planes, const NormParameters& norm, bool learns,
                       float slope);

/// relu(norm(raw)), with nothing masked; `norm` has no bias.
at::Tensor norm_and_relu(const at::Tensor& raw, const NormParameters& norm, bool learns);

}  // namespace inpaint::torch_module
