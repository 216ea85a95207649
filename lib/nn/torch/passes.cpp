#include "nn/torch/passes_private.h"

#include <ATen/ATen.h>
#include <torch/csrc/jit/ir/constants.h>

namespace inpaint::torch_module {
namespace {

using torch::jit::Value;
using torch::jit::WithInsertPoint;

void replace_constant(Graph& graph, Node* node, size_t input, const at::Tensor& tensor) {
  const WithInsertPoint before(node);
  node->replaceInput(input, graph.insertConstant(tensor));
}

Value* insert_cast(Graph& graph, Value* value, at::ScalarType type) {
  return graph.insert(c10::aten::to, {value, static_cast<int64_t>(type), false, false});
}

}  // namespace

int reduce_convolutions(Graph& graph, at::ScalarType type) {
  int count = 0;
  for (const Convolution& found : convolutions(graph)) {
    if (found.transposed || found.weight.scalar_type() != at::kFloat) continue;
    Node* node = found.node;
    replace_constant(graph, node, 1, found.weight.to(type));
    if (found.bias.defined()) replace_constant(graph, node, 2, found.bias.to(type));
    {
      const WithInsertPoint before(node);
      node->replaceInput(0, insert_cast(graph, node->input(0), type));
    }
    const WithInsertPoint after(node->next());
    Value* result = insert_cast(graph, node->output(), at::kFloat);
    node->output()->replaceAllUsesAfterNodeWith(result->node(), result);
    ++count;
  }
  return count;
}

void use_channels_last(Graph& graph) {
  for (const Convolution& found : convolutions(graph)) {
    if (!found.transposed)
      replace_constant(graph, found.node, 1, found.weight.contiguous(at::MemoryFormat::ChannelsLast));
  }
}

void use_device(Graph& graph, const at::Device& device) {
  for_each_node(graph.block(), [&](Node* node) {
    if (node->kind() != c10::prim::Constant || node->output()->type()->kind() != c10::TypeKind::DeviceObjType) return;
    node->s_(c10::attr::value, device.str());
  });
}

}  // namespace inpaint::torch_module
