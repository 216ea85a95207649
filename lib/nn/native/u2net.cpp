#include "nn/native/u2net.h"

#include <array>

#include "core/error.h"

namespace inpaint::native {
namespace {

// A residual U-block: `levels` of them pooled, or dilated ones if 0 (the paper's RSU-4F).
struct Stage {
  const char* name;
  int levels;
};
constexpr Stage encoders[] = {{"stage1", 7}, {"stage2", 6}, {"stage3", 5}, {"stage4", 4}, {"stage5", 0}, {"stage6", 0}};
constexpr Stage decoders[] = {{"stage5d", 0}, {"stage4d", 4}, {"stage3d", 5}, {"stage2d", 6}, {"stage1d", 7}};

// Channels within each block and of its result.
struct Widths {
  std::array<int, 6> inner_encoders, encoders;
  std::array<int, 5> inner_decoders, decoders;
};
constexpr Widths full{
    {32, 32, 64, 128, 256, 256}, {64, 128, 256, 512, 512, 512}, {256, 128, 64, 32, 16}, {512, 256, 128, 64, 64}};
constexpr Widths small{{16, 16, 16, 16, 16, 16}, {64, 64, 64, 64, 64, 64}, {16, 16, 16, 16, 16}, {64, 64, 64, 64, 64}};
constexpr double norm_epsilon = 1e-5;  // PyTorch's

class Builder {
 public:
  Builder(const Safetensors& parameters, const Widths& widths) : parameters_(parameters), widths_(widths) {}

  Graph build() {
    // The number of planes is the file's choice.
    const bool told = parameters_.has("outconv.weight") && parameters_.shape("outconv.weight").size() == 4;
    planes_ = told ? static_cast<int>(parameters_.shape("outconv.weight")[0]) : 1;
    std::array<Value, 6> encoded, decoded;
    Value x = graph_.input(3);
    for (size_t i = 0; i < 6; ++i) {
      if (i > 0) x = graph_.max_pool(x, halving);
      x = encoded[i] = stage(encoders[i], x, widths_.inner_encoders[i], widths_.encoders[i]);
    }
    decoded[5] = x;
    for (size_t i = 0; i < 5; ++i) {
      const Value same = encoded[4 - i];
      x = graph_.concat({resize_like(x, same), same});
      x = decoded[4 - i] = stage(decoders[i], x, widths_.inner_decoders[i], widths_.decoders[i]);
    }
    add_outputs(decoded);
    return std::move(graph_);
  }

  const std::vector<std::string>& wrong() const { return wrong_; }

 private:
  static constexpr MaxPool halving{.ceil_mode = true};
  static std::string numbered(const std::string& name, int number) { return name + std::to_string(number); }

  // A parameter; one that is wrong is noted and stands in as zeros.
  Tensor parameter(const std::string& name, const std::vector<int64_t>& shape) {
    if (!parameters_.has(name)) {
      wrong_.push_back(name + " is missing");
    } else if (parameters_.shape(name) != shape) {
      wrong_.push_back(name + " is " + shape_text(parameters_.shape(name)) + ", expected " + shape_text(shape));
    } else {
      return parameters_.get(name);
    }
    return {};
  }

  Value conv(const std::string& name, Value x, int outputs, int kernel, const Conv2d& how,
             const std::string& norm = "") {
    const int64_t inputs = graph_.channels(x);
    Tensor weight = parameter(name + ".weight", {outputs, inputs, kernel, kernel});
    Tensor bias = parameter(name + ".bias", {outputs}), scale;
    if (!norm.empty()) {
      const std::vector<int64_t> shape{outputs};
      const Tensor gamma = parameter(norm + ".weight", shape), beta = parameter(norm + ".bias", shape);
      const Tensor mean = parameter(norm + ".running_mean", shape), variance = parameter(norm + ".running_var", shape);
      if (wrong_.empty()) {
        FoldedNorm folded = fold_batch_norm(gamma, beta, mean, variance, norm_epsilon, bias);
        bias = std::move(folded.bias);
        scale = std::move(folded.scale);
      }
    }
    // Once something is wrong only names and shapes are looked at.
    if (!wrong_.empty()) weight = Tensor({outputs, inputs, kernel, kernel}), bias = {}, scale = {};
    return graph_.conv2d(x, std::move(weight), std::move(bias), how, std::move(scale));
  }

