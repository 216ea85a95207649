#include "nn/torch/masked_norm_private.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <vector>

namespace inpaint::torch_module {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

constexpr double momentum = 0.1, epsilon = 1e-5;
constexpr int64_t most_parts = 64;  // of a reduction: the same on any number of threads

at::Tensor activated(const at::Tensor& x, float slope) {
  if (slope == 0) return at::relu(x);
  return slope == 1 ? x : at::leaky_relu(x, slope);
}

// An absent plane is 1 everywhere.
const float* plane_of(const at::Tensor& plane) { return plane.defined() ? plane.data_ptr<float>() : nullptr; }
float by_plane(const float* plane, int64_t pixel) { return plane == nullptr ? 1.0F : plane[pixel]; }

// The pixels of a tensor that lies in memory with channels last, in parts.
struct Pixels {
  int64_t count, channels;
  explicit Pixels(const at::Tensor& x) : count(x.numel() / x.size(1)), channels(x.size(1)) {}
  int64_t parts() const { return std::min(most_parts, count); }

  void in_parts(const std::function<void(int64_t part, int64_t begin, int64_t end)>& visit) const {
    at::parallel_for(0, parts(), 1, [&](int64_t first, int64_t last) {
      for (int64_t part = first; part < last; ++part) visit(part, part * count / parts(), (part + 1) * count / parts());
    });
  }

