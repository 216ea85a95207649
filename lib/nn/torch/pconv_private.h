// Partial convolutions (Liu et al. 2018, https://arxiv.org/abs/1804.07723), for running and for learning.
#pragma once
#include <ATen/core/Tensor.h>

#include <map>
#include <memory>
#include <string>

#include "nn/torch/network_private.h"

namespace inpaint::torch_module {

using TensorMap = std::map<std::string, at::Tensor>;

/// What of a partial-convolution U-Net its parameters' shapes tell, and its file's metadata.
struct PConvPlan {
  int levels = 0;
  /// What the network adds to in the hole, and reads besides: "none"; "pull-push": a smooth fill; "patch": the mean of
  /// that and of two patch fills.
  std::string base = "none";
  int64_t inputs() const { return base == "patch" ? 13 : base == "pull-push" ? 7 : 3; }  ///< planes that enc1 reads
};

/// Which batch norms use and follow the statistics of the batch; the others use those that they kept.
struct PConvNorms {
  bool encoder = false, decoder = false;
};

/// Names are those of the file: encN.conv.weight, encN.bn.weight, ..., decN.conv.weight, ... Throws MissingError headed
/// by `file` if they are no such network.
PConvPlan pconv_plan(const TensorMap& parameters, const std::map<std::string, std::string>& metadata,
                     const std::string& file);

/// The shapes of a U-Net with `width` channels at the first level (8 × width at most) as the paper has it: 7 × 7, 5 ×
/// 5, 5 × 5, then 3 × 3; norms everywhere but in the first and the last layer. In the order of the layers.
std::vector<std::pair<std::string, std::vector<int64_t>>> pconv_shapes(int width, const PConvPlan& plan);

/// Makes parameters of a network of the base "pull-push" those of one of the base "patch", in place. It begins as
/// nearly the mean of what it made and of the two patch fills.
void widen_to_patch(TensorMap& parameters);

/// inputs: the known picture, N × 3 × H × W, 0 in the hole; what is known, N × 1 × H × W, 1 or 0; for the base "patch"
/// the picture with its hole filled in two ways, N × 6 × H × W. H and W are multiples of 2^levels. The result is N × 3
/// × H × W. Each tensor has one plane of mask; `type` is that of the convolutions.
at::Tensor run_pconv(const TensorMap& parameters, const PConvPlan& plan, const std::vector<at::Tensor>& inputs,
                     PConvNorms norms, at::ScalarType type);

/// The smooth fill that networks of the bases "pull-push" and "patch" read: known colours averaged over cells of 2, 4,
/// ... pixels by what is known of them, enlarged again. `mean`: N × 3 × 1 × 1, for what not even the last level knows.
at::Tensor pull_push(const at::Tensor& known_image, const at::Tensor& known, const at::Tensor& mean, int levels);

/// From a safetensors file.
std::unique_ptr<Network> read_pconv(const std::string& file, const at::Device& device);

}  // namespace inpaint::torch_module
