#include "nn/native/pull_push.h"

#include <algorithm>
#include <array>
#include <vector>

namespace inpaint::native {
namespace {

// Three colours and their weight.
struct Level {
  int height = 0, width = 0;
  std::array<std::vector<float>, 4> planes;
  Level(int rows, int columns) : height(rows), width(columns) {
    for (std::vector<float>& plane : planes) plane.resize(static_cast<size_t>(rows) * static_cast<size_t>(columns));
  }
  std::vector<float>& weight() { return planes[3]; }
  const std::vector<float>& weight() const { return planes[3]; }
};

Level known_pixels(const float* picture, const float* known, int height, int width) {
  Level level(height, width);
  const size_t area = level.weight().size();
  std::copy_n(known, area, level.weight().begin());
  for (size_t c = 0; c < 3; ++c) {
    for (size_t i = 0; i < area; ++i) level.planes[c][i] = known[i] > 0 ? picture[c * area + i] : 0.0f;
  }
  return level;
}

std::array<float, 3> mean_of(const Level& level) {
  double count = 0;
  std::array<double, 3> sums{};
  for (const float w : level.weight()) count += static_cast<double>(w);
  for (size_t c = 0; c < 3; ++c) {
    for (const float value : level.planes[c]) sums[c] += static_cast<double>(value);  // 0 where unknown
  }
  std::array<float, 3> mean{0.5f, 0.5f, 0.5f};
  for (size_t c = 0; c < 3 && count > 0; ++c) mean[c] = static_cast<float>(sums[c] / count);
  return mean;
}

Level halved(const Level& in, const std::array<float, 3>& mean) {
  Level out(in.height / 2, in.width / 2);
  for (int y = 0; y < out.height; ++y) {
    for (int x = 0; x < out.width; ++x) {
      const size_t to = static_cast<size_t>(y) * static_cast<size_t>(out.width) + static_cast<size_t>(x);
      const size_t from = static_cast<size_t>(2 * y) * static_cast<size_t>(in.width) + static_cast<size_t>(2 * x);
      const std::array<size_t, 4> four{from, from + 1, from + static_cast<size_t>(in.width),
                                       from + static_cast<size_t>(in.width) + 1};
      float weight = 0;
      for (const size_t i : four) weight += in.weight()[i];
      for (size_t c = 0; c < 3; ++c) {
        float sum = 0;
        for (const size_t i : four) sum += in.planes[c][i] * in.weight()[i];
        out.planes[c][to] = weight > 0 ? sum / weight : mean[c];
      }
      out.weight()[to] = std::min(1.0f, weight);  // 4 times the average
    }
  }
  return out;
}

// At twice the size each value lies a quarter of a pixel beside its source: 3/4 of that and 1/4 of the neighbour on
// that side, or all of it at the border.
struct Neighbours {
  size_t near, far;
  Neighbours(int at, int extent)
      : near(static_cast<size_t>(at / 2)),
        far(static_cast<size_t>(std::clamp(at % 2 == 0 ? at / 2 - 1 : at / 2 + 1, 0, extent - 1))) {}
};

// fine = w fine + (1 - w) coarse, per colour.
void fill_from(Level& fine, const Level& coarse) {
  std::vector<float> row(static_cast<size_t>(coarse.width));
  for (int y = 0; y < fine.height; ++y) {
    const Neighbours rows(y, coarse.height);
    const size_t width = static_cast<size_t>(coarse.width),
                 at = static_cast<size_t>(y) * static_cast<size_t>(fine.width);
    for (size_t c = 0; c < 3; ++c) {
      const float *near = coarse.planes[c].data() + rows.near * width,
                  *far = coarse.planes[c].data() + rows.far * width;
      for (size_t x = 0; x < width; ++x) row[x] = 0.75f * near[x] + 0.25f * far[x];
      for (int x = 0; x < fine.width; ++x) {
        const Neighbours columns(x, coarse.width);
        const float smooth = 0.75f * row[columns.near] + 0.25f * row[columns.far];
        const size_t i = at + static_cast<size_t>(x);
        fine.planes[c][i] += (1 - fine.weight()[i]) * (smooth - fine.planes[c][i]);
      }
    }
  }
}

// The coarsest level: what is not known there is the mean.
void settle(Level& level, const std::array<float, 3>& mean) {
  for (size_t c = 0; c < 3; ++c) {
    for (size_t i = 0; i < level.weight().size(); ++i) {
      float& value = level.planes[c][i];
      value = mean[c] + level.weight()[i] * (value - mean[c]);
    }
  }
}

}  // namespace

PullPush pull_push(const Tensor& pictures, const Tensor& known, int levels) {
  const int64_t count = pictures.extent(0), area = pictures.extent(2) * pictures.extent(3);
  const int height = static_cast<int>(pictures.extent(2)), width = static_cast<int>(pictures.extent(3));
  PullPush result{Tensor(pictures.shape()), Tensor({count, 3})};
  for (int64_t n = 0; n < count; ++n) {
    std::vector<Level> pyramid;
    pyramid.push_back(known_pixels(pictures.data() + n * 3 * area, known.data() + n * area, height, width));
    const std::array<float, 3> mean = mean_of(pyramid[0]);
    for (int k = 0; k < levels; ++k) pyramid.push_back(halved(pyramid.back(), mean));
    settle(pyramid.back(), mean);
    for (size_t k = static_cast<size_t>(levels); k-- > 0;) fill_from(pyramid[k], pyramid[k + 1]);
    for (size_t c = 0; c < 3; ++c) {
      std::copy(pyramid[0].planes[c].begin(), pyramid[0].planes[c].end(),
                result.filled.data() + (n * 3 + static_cast<int64_t>(c)) * area);
      result.mean.data()[n * 3 + static_cast<int64_t>(c)] = mean[c];
    }
  }
  return result;
}

}  // namespace inpaint::native