  // Sums of two values per channel: visit adds those of some pixels to its arrays.
  struct Sums {
    std::vector<double> first, second;
  };
  using AddPixels = std::function<void(int64_t begin, int64_t end, float* first, float* second)>;
  Sums sums(const AddPixels& visit) const {
    const auto width = static_cast<size_t>(channels);
    std::vector<float> of_parts(static_cast<size_t>(parts()) * 2 * width);
    in_parts([&](int64_t part, int64_t begin, int64_t end) {
      float* first = of_parts.data() + part * 2 * channels;
      visit(begin, end, first, first + channels);
    });
    Sums all{std::vector<double>(width), std::vector<double>(width)};
    for (int64_t part = 0; part < parts(); ++part) {
      const float* first = of_parts.data() + part * 2 * channels;
      for (size_t c = 0; c < width; ++c) {
        all.first[c] += first[c];
        all.second[c] += first[width + c];
      }
    }
    return all;
  }
};

// Loops over the channels of one pixel. `below`: the slope of the activation below 0.

void add_differences(const float* __restrict__ raw, float ratio, const float* __restrict__ from, int64_t count,
                     float* __restrict__ first, float* __restrict__ second) {
  for (int64_t c = 0; c < count; ++c) {
    const float difference = raw[c] * ratio - from[c];
    first[c] += difference;
    second[c] += difference * difference;
  }
}

void norm_pixel(const float* __restrict__ raw, float ratio, const float* __restrict__ scale,
                const float* __restrict__ shift, float below, int64_t count, float* __restrict__ made) {
  for (int64_t c = 0; c < count; ++c) {
    const float x = raw[c] * ratio * scale[c] + shift[c];
    made[c] = std::max(x, 0.0F) + below * std::min(x, 0.0F);
  }
}

float through_activation(float gradient, float made, float below) { return made > 0 ? gradient : gradient * below; }

void add_gradients(const float* __restrict__ gradient, const float* __restrict__ made, const float* __restrict__ raw,
                   float ratio, const float* __restrict__ mean, float below, int64_t count, float* __restrict__ first,
                   float* __restrict__ second) {
  for (int64_t c = 0; c < count; ++c) {
    const float g = through_activation(gradient[c], made[c], below);
    first[c] += g;
    second[c] += g * (raw[c] * ratio - mean[c]);
  }
}

struct NormGradient {
  const float *mean, *scale, *constant, *slope;  // per channel
};

void gradient_of_pixel(const float* __restrict__ gradient, const float* __restrict__ made,
                       const float* __restrict__ raw, float ratio, const NormGradient& by, float below, int64_t count,
                       float* __restrict__ out) {
  const float* __restrict__ mean = by.mean, * __restrict__ scale = by.scale, * __restrict__ constant = by.constant, * __restrict__ slope = by.slope;
  for (int64_t c = 0; c < count; ++c) {
    const float g = through_activation(gradient[c], made[c], below);
    out[c] = scale[c] * ratio * (g - constant[c] - (raw[c] * ratio - mean[c]) * slope[c]);
  }
}

// Per channel.
struct Statistics {
  at::Tensor mean, inverse_deviation;
};

Statistics kept_statistics(const NormParameters& norm) {
  return {norm.mean.clone(), (norm.variance + epsilon).rsqrt()};
}

// What a known pixel holds: sums of differences to it stay exact where a channel hardly varies.
std::vector<float> sample_of(const Pixels& pixels, const float* values, const float* factors) {
  int64_t known = 0;
  while (known + 1 < pixels.count && by_plane(factors, known) == 0) ++known;
  std::vector<float> sample(values + known * pixels.channels, values + (known + 1) * pixels.channels);
  for (float& value : sample) value *= by_plane(factors, known);
  return sample;
}

// Those of raw * ratio; the ones that are kept follow.
Statistics batch_statistics(const at::Tensor& raw, const at::Tensor& ratio, const NormParameters& norm) {
  const Pixels pixels(raw);
  const auto *values = raw.data_ptr<float>(), *factors = plane_of(ratio);
  auto *kept_mean = norm.mean.data_ptr<float>(), *kept_variance = norm.variance.data_ptr<float>();
  const std::vector<float> sample = sample_of(pixels, values, factors);
  const Pixels::Sums sums = pixels.sums([&](int64_t begin, int64_t end, float* first, float* second) {
    for (int64_t i = begin; i < end; ++i)
      add_differences(values + i * pixels.channels, by_plane(factors, i), sample.data(), pixels.channels, first,
                      second);
  });
  Statistics found{at::empty_like(norm.mean), at::empty_like(norm.mean)};
  const auto count = static_cast<double>(pixels.count);
  for (int64_t c = 0; c < pixels.channels; ++c) {
    const auto at = static_cast<size_t>(c);
    const double shift = sums.first[at] / count, variance = std::max(0.0, sums.second[at] / count - shift * shift);
    const double mean = sample[at] + shift;
    found.mean.data_ptr<float>()[c] = static_cast<float>(mean);
    found.inverse_deviation.data_ptr<float>()[c] = static_cast<float>(1 / std::sqrt(variance + epsilon));
    kept_mean[c] += static_cast<float>(momentum * (mean - kept_mean[c]));
    kept_variance[c] += static_cast<float>(momentum * (variance * count / std::max(1.0, count - 1) - kept_variance[c]));
  }
  return found;
}

// act((raw * ratio - mean) / deviation * gamma + beta) * known, and its gradients: operators would go over the maps two
// to three times as often.
class FusedNorm : public torch::autograd::Function<FusedNorm> {
 public:
  static at::Tensor forward(AutogradContext* context, const at::Tensor& raw, const at::Tensor& gamma,
                            const at::Tensor& beta, const MaskPlanes& planes, const NormParameters& norm, bool learns,
                            double slope) {
    const Statistics by = learns ? batch_statistics(raw, planes.ratio, norm) : kept_statistics(norm);
    const at::Tensor scale = gamma * by.inverse_deviation, shift = beta - by.mean * scale;
    const at::Tensor made = at::empty_like(raw);
    const Pixels pixels(raw);
    const auto *values = raw.data_ptr<float>(), *factors = plane_of(planes.ratio), *known = plane_of(planes.known),
               *scales = scale.data_ptr<float>(), *shifts = shift.data_ptr<float>();
    auto* results = made.data_ptr<float>();
    pixels.in_parts([&](int64_t, int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        float* result = results + i * pixels.channels;
        if (by_plane(known, i) == 0) {
          std::fill_n(result, pixels.channels, 0.0F);
        } else {
          norm_pixel(values + i * pixels.channels, by_plane(factors, i), scales, shifts, static_cast<float>(slope),
                     pixels.channels, result);
        }
      }
    });
    context->save_for_backward({raw, made, gamma, planes.ratio, planes.known, by.mean, by.inverse_deviation});
    context->saved_data["learns"] = learns;
    context->saved_data["slope"] = slope;
    return made;
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const variable_list saved = context->get_saved_variables();
    const at::Tensor &raw = saved[0], &gamma = saved[2], &mean = saved[5], &inverse_deviation = saved[6];
    const at::Tensor gradient = gradients[0].contiguous(at::MemoryFormat::ChannelsLast);
    const Pixels pixels(raw);
    const auto *values = raw.data_ptr<float>(), *results = saved[1].data_ptr<float>(),
               *given = gradient.data_ptr<float>(), *factors = plane_of(saved[3]), *known = plane_of(saved[4]),
               *means = mean.data_ptr<float>();
    const auto below = static_cast<float>(context->saved_data["slope"].toDouble());
    const Pixels::Sums sums = pixels.sums([&](int64_t begin, int64_t end, float* first, float* second) {
      for (int64_t i = begin; i < end; ++i) {
        const int64_t at = i * pixels.channels;
        if (by_plane(known, i) != 0)
          add_gradients(given + at, results + at, values + at, by_plane(factors, i), means, below, pixels.channels,
                        first, second);
      }
    });
    const auto as_tensor = [&](const std::vector<double>& all) {
      return at::tensor(all, at::TensorOptions().dtype(at::kDouble)).to(at::kFloat);
    };
    const at::Tensor of_ones = as_tensor(sums.first), of_values = as_tensor(sums.second);
    const at::Tensor scale = gamma * inverse_deviation;
    // d/dx of the batch's own statistics; none of them if they were kept ones.
    const double share = context->saved_data["learns"].toBool() ? 1 / static_cast<double>(pixels.count) : 0;
    const at::Tensor constant = of_ones * share, slope_of = of_values * inverse_deviation.square() * share;
    const NormGradient by{means, scale.data_ptr<float>(), constant.data_ptr<float>(), slope_of.data_ptr<float>()};
    const at::Tensor to_raw = at::empty_like(raw);
    auto* out = to_raw.data_ptr<float>();
    pixels.in_parts([&](int64_t, int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        const int64_t at = i * pixels.channels;
        if (by_plane(known, i) == 0) {  // so was the result, whatever raw is
          std::fill_n(out + at, pixels.channels, 0.0F);
        } else {
          gradient_of_pixel(given + at, results + at, values + at, by_plane(factors, i), by, below, pixels.channels,
                            out + at);
        }
      }
    });
    const at::Tensor none;
    return {to_raw, of_values * inverse_deviation, of_ones, none, none, none, none};
  }
};

}  // namespace

