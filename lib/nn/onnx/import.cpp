#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <stdexcept>

#include "core/error.h"
#include "nn/onnx/import_private.h"

namespace inpaint {
namespace {

using Shape = std::vector<int64_t>;

// A picture-like tensor on its way through the network: batch, channels, height, width; -1 is not known.
struct Feature {
  native::Value value;
  Shape shape;
};

Tensor vector_of(const OnnxTensor& tensor) {
  Tensor out(tensor.shape);
  const std::vector<float> values = tensor.as_floats();
  std::copy(values.begin(), values.end(), out.data());
  return out;
}

// Vertical, horizontal, as in ONNX.
void pair_of(const OnnxNode& node, const char* attribute, int (&out)[2]) {
  const std::vector<int64_t> values = node.integers(attribute, {out[0], out[1]});
  if (values.size() != 2) refuse(node, fmt::format("{} is not of two axes", attribute));
  for (size_t i = 0; i < 2; ++i) {
    if (values[i] < 1 || values[i] > 1 << 16) refuse(node, fmt::format("{} of {}", attribute, values[i]));
    out[i] = static_cast<int>(values[i]);
  }
}

void padding_of(const OnnxNode& node, int (&before)[2], int (&after)[2]) {
  const std::string automatic = node.text("auto_pad", "NOTSET");
  if (automatic != "NOTSET" && automatic != "VALID") refuse(node, "auto_pad " + automatic);
  const std::vector<int64_t> pads = node.integers("pads", {0, 0, 0, 0});
  if (pads.size() != 4) refuse(node, "pads is not of two axes");
  for (size_t i = 0; i < 2; ++i) {
    if (std::min(pads[i], pads[i + 2]) < 0 || std::max(pads[i], pads[i + 2]) > 1 << 16) refuse(node, "negative pads");
    before[i] = static_cast<int>(pads[i]);
    after[i] = static_cast<int>(pads[i + 2]);
  }
}

class Importer {
 public:
  Importer(const OnnxModel& model, const std::vector<Shape>& sample_shapes) : model_(model) {
    for (size_t i = 0; i < model.inputs.size(); ++i) add_input(i, sample_shapes);
    for (const auto& [name, tensor] : model.initializers) parameters_[name] = &tensor;
    for (const OnnxNode& node : model.nodes) {
      for (const std::string& input : node.inputs) ++uses_[input];
      if (!node.inputs.empty()) reader_[node.inputs[0]] = &node;
    }
    for (const TensorFacts& output : model.outputs) uses_[output.name] += 2;  // never folded away
    for (const OnnxNode& node : model.nodes) add(node);
    for (const TensorFacts& output : model.outputs) {
      const auto found = features_.find(output.name);
      if (found == features_.end()) throw NotImported(fmt::format("the output '{}' is no picture", output.name));
      imported_.graph.output(found->second.value);
    }
  }

  ImportedGraph take() { return std::move(imported_); }

 private:
  void add_input(size_t index, const std::vector<Shape>& sample_shapes) {
    const TensorFacts& input = model_.inputs[index];
    Shape shape = input.shape;
    if (shape.size() != 4 || input.type != "float32")
      throw NotImported(fmt::format("the input '{}' is no picture of float32", input.name));
    if (index < sample_shapes.size() && sample_shapes[index].size() == 4) {
      for (size_t i = 0; i < 4; ++i) shape[i] = shape[i] < 0 ? sample_shapes[index][i] : shape[i];
    }
    if (shape[1] < 0) throw NotImported(fmt::format("the input '{}' does not tell its channels", input.name));
    if (shape[0] < 0) shape[0] = 1;  // for what the file computes from it
    features_[input.name] = {imported_.graph.input(static_cast<int>(shape[1])), shape};
    imported_.input_shapes.push_back(shape);
    imported_.input_shapes.back()[0] = -1;
  }

