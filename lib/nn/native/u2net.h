// U^2-Net and U^2-NetP (Qin et al. 2020, https://github.com/xuebinqin/U-2-Net) from their published parameters.
#pragma once
#include <string>

#include "nn/native/graph.h"
#include "nn/safetensors.h"

namespace inpaint::native {

/// The network, with its parameters under the names of the official state_dict and batch normalisation folded. One
/// input of 3 planes; outputs d0 to d6 after their sigmoids, each with as many planes as outconv.weight has (1; 4 in
/// the one that finds garments). `architecture`: "u2net" or "u2netp". Throws MissingError that names the first
/// parameters that are missing or of another shape, and what the file looks like.
Graph u2net_graph(const Safetensors& parameters, const std::string& architecture);

/// "u2net" or "u2netp" if the file holds such a network's first parameter, else empty.
std::string guess_u2net(const Safetensors& parameters);

}  // namespace inpaint::native
