#include "nn/native/pull_push.h"

#include <doctest/doctest.h>

#include <functional>
#include <tuple>

#include "naive.h"

using namespace inpaint;
using namespace inpaint::native;
using namespace inpaint::test;

namespace {

Tensor mean_of_four(const Tensor& in) {
  Tensor out({in.extent(0), in.extent(1), in.extent(2) / 2, in.extent(3) / 2});
  each(out, [&](int64_t n, int64_t c, int64_t y, int64_t x) {
    double sum = 0;
    for (const int dy : {0, 1}) {
      for (const int dx : {0, 1}) sum += static_cast<double>(at(in, n, c, 2 * y + dy, 2 * x + dx));
    }
    at(out, n, c, y, x) = static_cast<float>(sum / 4);
  });
  return out;
}

// PyTorch's bilinear with align_corners = false at twice the size.
Tensor twice(const Tensor& in) {
  Tensor out({in.extent(0), in.extent(1), in.extent(2) * 2, in.extent(3) * 2});
  each(out, [&](int64_t n, int64_t c, int64_t y, int64_t x) {
    const auto source = [](int64_t i, int64_t extent) {
      return std::clamp((static_cast<double>(i) + 0.5) / 2 - 0.5, 0.0, static_cast<double>(extent - 1));
    };
    const double sy = source(y, in.extent(2)), sx = source(x, in.extent(3));
    double sum = 0;
    for (int64_t iy = 0; iy < in.extent(2); ++iy) {
      for (int64_t ix = 0; ix < in.extent(3); ++ix) {
        sum += static_cast<double>(at(in, n, c, iy, ix)) * std::max(0.0, 1 - std::abs(sy - static_cast<double>(iy))) *
               std::max(0.0, 1 - std::abs(sx - static_cast<double>(ix)));
      }
    }
    at(out, n, c, y, x) = static_cast<float>(sum);
  });
  return out;
}

Tensor with(const Tensor& like, const std::function<float(int64_t, int64_t, int64_t, int64_t)>& value) {
  Tensor out(like.shape());
  each(out, [&](int64_t n, int64_t c, int64_t y, int64_t x) { at(out, n, c, y, x) = value(n, c, y, x); });
  return out;
}

// Level by level as written, on whole tensors.
Tensor naive_fill(const Tensor& colours, const Tensor& weight, const Tensor& mean, int levels) {
  const auto mixed = [&](const Tensor& below) {
    return with(colours, [&](int64_t n, int64_t c, int64_t y, int64_t x) {
      const float w = at(weight, n, 0, y, x);
      return w * at(colours, n, c, y, x) + (1 - w) * at(below, n, c, y, x);
    });
  };
  if (levels == 0)
    return mixed(with(colours, [&](int64_t n, int64_t c, int64_t, int64_t) { return mean.data()[n * 3 + c]; }));
  const Tensor weighted = mean_of_four(with(colours, [&](int64_t n, int64_t c, int64_t y, int64_t x) {
    return at(colours, n, c, y, x) * at(weight, n, 0, y, x);
  }));
  const Tensor share = mean_of_four(weight);
  const Tensor next = with(weighted, [&](int64_t n, int64_t c, int64_t y, int64_t x) {
    const float w = at(share, n, 0, y, x);
    return w > 0 ? at(weighted, n, c, y, x) / w : mean.data()[n * 3 + c];
  });
  const Tensor next_weight = with(
      share, [&](int64_t n, int64_t c, int64_t y, int64_t x) { return std::min(1.0f, 4 * at(share, n, c, y, x)); });
  return mixed(twice(naive_fill(next, next_weight, mean, levels - 1)));
}

}  // namespace

TEST_CASE("pull-push worked out by hand: one known pixel of four, and none") {
  Tensor picture({2, 3, 2, 2}), known({2, 1, 2, 2});
  for (int64_t i = 0; i < picture.size(); ++i) picture.data()[i] = 0.2f;
  for (int64_t i = 0; i < known.size(); ++i) known.data()[i] = i == 1 ? 1.0f : 0.0f;
  picture.data()[1] = 0.8f;
  const PullPush made = pull_push(picture, known, 1);
  CHECK(made.mean.data()[0] == doctest::Approx(0.8));
  CHECK(made.mean.data()[1] == doctest::Approx(0.2));
  CHECK(made.mean.data()[3] == 0.5f);
  // w' = 1/4, c = 0.8, w = 1: all of the first plane is 0.8. Nothing is known of the second picture.
  for (int64_t i = 0; i < 4; ++i) CHECK(made.filled.data()[i] == doctest::Approx(0.8));
  for (int64_t i = 12; i < 24; ++i) CHECK(made.filled.data()[i] == doctest::Approx(0.5));
}

TEST_CASE("pull-push worked out by hand: between two known corners") {
  Tensor picture({1, 3, 2, 4}), known({1, 1, 2, 4});
  for (int64_t i = 0; i < picture.size(); ++i) picture.data()[i] = 9;
  for (int64_t i = 0; i < known.size(); ++i) known.data()[i] = i == 0 || i == 3 ? 1.0f : 0.0f;
  picture.data()[0] = 0;
  picture.data()[3] = 1;
  // The coarse level is 0, 1; at twice its size 0, 1/4, 3/4, 1.
  const PullPush made = pull_push(picture, known, 1);
  const float expected[] = {0, 0.25f, 0.75f, 1, 0, 0.25f, 0.75f, 1};
  for (int i = 0; i < 8; ++i) CHECK(made.filled.data()[i] == doctest::Approx(expected[i]));
}

TEST_CASE("pull-push equals the formula written out, picture by picture of a batch") {
  for (const auto& [height, width, levels] : {std::tuple{16, 24, 3}, {8, 8, 3}, {32, 16, 2}, {5, 7, 0}}) {
    const Tensor in = hashed_tensor({3, 3, height, width}, 5);
    Tensor known({3, 1, height, width}), mean({3, 3});
    each(known, [&](int64_t n, int64_t, int64_t y, int64_t x) {
      const bool scattered = hashed(4, static_cast<uint64_t>(y * 100 + x)) > 0.5f;
      const bool inside[] = {scattered, y<2, x> 2 && y > 2};
      at(known, n, 0, y, x) = inside[n] ? 1.0f : 0.0f;
    });
    for (int64_t n = 0; n < 3; ++n) {
      for (int64_t c = 0; c < 3; ++c) {
        double sum = 0, count = 0;
        for (int64_t i = 0; i < height * width; ++i) {
          const double m = static_cast<double>(known.data()[n * height * width + i]);
          sum += m * static_cast<double>(in.data()[(n * 3 + c) * height * width + i]);
          count += m;
        }
        mean.data()[n * 3 + c] = static_cast<float>(sum / count);
      }
    }
    const Tensor masked = with(
        in, [&](int64_t n, int64_t c, int64_t y, int64_t x) { return at(in, n, c, y, x) * at(known, n, 0, y, x); });
    const PullPush made = pull_push(in, known, levels);
    CHECK(difference(made.mean, mean) < 1e-6);
    CHECK(difference(made.filled, naive_fill(masked, known, mean, levels)) < 1e-6);
  }
}