at::Tensor masked_norm(const at::Tensor& raw, const MaskPlanes& planes, const NormParameters& norm, bool learns,
                       float slope) {
  if (norm.gamma.defined() && !norm.bias.defined() && raw.is_cpu()) {
    return FusedNorm::apply(raw.contiguous(at::MemoryFormat::ChannelsLast), norm.gamma, norm.beta, planes, norm, learns,
                            slope);
  }
  at::Tensor x = raw * planes.ratio;
  if (norm.bias.defined()) x = (x + norm.bias.view({1, -1, 1, 1})) * planes.known;
  if (!norm.gamma.defined()) return activated(x, slope);  // which leaves 0 as it is
  x = at::batch_norm(x, norm.gamma, norm.beta, norm.mean, norm.variance, learns, momentum, epsilon, true);
  x = activated(x, slope);
  return planes.full ? x : x * planes.known;
}

at::Tensor norm_and_relu(const at::Tensor& raw, const NormParameters& norm, bool learns) {
  if (raw.is_cpu()) {
    return FusedNorm::apply(raw.contiguous(at::MemoryFormat::ChannelsLast), norm.gamma, norm.beta, MaskPlanes{}, norm,
                            learns, 0);
  }
  return at::batch_norm(raw, norm.gamma, norm.beta, norm.mean, norm.variance, learns, momentum, epsilon, true).relu_();
}

}  // namespace inpaint::torch_module
