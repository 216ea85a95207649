// Partial-convolution U-Nets written out as their definition says: a mask per channel, a count per window.
#pragma once
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "naive.h"

namespace inpaint::test {

using NamedTensors = std::vector<std::pair<std::string, Tensor>>;

/// A picture or feature map with a mask of the same shape, 1 known.
struct Masked {
  Tensor values, mask;
};

inline Tensor filled(std::vector<int64_t> shape, float value) {
  Tensor made(std::move(shape));
  std::fill_n(made.data(), made.size(), value);
  return made;
}

/// Every channel's values times its mask, convolved; times the window's size over the known values in it; holes are 0.
inline Masked naive_partial_conv(const Masked& in, const Tensor& weight, const Tensor& bias, int stride) {
  const int pad = static_cast<int>(weight.extent(2)) / 2;
  const native::Conv2d how{.stride = {stride, stride}, .before = {pad, pad}, .after = {pad, pad}};
  Tensor known(in.values.shape());
  for (int64_t i = 0; i < known.size(); ++i) known.data()[i] = in.values.data()[i] * in.mask.data()[i];
  Tensor raw = naive_conv(known, weight, {}, how);
  const Tensor sums =
      naive_conv(in.mask, filled({1, weight.extent(1), weight.extent(2), weight.extent(3)}, 1), {}, how);
  const double window = static_cast<double>(weight.extent(1) * weight.extent(2) * weight.extent(3));
  Masked out{raw, Tensor(raw.shape())};
  each(raw, [&](int64_t n, int64_t c, int64_t y, int64_t x) {
    const double sum = static_cast<double>(at(sums, n, 0, y, x));
    const double b = bias.empty() ? 0.0 : static_cast<double>(bias.data()[c]);
    const double value = sum > 0 ? static_cast<double>(at(raw, n, c, y, x)) * window / (sum + 1e-8) + b : 0.0;
    at(out.values, n, c, y, x) = static_cast<float>(value);
    at(out.mask, n, c, y, x) = sum > 0 ? 1.0f : 0.0f;
  });
  return out;
}

inline Tensor naive_doubled(const Tensor& in) {
  Tensor out({in.extent(0), in.extent(1), 2 * in.extent(2), 2 * in.extent(3)});
  each(out, [&](int64_t n, int64_t c, int64_t y, int64_t x) { at(out, n, c, y, x) = at(in, n, c, y / 2, x / 2); });
  return out;
}

inline Tensor naive_concat(const Tensor& a, const Tensor& b) {
  Tensor out({a.extent(0), a.extent(1) + b.extent(1), a.extent(2), a.extent(3)});
  const int64_t first = a.extent(1);
  each(out, [&](int64_t n, int64_t c, int64_t y, int64_t x) {
    at(out, n, c, y, x) = c < first ? at(a, n, c, y, x) : at(b, n, c - first, y, x);
  });
  return out;
}

/// The whole network, but for the smooth fill of base "pull-push": what it reads is the input's second half.
class NaivePConv {
 public:
  NaivePConv(const NamedTensors& parameters, int levels) : levels_(levels) {
    for (const auto& [name, tensor] : parameters) parameters_[name] = tensor;
  }

  Tensor run(const Tensor& picture, const Tensor& known) const {
    Tensor three(picture.shape());
    each(three, [&](int64_t n, int64_t c, int64_t y, int64_t x) { at(three, n, c, y, x) = at(known, n, 0, y, x); });
    return run({picture, three});
  }

  Tensor run(const Masked& input) const {
    std::vector<Masked> features{input};
    for (int level = 1; level <= levels_; ++level) {
      features.push_back(layer("enc" + std::to_string(level), features.back(), 2, 0.0f));
    }
    Masked x = features.back();
    for (int level = levels_; level > 0; --level) {
      const Masked& skip = features[static_cast<size_t>(level) - 1];
      const Masked joined{naive_concat(naive_doubled(x.values), skip.values),
                          naive_concat(naive_doubled(x.mask), skip.mask)};
      x = layer("dec" + std::to_string(level), joined, 1, level > 1 ? 0.2f : 1.0f);
    }
    return x.values;
  }

 private:
  Tensor optional(const std::string& name) const {
    const auto found = parameters_.find(name);
    return found == parameters_.end() ? Tensor() : found->second;
  }

  // Convolution, norm, activation: below 0 the slope.
  Masked layer(const std::string& name, const Masked& in, int stride, float slope) const {
    Masked out = naive_partial_conv(in, parameters_.at(name + ".conv.weight"), optional(name + ".conv.bias"), stride);
    const Tensor gamma = optional(name + ".bn.weight"), beta = optional(name + ".bn.bias");
    const Tensor mean = optional(name + ".bn.running_mean"), variance = optional(name + ".bn.running_var");
    each(out.values, [&](int64_t n, int64_t c, int64_t y, int64_t x) {
      double v = static_cast<double>(at(out.values, n, c, y, x));
      if (!gamma.empty()) {
        v = (v - static_cast<double>(mean.data()[c])) / std::sqrt(static_cast<double>(variance.data()[c]) + 1e-5) *
                static_cast<double>(gamma.data()[c]) +
            static_cast<double>(beta.data()[c]);
      }
      at(out.values, n, c, y, x) = static_cast<float>(v < 0 ? v * static_cast<double>(slope) : v);
    });
    return out;
  }

  std::map<std::string, Tensor> parameters_;
  int levels_;
};

}  // namespace inpaint::test