  void add(const OnnxNode& node) {
    if (!node.domain.empty() && node.domain != "ai.onnx") refuse(node, "an operator of " + node.domain);
    if (folded_.contains(&node) || add_parameter(node) || add_known(node)) return;
    static const std::map<std::string, Feature (Importer::*)(const OnnxNode&)> operators{
        {"Conv", &Importer::conv},
        {"BatchNormalization", &Importer::norm},
        {"Relu", &Importer::activation},
        {"LeakyRelu", &Importer::activation},
        {"Sigmoid", &Importer::activation},
        {"MaxPool", &Importer::max_pool},
        {"Concat", &Importer::concat},
        {"Resize", &Importer::resize},
        {"Upsample", &Importer::resize},
        {"Add", &Importer::sum},
        {"Mul", &Importer::sum},
        {"Identity", &Importer::same},
        {"Dropout", &Importer::same}};
    const auto found = operators.find(node.op);
    if (found == operators.end()) refuse(node, "not among the operators of the engine");
    const std::string output = node.outputs[0];
    for (size_t i = 1; i < node.outputs.size(); ++i) {
      if (uses_[node.outputs[i]] > 0) refuse(node, "more than one output");
    }
    Feature feature = (this->*found->second)(node);
    features_[last_output_.empty() ? output : last_output_] = std::move(feature);
    last_output_.clear();
  }

  // A tensor in the file under another name, or in a node of its own.
  bool add_parameter(const OnnxNode& node) {
    const OnnxAttribute* value = node.op == "Constant" ? node.find("value") : nullptr;
    if (value != nullptr && value->tensor) {
      parameters_[node.outputs[0]] = &*value->tensor;
      return true;
    }
    if (node.op != "Identity" || node.inputs.empty() || !parameters_.contains(node.inputs[0])) return false;
    parameters_[node.outputs[0]] = parameters_[node.inputs[0]];
    return true;
  }

  // Sizes and scales: evaluated here and now.
  bool add_known(const OnnxNode& node) {
    if (node.op == "Shape" && !node.inputs.empty() && features_.contains(node.inputs[0])) {
      const Feature& feature = features_[node.inputs[0]];
      if (std::count(feature.shape.begin(), feature.shape.end(), -1) > 0) refuse(node, "sizes that are not known");
      if (!node.attributes.empty()) refuse(node, "start or end");
      known_[node.outputs[0]] = {.integers = feature.shape};
      return true;
    }
    std::vector<const KnownList*> inputs;
    for (const std::string& input : node.inputs) {
      if (features_.contains(input)) return false;
      inputs.push_back(input.empty() ? nullptr : known(input));
      if (!input.empty() && inputs.back() == nullptr) return false;
    }
    const std::optional<KnownList> result = evaluate(node, inputs);
    if (!result) refuse(node, "a computation of sizes that is not known");
    known_[node.outputs[0]] = *result;
    return true;
  }

  const KnownList* known(const std::string& name) {
    if (const auto found = known_.find(name); found != known_.end()) return &found->second;
    const auto parameter = parameters_.find(name);
    if (parameter == parameters_.end()) return nullptr;
    const std::optional<KnownList> list = known_list(*parameter->second);
    return list ? &(known_[name] = *list) : nullptr;
  }

  const Feature& feature(const OnnxNode& node, size_t input) {
    const auto found = input < node.inputs.size() ? features_.find(node.inputs[input]) : features_.end();
    if (found == features_.end()) refuse(node, fmt::format("input {} is no result of the network", input));
    return found->second;
  }

  // Empty if the input is left out.
  Tensor weights(const OnnxNode& node, size_t input, size_t rank) {
    if (input >= node.inputs.size() || node.inputs[input].empty()) return {};
    const auto found = parameters_.find(node.inputs[input]);
    if (found == parameters_.end() || found->second->shape.size() != rank)
      refuse(node, fmt::format("input {} is no parameter of {} axes", input, rank));
    if (const std::string type = onnx_type_name(found->second->type); type != "float32")
      refuse(node, "parameters of " + type);
    return vector_of(*found->second);
  }

  // The node that alone reads this result, if it is one of `ops`.
  const OnnxNode* only_reader(const std::string& output, const std::vector<std::string>& ops) {
    if (uses_[output] != 1) return nullptr;
    const auto found = reader_.find(output);
    const bool wanted = found != reader_.end() && std::find(ops.begin(), ops.end(), found->second->op) != ops.end();
    return wanted ? found->second : nullptr;
  }

