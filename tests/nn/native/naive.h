// Operations written out as their definitions say, to compare the engine with.
#pragma once
#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "nn/native/graph.h"

namespace inpaint::test {

/// Values within [-1, 1) that depend on seed and index only: splitmix64. tests/bench/networks/hashed.py does the same.
inline float hashed(uint64_t seed, uint64_t index) {
  uint64_t z = seed * 0x9e3779b97f4a7c15u + (index + 1) * 0xd1b54a32d192ed03u;
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
  z = (z ^ z >> 27) * 0x94d049bb133111ebu;
  return static_cast<float>(static_cast<double>((z ^ z >> 31) >> 40) / 8388608.0 - 1.0);
}

inline Tensor hashed_tensor(std::vector<int64_t> shape, uint64_t seed) {
  Tensor tensor(std::move(shape));
  for (int64_t i = 0; i < tensor.size(); ++i) tensor.data()[i] = hashed(seed, static_cast<uint64_t>(i));
  return tensor;
}

inline float& at(Tensor& t, int64_t n, int64_t c, int64_t y, int64_t x) {
  return t.data()[((n * t.extent(1) + c) * t.extent(2) + y) * t.extent(3) + x];
}
inline float at(const Tensor& t, int64_t n, int64_t c, int64_t y, int64_t x) {
  return t.data()[((n * t.extent(1) + c) * t.extent(2) + y) * t.extent(3) + x];
}

/// Calls visit(n, c, y, x) for every value.
template <class Visit>
void each(const Tensor& t, Visit visit) {
  for (int64_t n = 0; n < t.extent(0); ++n) {
    for (int64_t c = 0; c < t.extent(1); ++c) {
      for (int64_t y = 0; y < t.extent(2); ++y) {
        for (int64_t x = 0; x < t.extent(3); ++x) visit(n, c, y, x);
      }
    }
  }
}

inline float activated(float x, native::Activation how) {
  switch (how.kind) {
    case native::Activation::Kind::relu: return x < 0 ? 0 : x;
    case native::Activation::Kind::leaky_relu: return x < 0 ? x * how.slope : x;
    case native::Activation::Kind::sigmoid: return static_cast<float>(1 / (1 + std::exp(-static_cast<double>(x))));
    default: return x;
  }
}

inline Tensor naive_conv(const Tensor& in, const Tensor& weight, const Tensor& bias, const native::Conv2d& how) {
  const int64_t kernel[2] = {weight.extent(2), weight.extent(3)};
  int64_t size[2];
  for (int axis = 0; axis < 2; ++axis) {
    const int64_t reach = (kernel[axis] - 1) * how.dilation[axis] + 1;
    size[axis] = (in.extent(2 + axis) + how.before[axis] + how.after[axis] - reach) / how.stride[axis] + 1;
  }
  Tensor out({in.extent(0), weight.extent(0), size[0], size[1]});
  const int64_t per_group_in = weight.extent(1), per_group_out = weight.extent(0) / how.groups;
  each(out, [&](int64_t n, int64_t c, int64_t y, int64_t x) {
    double sum = bias.empty() ? 0.0 : bias.data()[c];
    for (int64_t i = 0; i < per_group_in; ++i) {
      for (int64_t ky = 0; ky < kernel[0]; ++ky) {
        for (int64_t kx = 0; kx < kernel[1]; ++kx) {
          const int64_t iy = y * how.stride[0] - how.before[0] + ky * how.dilation[0];
          const int64_t ix = x * how.stride[1] - how.before[1] + kx * how.dilation[1];
          if (iy < 0 || ix < 0 || iy >= in.extent(2) || ix >= in.extent(3)) continue;
          const int64_t from = c / per_group_out * per_group_in + i;
          sum += static_cast<double>(at(in, n, from, iy, ix)) * static_cast<double>(at(weight, c, i, ky, kx));
        }
      }
    }
    at(out, n, c, y, x) = activated(static_cast<float>(sum), how.activation);
  });
  return out;
}

/// Largest absolute difference; infinite if shapes differ or a value is not finite.
inline double difference(const Tensor& a, const Tensor& b) {
  if (a.shape() != b.shape()) return std::numeric_limits<double>::infinity();
  double most = 0;
  for (int64_t i = 0; i < a.size(); ++i) {
    const double d = std::abs(static_cast<double>(a.data()[i]) - static_cast<double>(b.data()[i]));
    most = std::isfinite(d) ? std::max(most, d) : std::numeric_limits<double>::infinity();
  }
  return most;
}

/// What makes a map blocked: a convolution that changes nothing.
inline native::Value passed_through(native::Graph& graph, native::Value x) {
  const int channels = graph.channels(x);
  Tensor identity({channels, channels, 1, 1});
  for (int64_t i = 0; i < identity.size(); ++i) identity.data()[i] = i % (channels + 1) == 0 ? 1.0f : 0.0f;
  return graph.conv2d(x, identity, {});
}

/// Largest absolute value, at least 1.
inline double largest_of(const Tensor& tensor) {
  double largest = 1;
  for (const float value : tensor.values()) largest = std::max(largest, static_cast<double>(std::abs(value)));
  return largest;
}

/// The engine's choices that this processor can run.
std::vector<native::EngineOptions> every_engine();

}  // namespace inpaint::test
