// Changes of a frozen TorchScript graph before it runs.
#pragma once
#include <torch/csrc/jit/ir/ir.h>

#include <functional>
#include <memory>
#include <optional>

namespace inpaint::torch_module {

using torch::jit::Graph;
using torch::jit::Node;

/// A 2-D convolution with constant weights, whichever operator says it.
struct Convolution {
  Node* node = nullptr;
  at::Tensor weight, bias;  ///< bias: undefined if there is none
  std::vector<int64_t> stride, padding, dilation, output_padding;
  bool transposed = false;
  int64_t groups = 1;
};

/// All of a graph, those in branches and loops included, in order.
std::vector<Convolution> convolutions(Graph& graph);

/// Calls for each node, those in branches and loops included.
void for_each_node(torch::jit::Block* block, const std::function<void(Node*)>& visit);

/// Casts the inputs of convolutions that are not transposed to bf16 or fp16 and their results back to fp32; their
/// weights are cast once, here. Returns how many.
int reduce_convolutions(Graph& graph, at::ScalarType type);

/// Lays the weights of convolutions out as channels_last; their results then are too, and so on through the network.
void use_channels_last(Graph& graph);

/// Transposed convolutions that enlarge exactly s times (s = stride) become one convolution to s² times the planes,
/// from which pixels are shuffled: libtorch 1.13 computes the former without oneDNN. A batch norm behind is folded in.
void replace_up_convolutions(Graph& graph);

/// Makes constants that name a device (traced on a GPU, say) name this one.
void use_device(Graph& graph, const at::Device& device);

}  // namespace inpaint::torch_module