  static native::Activation activation_of(const OnnxNode& node) {
    using Kind = native::Activation::Kind;
    if (node.op == "Relu") return {Kind::relu};
    if (node.op == "Sigmoid") return {Kind::sigmoid};
    const OnnxAttribute* slope = node.find("alpha");
    return {Kind::leaky_relu, slope == nullptr ? 0.01F : slope->number};
  }

  native::FoldedNorm folded_norm(const OnnxNode& node, const Tensor& bias) {
    const OnnxAttribute* epsilon = node.find("epsilon");
    if (node.integer("training_mode", 0) != 0) refuse(node, "training_mode");
    const Tensor scale = weights(node, 1, 1), shift = weights(node, 2, 1);
    const Tensor mean = weights(node, 3, 1), variance = weights(node, 4, 1);
    return native::fold_batch_norm(scale, shift, mean, variance, epsilon == nullptr ? 1e-5F : epsilon->number, bias);
  }

  // What follows a convolution and can be computed with it.
  native::Activation fold_activation(const OnnxNode& node) {
    const OnnxNode* next = only_reader(node.outputs[0], {"Relu", "LeakyRelu", "Sigmoid"});
    last_output_ = node.outputs[0];
    if (next == nullptr) return {};
    folded_.insert(next);
    last_output_ = next->outputs[0];
    return activation_of(*next);
  }

  Feature conv(const OnnxNode& node) {
    const Feature& in = feature(node, 0);
    const Tensor weight = weights(node, 1, 4);
    if (weight.empty()) refuse(node, "no weights");
    native::Conv2d how;
    pair_of(node, "strides", how.stride);
    pair_of(node, "dilations", how.dilation);
    padding_of(node, how.before, how.after);
    how.groups = static_cast<int>(node.integer("group", 1));
    const OnnxNode* last = &node;
    native::FoldedNorm folded{{}, weights(node, 2, 1)};
    if (const OnnxNode* next = only_reader(node.outputs[0], {"BatchNormalization"}); next != nullptr) {
      folded = folded_norm(*next, folded.bias);
      folded_.insert(next);
      last = next;
    }
    how.activation = fold_activation(*last);
    const native::Value value = imported_.graph.conv2d(in.value, weight, folded.bias, how, folded.scale);
    Shape shape{in.shape[0], weight.extent(0), in.shape[2], in.shape[3]};
    for (size_t i = 0; i < 2; ++i) {
      const int64_t reach = (weight.extent(static_cast<int64_t>(i) + 2) - 1) * how.dilation[i] + 1;
      const int64_t span = shape[i + 2] + how.before[i] + how.after[i] - reach;
      if (shape[i + 2] >= 0) shape[i + 2] = checked_extent(node, span < 0 ? 0 : span / how.stride[i] + 1);
    }
    return {value, shape};
  }

  // One that follows no convolution: a convolution of each channel by itself.
  Feature norm(const OnnxNode& node) {
    const Feature in = feature(node, 0);
    const native::FoldedNorm folded = folded_norm(node, {});
    Tensor ones({in.shape[1], 1, 1, 1});
    std::fill_n(ones.data(), ones.size(), 1.0F);
    native::Conv2d how;
    how.groups = static_cast<int>(in.shape[1]);
    how.activation = fold_activation(node);
    return {imported_.graph.conv2d(in.value, ones, folded.bias, how, folded.scale), in.shape};
  }

  Feature activation(const OnnxNode& node) {
    const Feature& in = feature(node, 0);
    return {imported_.graph.activate(in.value, activation_of(node)), in.shape};
  }

