#pragma once
#include <torch/csrc/jit/api/module.h>

#include <string>
#include <vector>

#include "nn/driver.h"

namespace inpaint::torch_module {

/// The tensors that forward takes. Throws MissingError, naming the file, if there is no forward or it wants anything
/// else than tensors.
std::vector<TensorFacts> forward_inputs(const torch::jit::Module& module, const std::string& file);

/// Planes of the inputs that feed a convolution straight away, and what the graph gives back, as far as it tells.
void add_shapes(torch::jit::Graph& graph, std::vector<TensorFacts>& inputs);
std::vector<TensorFacts> graph_outputs(const torch::jit::Graph& graph);

/// "forward(image, mask)", with shapes where they are known.
std::string signature_text(const std::vector<TensorFacts>& inputs);

/// All tensors of a result: entries of tuples and lists in order, of dictionaries by key. Throws std::runtime_error for
/// what is neither tensor nor number.
std::vector<at::Tensor> flattened(const c10::IValue& value);

}  // namespace inpaint::torch_module
