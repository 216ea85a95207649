#pragma once
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "nn/torch/network_private.h"

namespace inpaint::torch_module {

/// Names and shapes of the parameters, in the order of the layers; `planes`: of each output.
std::vector<std::pair<std::string, std::vector<int64_t>>> u2net_shapes(const std::string& architecture, int64_t planes);

/// One layer of the network: convolution NAME.conv_s1, batch norm NAME.bn_s1 and ReLU if `norm`, else convolution NAME.
using U2NetLayer = std::function<at::Tensor(const std::string& name, const at::Tensor& x, int64_t dilation, bool norm)>;

/// The network over whatever computes its layers: the fused map and the six of the sides, before the sigmoid, all of
/// the input's size.
std::vector<at::Tensor> run_u2net(const std::string& architecture, const at::Tensor& x, const U2NetLayer& layer);

/// U-2-Net or its small version (architecture "u2net", "u2netp"; Qin et al. 2020) from a safetensors file with the
/// names of the official state_dict; batch norms are folded in. How many planes it gives is read from outconv.weight.
/// Input batch × 3 × height × width; outputs: the fused map and the six of the sides, after the sigmoid, all of the
/// input's size. Throws MissingError if the file does not fit, naming the first parameters that differ.
std::unique_ptr<Network> read_u2net(const std::string& file, const std::string& architecture, const at::Device& device);

}  // namespace inpaint::torch_module
