#include <torch/csrc/jit/ir/constants.h>

#include "nn/torch/passes_private.h"

namespace inpaint::torch_module {
namespace {

using torch::jit::IValue;
using torch::jit::toIValue;

// Where an operator keeps its arguments; -1: it has none such.
struct Places {
  const char* name;
  int stride, padding, dilation, transposed, output_padding, groups;
};
constexpr Places operators[] = {
    {"aten::conv2d", 3, 4, 5, -1, -1, 6},
    {"aten::_convolution", 3, 4, 5, 6, 7, 8},
    {"aten::convolution", 3, 4, 5, 6, 7, 8},
    {"aten::conv_transpose2d", 3, 4, 7, -1, 5, 6},
};

// Two numbers out of a constant list of one or two; empty if it is none.
std::vector<int64_t> pair_at(const Node* node, int place) {
  if (place < 0) return {0, 0};
  const auto value = toIValue(node->input(static_cast<size_t>(place)));
  if (!value || !value->isIntList()) return {};
  std::vector<int64_t> numbers = value->toIntVector();
  if (numbers.size() == 1) numbers.push_back(numbers[0]);
  return numbers.size() == 2 ? numbers : std::vector<int64_t>{};
}

std::optional<Convolution> as_convolution(Node* node, const Places& places) {
  Convolution found;
  found.node = node;
  const auto weight = toIValue(node->input(1)), bias = toIValue(node->input(2));
  if (!weight || !weight->isTensor() || !bias || !(bias->isTensor() || bias->isNone())) return {};
  found.weight = weight->toTensor();
  if (bias->isTensor()) found.bias = bias->toTensor();
  found.stride = pair_at(node, places.stride);
  found.padding = pair_at(node, places.padding);
  found.dilation = pair_at(node, places.dilation);
  found.output_padding = pair_at(node, places.output_padding);
  const auto groups = toIValue(node->input(static_cast<size_t>(places.groups)));
  found.transposed = std::string(places.name) == "aten::conv_transpose2d";
  if (places.transposed >= 0) {
    const auto transposed = toIValue(node->input(static_cast<size_t>(places.transposed)));
    if (!transposed) return {};
    found.transposed = transposed->toBool();
  }
  if (found.weight.dim() != 4 || found.stride.empty() || found.padding.empty() || found.dilation.empty() ||
      found.output_padding.empty() || !groups)
    return {};
  found.groups = groups->toInt();
  return found;
}

}  // namespace

void for_each_node(torch::jit::Block* block, const std::function<void(Node*)>& visit) {
  for (Node* node : block->nodes()) {
    visit(node);
    for (torch::jit::Block* inner : node->blocks()) for_each_node(inner, visit);
  }
}

std::vector<Convolution> convolutions(Graph& graph) {
  std::vector<Convolution> all;
  for_each_node(graph.block(), [&](Node* node) {
    for (const Places& places : operators) {
      if (node->kind() != c10::Symbol::fromQualString(places.name)) continue;
      if (std::optional<Convolution> found = as_convolution(node, places)) all.push_back(std::move(*found));
    }
  });
  return all;
}

}  // namespace inpaint::torch_module
