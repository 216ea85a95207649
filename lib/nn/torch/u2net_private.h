#pragma once
#include <memory>
#include <string>

#include "nn/torch/network_private.h"

namespace inpaint::torch_module {

/// U-2-Net or its small version (architecture "u2net", "u2netp"; Qin et al. 2020) from a safetensors file with the
/// names of the official state_dict; batch norms are folded in. How many planes it gives is read from outconv.weight.
/// Input batch × 3 × height × width; outputs: the fused map and the six of the sides, after the sigmoid, all of the
/// input's size. Throws MissingError if the file does not fit, naming the first parameters that differ.
std::unique_ptr<Network> read_u2net(const std::string& file, const std::string& architecture, const at::Device& device);

}  // namespace inpaint::torch_module