  Feature max_pool(const OnnxNode& node) {
    const Feature& in = feature(node, 0);
    native::MaxPool how;
    how.stride[0] = how.stride[1] = 1;
    pair_of(node, "kernel_shape", how.kernel);
    pair_of(node, "strides", how.stride);
    padding_of(node, how.before, how.after);
    how.ceil_mode = node.integer("ceil_mode", 0) != 0;
    if (node.integers("dilations", {1, 1}) != Shape{1, 1}) refuse(node, "dilations");
    Shape shape = in.shape;
    for (size_t i = 0; i < 2; ++i) {
      if (shape[i + 2] < 0) continue;
      const int64_t stride = std::max(1, how.stride[i]), before = how.before[i];
      const int64_t span = shape[i + 2] + before + how.after[i] - how.kernel[i];
      int64_t out = span < 0 ? 0 : (span + (how.ceil_mode ? stride - 1 : 0)) / stride + 1;
      if (how.ceil_mode && (out - 1) * stride >= shape[i + 2] + before) --out;
      shape[i + 2] = checked_extent(node, out);
    }
    return {imported_.graph.max_pool(in.value, how), shape};
  }

  Feature concat(const OnnxNode& node) {
    const int64_t axis = node.integer("axis", 0);
    if (axis != 1 && axis != -3) refuse(node, "not along the channels");
    std::vector<native::Value> parts;
    Shape shape = feature(node, 0).shape;
    shape[1] = 0;
    for (size_t i = 0; i < node.inputs.size(); ++i) {
      const Feature& part = feature(node, i);
      check_same_size(node, shape, part.shape);
      parts.push_back(part.value);
      shape[1] += part.shape[1];
    }
    return {imported_.graph.concat(parts), shape};
  }

  Feature sum(const OnnxNode& node) {
    const Feature &a = feature(node, 0), &b = feature(node, 1);
    check_same_size(node, a.shape, b.shape);
    if (a.shape[1] != b.shape[1]) refuse(node, "tensors of different shapes");
    return {node.op == "Add" ? imported_.graph.add(a.value, b.value) : imported_.graph.multiply(a.value, b.value),
            a.shape};
  }

  Feature same(const OnnxNode& node) { return feature(node, 0); }

  // Inputs of Resize: X, roi, scales, sizes; of opset 10 and of Upsample: X, scales.
  Feature resize(const OnnxNode& node) {
    const Feature& in = feature(node, 0);
    const bool old = node.op == "Upsample" || model_.opset < 11;
    const auto list = [&](size_t i) { return i < node.inputs.size() ? known(node.inputs[i]) : nullptr; };
    const ImportedResize resize = import_resize(node, old, in.shape, list(old ? 1 : 2), old ? nullptr : list(3));
    return {imported_.graph.resize(in.value, resize.how), resize.shape};
  }

  static void check_same_size(const OnnxNode& node, const Shape& a, const Shape& b) {
    for (const size_t i : {0, 2, 3}) {
      if (a[i] >= 0 && b[i] >= 0 && a[i] != b[i]) refuse(node, "tensors of different sizes");
    }
  }

  const OnnxModel& model_;
  ImportedGraph imported_;
  std::map<std::string, const OnnxTensor*> parameters_;
  std::map<std::string, Feature> features_;
  std::map<std::string, KnownList> known_;
  std::map<std::string, int> uses_;                // of a tensor
  std::map<std::string, const OnnxNode*> reader_;  // the last node that reads it as its first input
  std::set<const OnnxNode*> folded_;               // into the convolution before them
  std::string last_output_;                        // what the operator made, if nodes were folded
};

}  // namespace

void refuse(const OnnxNode& node, const std::string& what) {
  throw NotImported(fmt::format("{}: {}", node.told(), what));
}

int64_t checked_extent(const OnnxNode& node, int64_t extent) {
  if (extent < 1 || extent > 1 << 20) refuse(node, fmt::format("a result of {} pixels", extent));
  return extent;
}

std::optional<ImportedGraph> import_onnx(const OnnxModel& model, const std::vector<Shape>& sample_shapes,
                                         std::string& reason) {
  try {
    return Importer(model, sample_shapes).take();
  } catch (const NotImported& error) {
    reason = error.what();
  } catch (const std::invalid_argument& error) {  // by the graph
    reason = error.what();
  }
  return {};
}

}  // namespace inpaint
