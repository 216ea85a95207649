#include "nn/native/pconv.h"

#include <algorithm>

#include "core/error.h"
#include "core/threads.h"
#include "nn/native/parallel_private.h"
#include "nn/native/pconv_planes_private.h"
#include "nn/native/pull_push.h"

namespace inpaint::native {
namespace {

constexpr double norm_epsilon = 1e-5;  // PyTorch's
constexpr float decoder_slope = 0.2f, base_gain = 4;

std::string encoder(int level) { return "enc" + std::to_string(level); }
std::string decoder(int level) { return "dec" + std::to_string(level); }

// Of a 3 x 3 convolution the weights of its inputs from this one on.
Tensor inputs_from(const Tensor& weight, int64_t first) {
  const int64_t outputs = weight.extent(0), inputs = weight.extent(1), rest = inputs - first;
  Tensor part({outputs, rest, 3, 3});
  for (int64_t o = 0; o < outputs; ++o) {
    std::copy_n(weight.data() + (o * inputs + first) * 9, rest * 9, part.data() + o * rest * 9);
  }
  return part;
}

// Of a 3 x 3 convolution of a map of which each pixel comes four times, the same at half size, by its first inputs:
// output 4 o + 2 dy + dx is pixel (dy, dx) of four. Its tap t lies in the pixel (dy + t) / 2, rounded down, further.
Tensor four_pixels(const Tensor& weight, int64_t inputs) {
  Tensor result({4 * weight.extent(0), inputs, 3, 3});
  std::fill_n(result.data(), result.size(), 0.0f);
  for (int64_t to = 0; to < result.extent(0); ++to) {
    const int64_t dy = to / 2 % 2, dx = to % 2;
    for (int64_t i = 0; i < inputs; ++i) {
      const float* taps = weight.data() + (to / 4 * weight.extent(1) + i) * 9;
      float* sums = result.data() + (to * inputs + i) * 9;
      for (int64_t ky = 0; ky < 3; ++ky) {
        for (int64_t kx = 0; kx < 3; ++kx) sums[(dy + ky + 1) / 2 * 3 + (dx + kx + 1) / 2] += taps[ky * 3 + kx];
      }
    }
  }
  return result;
}

class Builder {
 public:
  Builder(const Safetensors& parameters, const PConvFacts& facts) : parameters_(parameters), facts_(facts) {}

  Graph build() {
    std::vector<Value> features{graph_.input(facts_.inputs())};
    std::vector<Value> scales;
    for (int i = 0; i < 2 * facts_.levels; ++i) scales.push_back(graph_.input(1));
    for (int level = 1; level <= facts_.levels; ++level) {
      const size_t at = static_cast<size_t>(level);
      const int kernel = facts_.kernels[at - 1];
      Conv2d how = same_size(kernel, 1, {Activation::Kind::relu});
      how.stride[0] = how.stride[1] = 2;
      features.push_back(conv(encoder(level), features.back(), how, scales[at - 1]));
    }
    Value x = features.back();
    const auto decoder_scales = [&](int level) { return scales[static_cast<size_t>(facts_.levels + level) - 1]; };
    for (int level = facts_.levels; level > 1; --level) {
      const Value doubled = graph_.resize(x, {.mode = Resize::Mode::nearest, .factor = {2, 2}});
      const Conv2d how = same_size(3, 1, {Activation::Kind::leaky_relu, decoder_slope});
      x = conv(decoder(level), graph_.concat({doubled, features[static_cast<size_t>(level) - 1]}), how,
               decoder_scales(level));
    }
    graph_.output(last(x, features[0], decoder_scales(1)));
    return std::move(graph_);
  }

