#include "nn/native/graph.h"

#include <cmath>
#include <stdexcept>

namespace inpaint::native {
namespace {

void require(bool holds, const std::string& otherwise) {
  if (!holds) throw std::invalid_argument(otherwise);
}

void require_positive(const int (&pair)[2], const char* what) {
  require(pair[0] > 0 && pair[1] > 0,
          std::string(what) + ": expected at least 1, got " + std::to_string(pair[0]) + "x" + std::to_string(pair[1]));
}
void require_padding(const int (&before)[2], const int (&after)[2]) {
  for (const int side : {before[0], before[1], after[0], after[1]}) {
    require(side >= 0, "padding: expected at least 0, got " + std::to_string(side));
  }
}

void require_per_channel(const Tensor& tensor, int64_t channels, const char* what) {
  require(tensor.empty() || tensor.size() == channels, std::string(what) + ": expected " + std::to_string(channels) +
                                                           " values, got shape " + shape_text(tensor.shape()));
}

}  // namespace

Conv2d same_size(int kernel, int dilation, Activation activation) {
  const int pad = kernel / 2 * dilation;
  return {.dilation = {dilation, dilation}, .before = {pad, pad}, .after = {pad, pad}, .activation = activation};
}

const Node& Graph::node(Value x) const {
  require(x.id >= 0 && x.id < static_cast<int>(nodes_.size()),
          "value " + std::to_string(x.id) + " is not of this graph");
  return nodes_[static_cast<size_t>(x.id)];
}

Value Graph::push(Node made) {
  nodes_.push_back(std::move(made));
  return {static_cast<int>(nodes_.size()) - 1};
}

Value Graph::input(int channels) {
  require(channels > 0, "an input needs at least one channel");
  const Value made = push({.kind = Node::Kind::input, .channels = channels});
  inputs_.push_back(made.id);
  return made;
}

Value Graph::conv2d(Value x, Tensor weight, Tensor bias, const Conv2d& how, Tensor scale, Value pixel_scale) {
  const int64_t channels = node(x).channels, groups = how.groups;
  require(weight.rank() == 4 && weight.size() > 0,
          "a convolution's weight: expected outputs x inputs x height x width, got " + shape_text(weight.shape()));
  const int64_t outputs = weight.extent(0);
  require(groups > 0 && channels % groups == 0 && outputs % groups == 0 && weight.extent(1) == channels / groups,
          "a convolution's weight of shape " + shape_text(weight.shape()) + " does not fit " +
              std::to_string(channels) + " channels in " + std::to_string(groups) + " groups");
  require_per_channel(bias, outputs, "a convolution's bias");
  require_per_channel(scale, outputs, "a convolution's scale");
  require_positive(how.stride, "a convolution's stride");
  require_positive(how.dilation, "a convolution's dilation");
  require_padding(how.before, how.after);
  std::vector<int> inputs{x.id};
  if (pixel_scale.id >= 0) {
    require(node(pixel_scale).channels == 1,
            "a convolution's pixel_scale: expected one plane, got " + std::to_string(node(pixel_scale).channels));
    inputs.push_back(pixel_scale.id);
  }
  return push({.kind = Node::Kind::conv,
               .inputs = std::move(inputs),
               .channels = static_cast<int>(outputs),
               .conv = how,
               .weight = std::move(weight),
               .bias = std::move(bias),
               .scale = std::move(scale)});
}

Value Graph::max_pool(Value x, const MaxPool& how) {
  require_positive(how.kernel, "a pooling's kernel");
  require_positive(how.stride, "a pooling's stride");
  require_padding(how.before, how.after);
  for (int axis = 0; axis < 2; ++axis) {
    require(how.before[axis] < how.kernel[axis] && how.after[axis] < how.kernel[axis],
            "a pooling's padding must be less than its kernel");
  }
  return push({.kind = Node::Kind::max_pool, .inputs = {x.id}, .channels = node(x).channels, .pool = how});
}

Value Graph::resize(Value x, const Resize& how) {
  Node made{.kind = Node::Kind::resize, .inputs = {x.id}, .channels = node(x).channels, .resize = how};
  if (how.like.id >= 0) {
    node(how.like);
    made.inputs.push_back(how.like.id);
  } else {
    for (int axis = 0; axis < 2; ++axis) {
      require(how.size[axis] > 0 || how.factor[axis] > 0, "a resize needs a size, a factor or a value to be like");
    }
  }
  return push(std::move(made));
}

Value Graph::concat(const std::vector<Value>& parts) {
  require(!parts.empty(), "a concatenation needs at least one part");
  Node made{.kind = Node::Kind::concat};
  for (const Value part : parts) {
    made.inputs.push_back(part.id);
    made.channels += node(part).channels;
  }
  return push(std::move(made));
}

Value Graph::add(Value a, Value b) {
  require(channels(a) == channels(b),
          "an addition of " + std::to_string(channels(a)) + " and " + std::to_string(channels(b)) + " channels");
  return push({.kind = Node::Kind::add, .inputs = {a.id, b.id}, .channels = channels(a)});
}

Value Graph::multiply(Value a, Value b) {
  require(channels(a) == channels(b),
          "a multiplication of " + std::to_string(channels(a)) + " and " + std::to_string(channels(b)) + " channels");
  return push({.kind = Node::Kind::multiply, .inputs = {a.id, b.id}, .channels = channels(a)});
}

Value Graph::activate(Value x, Activation how) {
  return push({.kind = Node::Kind::activation, .inputs = {x.id}, .channels = channels(x), .activation = how});
}

Value Graph::pixel_shuffle(Value x, Value scale, Value added) {
  const int channels = node(x).channels;
  require(channels % 4 == 0, "a pixel shuffle of " + std::to_string(channels) + " channels, expected a multiple of 4");
  Node made{.kind = Node::Kind::shuffle, .inputs = {x.id}, .channels = channels / 4};
  if (scale.id >= 0) {
    require(node(scale).channels == 1,
            "a pixel shuffle's scale: expected one plane, got " + std::to_string(node(scale).channels));
    made.inputs.push_back(scale.id);
    made.scaled = true;
  }
  if (added.id >= 0) {
    require(node(added).channels == made.channels, "a pixel shuffle's addend: expected " +
                                                       std::to_string(made.channels) + " channels, got " +
                                                       std::to_string(node(added).channels));
    made.inputs.push_back(added.id);
  }
  return push(std::move(made));
}

void Graph::output(Value x) {
  node(x);
  outputs_.push_back(x.id);
}

FoldedNorm fold_batch_norm(const Tensor& weight, const Tensor& bias, const Tensor& mean, const Tensor& variance,
                           double epsilon, const Tensor& conv_bias) {
  const int64_t channels = weight.size();
  require(channels > 0, "a batch normalisation without weight");
  for (const Tensor* other : {&bias, &mean, &variance}) {
    require(other->size() == channels && !other->empty(), "a batch normalisation's tensors differ in size");
  }
  require_per_channel(conv_bias, channels, "a convolution's bias");
  FoldedNorm folded{Tensor({channels}), Tensor({channels})};
  for (int64_t i = 0; i < channels; ++i) {
    const double scale = static_cast<double>(weight.data()[i]) / std::sqrt(variance.data()[i] + epsilon);
    const double before = conv_bias.empty() ? 0.0 : conv_bias.data()[i];
    folded.scale.data()[i] = static_cast<float>(scale);
    folded.bias.data()[i] = static_cast<float>(bias.data()[i] + (before - mean.data()[i]) * scale);
  }
  return folded;
}

}  // namespace inpaint::native
