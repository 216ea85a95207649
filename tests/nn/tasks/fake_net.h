// Networks written in a test.
#pragma once
#include <cstdlib>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "nn/card.h"
#include "nn/net.h"

namespace inpaint::test {

/// Answers with `answer`, and keeps the shapes of the first input of each call.
class FakeNet : public Net {
 public:
  using Answer = std::function<std::vector<Tensor>(const std::vector<Tensor>&)>;
  explicit FakeNet(Answer answer, Device device = {Device::Kind::cpu, 0})
      : answer_(std::move(answer)), device_(device) {}
  std::vector<Tensor> run(const std::vector<Tensor>& inputs) const override {
    {
      const std::lock_guard lock(mutex_);
      shapes_.push_back(inputs.at(0).shape());
    }
    return answer_(inputs);
  }
  NetFacts facts() const override { return {"fake", device_, Precision::fp32, ""}; }
  std::vector<std::vector<int64_t>> shapes() const {
    const std::lock_guard lock(mutex_);
    return shapes_;
  }

 private:
  Answer answer_;
  Device device_;
  mutable std::mutex mutex_;
  mutable std::vector<std::vector<int64_t>> shapes_;
};

/// Where a value stands in a batch of planes.
struct Place {
  int64_t entry, channel, y, x;
};

/// Three planes, made of inputs image (1x3xHxW) and hole (1x1xHxW): `inside` in the hole, `outside` (given the known
/// value) elsewhere.
inline std::vector<Tensor> painted(
    const std::vector<Tensor>& inputs, const std::function<float(const Place&)>& inside,
    const std::function<float(float)>& outside = [](float known) { return known; }) {
  const Tensor &image = inputs.at(0), &hole = inputs.at(1);
  Tensor out(image.shape());
  const int64_t height = image.extent(2), width = image.extent(3);
  for (int64_t n = 0; n < image.extent(0); ++n) {
    for (int64_t c = 0; c < 3; ++c) {
      for (int64_t y = 0; y < height; ++y) {
        for (int64_t x = 0; x < width; ++x) {
          const int64_t at = ((n * 3 + c) * height + y) * width + x;
          const bool in_hole = hole.data()[(n * height + y) * width + x] != 0;
          out.data()[at] = in_hole ? inside({n, c, y, x}) : outside(image.data()[at]);
        }
      }
    }
  }
  return {out};
}

/// A network of free size that takes image and hole, as big-lama does.
inline Card fill_card(int modulus = 8, bool composited = true) {
  Card card;
  card.name = "fake";
  card.input.tensors = {"image", "hole"};
  card.input.modulus = modulus;
  card.output.kind = "colors";
  card.output.composited = composited;
  return card;
}

/// Paints the hole in one colour.
inline FakeNet::Answer one_color(float r, float g, float b) {
  return [=](const std::vector<Tensor>& inputs) {
    return painted(inputs, [=](const Place& place) { return place.channel == 0 ? r : place.channel == 1 ? g : b; });
  };
}

/// Goes straight from one rim of the hole to the other, along rows and columns, or straight on where there is one rim
/// only: exact for pictures that are linear in x and y. Without any known pixel in row and column it paints 0.
inline std::vector<Tensor> interpolated(const std::vector<Tensor>& inputs) {
  const Tensor &image = inputs.at(0), &hole = inputs.at(1);
  const int64_t height = image.extent(2), width = image.extent(3);
  Tensor out(image.shape());
  for (int64_t plane = 0; plane < image.extent(0) * 3; ++plane) {
    const float* from = image.data() + plane * height * width;
    const float* unknown = hole.data() + plane / 3 * height * width;
    float* to = out.data() + plane * height * width;
    std::vector<float> sum(static_cast<size_t>(height * width)), weight(sum.size());
    // The known pixel up to 16 away from this one at the edge of the hole, on its far side.
    const auto further = [&](int64_t at, int64_t begin, int64_t step, int64_t count) {
      const int64_t way = at > 0 && unknown[begin + (at - 1) * step] == 0 ? -1 : 1;
      int64_t end = at;
      while (std::abs(end - at) < 16 && end + way >= 0 && end + way < count &&
             unknown[begin + (end + way) * step] == 0) {
        end += way;
      }
      return end;
    };
    const auto along = [&](int64_t begin, int64_t step, int64_t count) {
      for (int64_t i = 0, before = -1; i < count; ++i) {
        if (unknown[begin + i * step] == 0) {
          before = i;
          continue;
        }
        int64_t after = i;
        while (after < count && unknown[begin + after * step] != 0) ++after;
        if (before < 0 && after == count) continue;
        // Two known pixels, on both sides or on one
        const int64_t a = before >= 0 ? before : after,
                      b = after < count && before >= 0 ? after : further(a, begin, step, count);
        const float share = a == b ? 0 : static_cast<float>(i - a) / static_cast<float>(b - a);
        const size_t at = static_cast<size_t>(begin + i * step);
        const float certain = before >= 0 && after < count ? 1.0f : 0.01f;
        sum[at] += certain * (from[begin + a * step] * (1 - share) + from[begin + b * step] * share);
        weight[at] += certain;
      }
    };
    for (int64_t y = 0; y < height; ++y) along(y * width, 1, width);
    for (int64_t x = 0; x < width; ++x) along(x, width, height);
    for (size_t i = 0; i < sum.size(); ++i) {
      to[i] = unknown[i] == 0 ? from[i] : weight[i] > 0 ? sum[i] / weight[i] : 0;
    }
  }
  return {out};
}

}  // namespace inpaint::test