 private:
  // dec1 makes few planes of many at full size. A convolution of what was doubled sees 2 x 2 different pixels only, so
  // it is done at half size, for the four pixels that each becomes.
  Value last(Value above, Value picture, Value scales) {
    const Tensor weight = parameters_.get("dec1.conv.weight");
    const int64_t channels = graph_.channels(above);
    const Conv2d how = same_size(3);
    const Value four = graph_.conv2d(above, four_pixels(weight, channels), {}, how);
    const Value rest =
        graph_.conv2d(picture, inputs_from(weight, channels), optional("dec1.conv.bias"), how, {}, scales);
    const Value result = graph_.pixel_shuffle(four, scales, rest);
    if (!parameters_.has("out.conv.weight")) return result;
    return graph_.conv2d(graph_.leaky_relu(result, decoder_slope), parameters_.get("out.conv.weight"),
                         optional("out.conv.bias"), {.activation = {Activation::Kind::sigmoid}});
  }

  // A norm changes what a hole holds, but the next layer multiplies by the mask: 0 after the norm is the same.
  Value conv(const std::string& layer, Value x, const Conv2d& how, Value scales) {
    Tensor bias = optional(layer + ".conv.bias"), scale;
    if (parameters_.has(layer + ".bn.weight")) {
      const std::string norm = layer + ".bn.";
      FoldedNorm folded = fold_batch_norm(parameters_.get(norm + "weight"), parameters_.get(norm + "bias"),
                                          parameters_.get(norm + "running_mean"), parameters_.get(norm + "running_var"),
                                          norm_epsilon, bias);
      bias = std::move(folded.bias);
      scale = std::move(folded.scale);
    }
    return graph_.conv2d(x, parameters_.get(layer + ".conv.weight"), std::move(bias), how, std::move(scale), scales);
  }

  Tensor optional(const std::string& name) const { return parameters_.has(name) ? parameters_.get(name) : Tensor(); }

  const Safetensors& parameters_;
  const PConvFacts& facts_;
  Graph graph_;
};

class PConvNet : public Net {
 public:
  PConvNet(PConvFacts facts, std::unique_ptr<Net> engine) : facts_(std::move(facts)), engine_(std::move(engine)) {}

  std::vector<Tensor> run(const std::vector<Tensor>& inputs) const override {
    check(inputs);
    const Tensor known = rounded(inputs[1]);
    PConvPlanes planes = empty_planes(facts_, known);
    const bool based = facts_.base != "none";
    PullPush base = based ? empty_pull_push(inputs[0]) : PullPush{};
    const int count = static_cast<int>(known.extent(0));
    parallel(based ? 2 * count : count, threads_per_worker(), [&](int task, int) {
      if (task < count) fill_planes(facts_, known, task, planes);
      if (task >= count) fill_pull_push(inputs[0], known, facts_.levels, task - count, base);
    });
    std::vector<Tensor> fed{fed_pictures(inputs, known, base)};
    for (Tensor& plane : planes.encoders) fed.push_back(std::move(plane));
    for (Tensor& plane : planes.decoders) fed.push_back(std::move(plane));
    std::vector<Tensor> result = engine_->run(fed);
    if (based) add_to_fill(base.filled, proposed(inputs), known, result[0]);
    return result;
  }

  NetFacts facts() const override { return engine_->facts(); }

 private:
  // The patch fills where the network reads some, else null.
  const Tensor* proposed(const std::vector<Tensor>& inputs) const {
    return facts_.base == "patch" ? &inputs[2] : nullptr;
  }

  static void add_to_fill(const Tensor& fill, const Tensor* proposed, const Tensor& known, Tensor& result) {
    const int64_t area = fill.extent(2) * fill.extent(3);
    for (int64_t plane = 0; plane < fill.extent(0) * 3; ++plane) {
      const float *smooth = fill.data() + plane * area, *mask = known.data() + plane / 3 * area;
      const float* one = proposed == nullptr ? smooth : proposed->data() + (plane / 3 * 6 + plane % 3) * area;
      const float* other = proposed == nullptr ? smooth : one + 3 * area;
      float* to = result.data() + plane * area;
      for (int64_t i = 0; i < area; ++i) {
        const float begun = (smooth[i] + one[i] + other[i]) / 3;
        to[i] = begun + (mask[i] > 0 ? 0.0f : to[i] / base_gain);
      }
    }
  }

