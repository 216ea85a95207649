#include "nn/torch/masked_norm_private.h"

#include <ATen/ATen.h>

namespace inpaint::torch_module {

at::Tensor masked_norm(const at::Tensor& raw, const MaskPlanes& planes, const NormParameters& norm, bool learns,
                       float slope) {
  at::Tensor x = raw * planes.ratio;
  if (norm.bias.defined()) x = (x + norm.bias.view({1, -1, 1, 1})) * planes.known;
  if (norm.gamma.defined())
    x = at::batch_norm(x, norm.gamma, norm.beta, norm.mean, norm.variance, learns, 0.1, 1e-5, true);
  if (slope == 0) x = at::relu(x);
  if (slope != 0 && slope != 1) x = at::leaky_relu(x, slope);
  return planes.full ? x : x * planes.known;
}

}  // namespace inpaint::torch_module
