#include "nn/native/pull_push.h"

#include <algorithm>
#include <array>
#include <numeric>
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
    const float* from = picture + c * area;
    float* to = level.planes[c].data();
    for (size_t i = 0; i < area; ++i) to[i] = known[i] > 0 ? from[i] : 0.0f;
  }
  return level;
}

// In eight sums at once, which do not wait for each other.
double sum_of(const std::vector<float>& values) {
  std::array<double, 8> sums{};
  size_t i = 0;
  for (; i + 8 <= values.size(); i += 8) {
    for (size_t k = 0; k < 8; ++k) sums[k] += static_cast<double>(values[i + k]);
  }
  for (; i < values.size(); ++i) sums[0] += static_cast<double>(values[i]);
  return std::accumulate(sums.begin(), sums.end(), 0.0);
}

std::array<float, 3> mean_of(const Level& level) {
  const double count = sum_of(level.weight());
  std::array<float, 3> mean{0.5f, 0.5f, 0.5f};
  for (size_t c = 0; c < 3 && count > 0; ++c) mean[c] = static_cast<float>(sum_of(level.planes[c]) / count);
  return mean;
}

// Sums of 2 x 2 neighbours of two rows.
void add_pairs(const float* upper, const float* lower, size_t count, float* sums) {
  for (size_t x = 0; x < count; ++x) {
    sums[x] = (upper[2 * x] + upper[2 * x + 1]) + (lower[2 * x] + lower[2 * x + 1]);
  }
}

Level halved(const Level& in, const std::array<float, 3>& mean) {
  Level out(in.height / 2, in.width / 2);
  const size_t wide = static_cast<size_t>(in.width), width = wide / 2;
  std::vector<float> weighted(2 * wide), weights(width), sums(width);
  for (size_t y = 0; y < static_cast<size_t>(out.height); ++y) {
    const float* weight = in.weight().data() + 2 * y * wide;
    add_pairs(weight, weight + wide, width, weights.data());
    for (size_t c = 0; c < 3; ++c) {
      const float* colour = in.planes[c].data() + 2 * y * wide;
      for (size_t i = 0; i < 2 * wide; ++i) weighted[i] = colour[i] * weight[i];
      add_pairs(weighted.data(), weighted.data() + wide, width, sums.data());
      float* to = out.planes[c].data() + y * width;
      for (size_t x = 0; x < width; ++x) {
        const float average = sums[x] / std::max(weights[x], 1e-30f);
        to[x] = weights[x] > 0 ? average : mean[c];
      }
    }
    float* to = out.weight().data() + y * width;
    for (size_t x = 0; x < width; ++x) to[x] = std::min(1.0f, weights[x]);  // 4 times the average
  }
  return out;
}

// fine = w fine + (1 - w) coarse, per colour. At twice the size each value lies a quarter of a pixel beside its source:
// 3/4 of that and 1/4 of the neighbour on that side, or all of it at the border.
void fill_from(Level& fine, const Level& coarse) {
  const size_t width = static_cast<size_t>(coarse.width), height = static_cast<size_t>(coarse.height);
  std::vector<float> row(width + 2), smooth(2 * width);  // the row begins and ends with its border once more
  for (size_t y = 0; y < 2 * height; ++y) {
    const size_t near = y / 2, far = y % 2 == 0 ? std::max(near, size_t{1}) - 1 : std::min(near + 1, height - 1);
    const float* weight = fine.weight().data() + y * 2 * width;
    for (size_t c = 0; c < 3; ++c) {
      const float *one = coarse.planes[c].data() + near * width, *other = coarse.planes[c].data() + far * width;
      for (size_t x = 0; x < width; ++x) row[x + 1] = 0.75f * one[x] + 0.25f * other[x];
      row[0] = row[1];
      row[width + 1] = row[width];
      for (size_t x = 0; x < width; ++x) {
        smooth[2 * x] = 0.75f * row[x + 1] + 0.25f * row[x];
        smooth[2 * x + 1] = 0.75f * row[x + 1] + 0.25f * row[x + 2];
      }
      float* to = fine.planes[c].data() + y * 2 * width;
      for (size_t x = 0; x < 2 * width; ++x) to[x] += (1 - weight[x]) * (smooth[x] - to[x]);
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

PullPush empty_pull_push(const Tensor& pictures) { return {Tensor(pictures.shape()), Tensor({pictures.extent(0), 3})}; }

void fill_pull_push(const Tensor& pictures, const Tensor& known, int levels, int64_t picture, PullPush& result) {
  const int64_t area = pictures.extent(2) * pictures.extent(3);
  const int height = static_cast<int>(pictures.extent(2)), width = static_cast<int>(pictures.extent(3));
  std::vector<Level> pyramid;
  pyramid.push_back(known_pixels(pictures.data() + picture * 3 * area, known.data() + picture * area, height, width));
  const std::array<float, 3> mean = mean_of(pyramid[0]);
  for (int k = 0; k < levels; ++k) pyramid.push_back(halved(pyramid.back(), mean));
  settle(pyramid.back(), mean);
  for (size_t k = static_cast<size_t>(levels); k-- > 0;) fill_from(pyramid[k], pyramid[k + 1]);
  for (size_t c = 0; c < 3; ++c) {
    const int64_t plane = picture * 3 + static_cast<int64_t>(c);
    std::copy(pyramid[0].planes[c].begin(), pyramid[0].planes[c].end(), result.filled.data() + plane * area);
    result.mean.data()[plane] = mean[c];
  }
}

PullPush pull_push(const Tensor& pictures, const Tensor& known, int levels) {
  PullPush result = empty_pull_push(pictures);
  for (int64_t i = 0; i < pictures.extent(0); ++i) fill_pull_push(pictures, known, levels, i, result);
  return result;
}

}  // namespace inpaint::native