  void check(const std::vector<Tensor>& inputs) const {
    const size_t expected = facts_.base == "patch" ? 3 : 2;
    if (inputs.size() != expected) {
      throw ItemError("the network takes " + std::to_string(expected) + " tensors, the picture, its known pixels" +
                      (expected == 3 ? " and the picture with its hole filled twice" : "") + ", got " +
                      std::to_string(inputs.size()));
    }
    const Tensor &picture = inputs[0], &known = inputs[1];
    const bool shaped = picture.rank() == 4 && known.rank() == 4 && picture.extent(0) == known.extent(0) &&
                        picture.extent(1) == 3 && known.extent(1) == 1 && picture.extent(2) == known.extent(2) &&
                        picture.extent(3) == known.extent(3) && picture.size() > 0;
    if (!shaped) {
      throw ItemError(
          "inputs of the network: expected batch x 3 x height x width and batch x 1 x height x width, got " +
          shape_text(picture.shape()) + " and " + shape_text(known.shape()));
    }
    const std::vector<int64_t> fills{picture.extent(0), 6, picture.extent(2), picture.extent(3)};
    if (expected == 3 && inputs[2].shape() != fills) {
      throw ItemError("inputs of the network: expected filled pictures of " + shape_text(fills) + ", got " +
                      shape_text(inputs[2].shape()));
    }
    const int64_t modulus = facts_.modulus();
    if (picture.extent(2) % modulus != 0 || picture.extent(3) % modulus != 0) {
      throw ItemError("inputs of the network: expected height and width to be multiples of " + std::to_string(modulus) +
                      ", got " + shape_text(picture.shape()));
    }
  }

  static Tensor rounded(const Tensor& known) {
    Tensor result(known.shape());
    std::transform(known.values().begin(), known.values().end(), result.data(),
                   [](float value) { return value >= 0.5f ? 1.0f : 0.0f; });
    return result;
  }

  // What the network reads: the picture, 0 in the hole, whatever lies there; with a base 4 times its difference to the
  // mean of its known pixels, likewise the smooth fill, the known pixels, and likewise the patch fills.
  Tensor fed_pictures(const std::vector<Tensor>& inputs, const Tensor& known, const PullPush& base) const {
    const Tensor &pictures = inputs[0], *patches = proposed(inputs);
    const int64_t area = pictures.extent(2) * pictures.extent(3), planes = facts_.inputs();
    Tensor result({pictures.extent(0), planes, pictures.extent(2), pictures.extent(3)});
    for (int64_t plane = 0; plane < pictures.extent(0) * 3; ++plane) {
      const int64_t number = plane / 3, color = plane % 3;
      const float *from = pictures.data() + plane * area, *mask = known.data() + number * area;
      const float mean = base.mean.empty() ? 0.0f : base.mean.data()[plane];
      const float gain = base.mean.empty() ? 1.0f : base_gain;
      float* to = result.data() + (number * planes + color) * area;
      for (int64_t i = 0; i < area; ++i) to[i] = mask[i] > 0 ? (from[i] - mean) * gain : 0.0f;
      if (base.mean.empty()) continue;
      const auto beside = [&](const float* filled, int64_t first) {
        for (int64_t i = 0; i < area; ++i) to[first * area + i] = (filled[i] - mean) * gain;
      };
      beside(base.filled.data() + plane * area, 3);
      if (color == 0) std::copy_n(mask, area, to + 6 * area);
      if (patches == nullptr) continue;
      const float* patch = patches->data() + (number * 6 + color) * area;
      beside(patch, 7);
      beside(patch + 3 * area, 10);
    }
    return result;
  }

  PConvFacts facts_;
  std::unique_ptr<Net> engine_;
};

}  // namespace

std::unique_ptr<Net> open_pconv(const Safetensors& parameters, const EngineOptions& options) {
  PConvFacts facts = pconv_facts(parameters);
  Graph graph = Builder(parameters, facts).build();
  return std::make_unique<PConvNet>(std::move(facts), compile(std::move(graph), options));
}

}  // namespace inpaint::native
