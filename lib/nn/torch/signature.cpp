#include "nn/torch/signature_private.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "core/error.h"
#include "nn/torch/passes_private.h"

namespace inpaint::torch_module {
namespace {

using torch::jit::Value;

bool is_tensor(const c10::TypePtr& type) {
  if (const auto optional = type->cast<c10::OptionalType>()) return is_tensor(optional->getElementType());
  return type->kind() == c10::TypeKind::TensorType;
}

// Dictionary entries by key, as text.
std::vector<std::pair<std::string, c10::IValue>> sorted(const c10::IValue& value) {
  std::vector<std::pair<std::string, c10::IValue>> entries;
  for (const auto& entry : value.toGenericDict()) {
    const std::string key = entry.key().isString() ? entry.key().toStringRef() : c10::str(entry.key());
    entries.emplace_back(key, entry.value());
  }
  std::sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  return entries;
}

void flatten(const c10::IValue& value, std::vector<at::Tensor>& out) {
  if (value.isTensor()) {
    out.push_back(value.toTensor());
  } else if (value.isTuple()) {
    for (const c10::IValue& entry : value.toTupleRef().elements()) flatten(entry, out);
  } else if (value.isTensorList()) {
    for (const at::Tensor& entry : value.toTensorVector()) out.push_back(entry);
  } else if (value.isList()) {
    for (const c10::IValue& entry : value.toListRef()) flatten(entry, out);
  } else if (value.isGenericDict()) {
    for (const auto& [key, entry] : sorted(value)) flatten(entry, out);
  } else if (value.isScalar()) {
    out.push_back(at::scalar_tensor(value.toScalar()));
  } else {
    throw std::runtime_error("the network gives back a value of type " + value.tagKind() + ", which is no tensor");
  }
}

void name_outputs(const Value* value, const std::string& name, std::vector<TensorFacts>& out) {
  const torch::jit::Node* node = value->node();
  if (node->kind() == c10::prim::TupleConstruct || node->kind() == c10::prim::ListConstruct) {
    int index = 0;
    for (const Value* entry : node->inputs())
      name_outputs(entry, (name.empty() ? "" : name + ".") + std::to_string(index++), out);
  } else if (node->kind() == c10::prim::DictConstruct) {
    std::vector<std::pair<std::string, const Value*>> entries;
    for (size_t i = 0; i + 1 < node->inputs().size(); i += 2) {
      const auto key = torch::jit::toIValue(node->input(i));
      entries.emplace_back(key && key->isString() ? key->toStringRef() : "?", node->input(i + 1));
    }
    std::sort(entries.begin(), entries.end());
    for (const auto& [key, entry] : entries) name_outputs(entry, (name.empty() ? "" : name + ".") + key, out);
  } else {
    out.push_back({name.empty() ? "0" : name, value->type()->repr_str(), {}});
  }
}

// Planes that the first convolution behind a value wants, through operators that keep them; 0: not found.
int64_t planes_wanted(const Value* value, const std::vector<Convolution>& all, int depth) {
  for (const torch::jit::Use& use : value->uses()) {
    for (const Convolution& found : all) {
      if (found.node == use.user && use.offset == 0)
        return found.transposed ? found.weight.size(0) : found.weight.size(1) * found.groups;
    }
    const std::string name = use.user->kind().toQualString();
    if (depth > 0 && (name == "aten::pad" || name == "aten::reflection_pad2d" || name == "aten::to"))
      return planes_wanted(use.user->output(), all, depth - 1);
  }
  return 0;
}

}  // namespace

std::vector<TensorFacts> forward_inputs(const torch::jit::Module& module, const std::string& file) {
  const auto forward = module.find_method("forward");
  if (!forward) throw MissingError(file + ": has no method forward, so it cannot be run; export a whole network");
  std::vector<TensorFacts> inputs;
  const std::vector<c10::Argument>& arguments = forward->function().getSchema().arguments();
  for (size_t i = 1; i < arguments.size(); ++i) {
    if (is_tensor(arguments[i].type()) && !arguments[i].default_value()) {
      inputs.push_back({arguments[i].name(), "tensor", {}});
    } else if (!arguments[i].default_value()) {
      throw MissingError(file + ": forward wants '" + arguments[i].name() + "' of type " +
                         arguments[i].type()->repr_str() + "; only tensors can be given. Export it with tensor inputs");
    }
  }
  return inputs;
}

void add_shapes(torch::jit::Graph& graph, std::vector<TensorFacts>& inputs) {
  const std::vector<Convolution> all = convolutions(graph);
  for (size_t i = 0; i < inputs.size() && i + 1 < graph.inputs().size(); ++i) {
    const int64_t planes = planes_wanted(graph.inputs()[i + 1], all, 4);
    if (planes > 0) inputs[i].shape = {-1, planes, -1, -1};
  }
}

std::vector<TensorFacts> graph_outputs(const torch::jit::Graph& graph) {
  std::vector<TensorFacts> outputs;
  for (const Value* output : graph.outputs()) name_outputs(output, "", outputs);
  for (TensorFacts& output : outputs) output.type = output.type.substr(0, output.type.find('('));
  return outputs;
}

std::string signature_text(const std::vector<TensorFacts>& inputs) {
  std::string text;
  for (const TensorFacts& input : inputs)
    text += (text.empty() ? "" : ", ") + input.name + (input.shape.empty() ? "" : ": " + shape_text(input.shape));
  return "forward(" + text + ")";
}

std::vector<at::Tensor> flattened(const c10::IValue& value) {
  std::vector<at::Tensor> out;
  flatten(value, out);
  return out;
}

}  // namespace inpaint::torch_module