  Value rectified(const std::string& name, Value x, int outputs, int dilation = 1) {
    const Conv2d how = same_size(3, dilation, {Activation::Kind::relu});
    return conv(name + ".conv_s1", x, outputs, 3, how, name + ".bn_s1");
  }

  Value resize_like(Value x, Value like) { return graph_.resize(x, {.like = like}); }

  Value stage(const Stage& what, Value x, int inner, int outputs) {
    const std::string name = what.name;
    const Value in = rectified(name + ".rebnconvin", x, outputs);
    return graph_.add(
        what.levels > 0 ? pooled(name, what.levels, in, inner, outputs) : dilated(name, in, inner, outputs), in);
  }

  Value pooled(const std::string& stage, int levels, Value in, int inner, int outputs) {
    const std::string name = stage + ".rebnconv";
    std::vector<Value> encoded;
    Value x = in;
    for (int level = 1; level < levels; ++level) {
      if (level > 1) x = graph_.max_pool(x, halving);
      x = rectified(numbered(name, level), x, inner);
      encoded.push_back(x);
    }
    x = rectified(numbered(name, levels), x, inner, 2);
    for (int level = levels - 1; level > 0; --level) {
      const Value same = encoded[static_cast<size_t>(level) - 1];
      if (level < levels - 1) x = resize_like(x, same);
      x = rectified(numbered(name, level) + "d", graph_.concat({x, same}), level > 1 ? inner : outputs);
    }
    return x;
  }

  Value dilated(const std::string& stage, Value in, int inner, int outputs) {
    const std::string name = stage + ".rebnconv";
    const Value first = rectified(name + "1", in, inner), second = rectified(name + "2", first, inner, 2);
    const Value third = rectified(name + "3", second, inner, 4), fourth = rectified(name + "4", third, inner, 8);
    Value x = rectified(name + "3d", graph_.concat({fourth, third}), inner, 4);
    x = rectified(name + "2d", graph_.concat({x, second}), inner, 2);
    return rectified(name + "1d", graph_.concat({x, first}), outputs);
  }

  void add_outputs(const std::array<Value, 6>& decoded) {
    std::vector<Value> sides;
    for (size_t i = 0; i < 6; ++i) {
      const Value side = conv(numbered("side", static_cast<int>(i) + 1), decoded[i], planes_, 3, same_size(3));
      sides.push_back(i == 0 ? side : resize_like(side, sides[0]));
    }
    graph_.output(graph_.sigmoid(conv("outconv", graph_.concat(sides), planes_, 1, {})));
    for (const Value side : sides) graph_.output(graph_.sigmoid(side));
  }

  const Safetensors& parameters_;
  const Widths& widths_;
  Graph graph_;
  int planes_ = 1;
  std::vector<std::string> wrong_;
};

std::string described(const std::string& architecture) {
  if (architecture.empty()) return "it is no U^2-Net";
  return "its parameters look like " + architecture;
}

}  // namespace

std::string guess_u2net(const Safetensors& parameters) {
  const std::string telling = "stage1.rebnconv1.conv_s1.weight";
  if (!parameters.has(telling) || parameters.shape(telling).empty()) return "";
  const int64_t inner = parameters.shape(telling)[0];
  return inner == full.inner_encoders[0] ? "u2net" : inner == small.inner_encoders[0] ? "u2netp" : "";
}

Graph u2net_graph(const Safetensors& parameters, const std::string& architecture) {
  Builder builder(parameters, architecture == "u2netp" ? small : full);
  Graph graph = builder.build();
  const std::vector<std::string>& wrong = builder.wrong();
  if (wrong.empty()) return graph;
  std::string text =
      parameters.path() + ": does not fit " + architecture + " (" + described(guess_u2net(parameters)) + "): ";
  for (size_t i = 0; i < wrong.size() && i < 3; ++i) text += (i > 0 ? ", " : "") + wrong[i];
  if (wrong.size() > 3) text += " and " + std::to_string(wrong.size() - 3) + " more";
  throw MissingError(text);
}

}  // namespace inpaint::native
