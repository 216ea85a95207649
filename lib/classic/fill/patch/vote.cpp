#include "classic/fill/patch/vote_private.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <opencv2/core.hpp>
#include <opencv2/core/utility.hpp>
#include <opencv2/imgproc.hpp>

namespace inpaint::patch {
namespace {

constexpr float steps_per_e = 16;  // a weight falls by e in so many steps of the table

const int32_t* weight_table() {
  static const std::array<int32_t, weight_steps> table = [] {
    std::array<int32_t, weight_steps> out{};
    for (int i = 0; i + 1 < weight_steps; ++i) {
      out[static_cast<size_t>(i)] = static_cast<int32_t>(std::lround(4096 * std::exp(-i / double{steps_per_e})));
    }
    return out;
  }();
  return table.data();
}

VoteInput vote_input(const Level& level, float spread) {
  return {level.bytes(),      level.field.data(), level.distance.data(),
          level.doubt.data(), weight_table(),     steps_per_e / (2 * spread),
          level.width,        level.height,       level.size};
}

}  // namespace

void set_doubt(Level& level, float decay) {
  const float slope = steps_per_e * std::log(decay);
  cv::Rect box = cv::boundingRect(level.hole_mat());
  box = cv::Rect(box.tl() - cv::Point(1, 1), box.br() + cv::Point(1, 1)) & cv::Rect(0, 0, level.width, level.height);
  cv::Mat depth;
  cv::distanceTransform(level.hole_mat()(box), depth, cv::DIST_L2, cv::DIST_MASK_5);
  for (int y = 0; y < box.height; ++y) {
    uint8_t* doubt = level.doubt.data() + static_cast<ptrdiff_t>(box.y + y) * level.width + box.x;
    for (int x = 0; x < box.width; ++x) doubt[x] = cv::saturate_cast<uint8_t>(slope * depth.at<float>(y, x));
  }
}

double vote(Level& level, float spread) {
  const VoteInput input = vote_input(level, spread);
  std::vector<int64_t> change(static_cast<size_t>(level.height), 0);
  const Kernels& kernel = kernels();
  cv::parallel_for_({0, level.height}, [&](const cv::Range& rows) {
    std::vector<uint32_t> before(static_cast<size_t>(level.width));
    for (int y = rows.start; y < rows.end; ++y) {
      const ptrdiff_t start = static_cast<ptrdiff_t>(y) * level.width;
      const uint8_t* hole = level.hole.data() + start;
      if (std::find(hole, hole + level.width, 1) == hole + level.width) continue;
      uint32_t* row = level.pixels.data() + start;
      std::copy(row, row + level.width, before.begin());
      kernel.vote_row(input, hole, y, reinterpret_cast<uint8_t*>(row));
      const auto *now = reinterpret_cast<const uint8_t*>(row), *then = reinterpret_cast<const uint8_t*>(before.data());
      int64_t sum = 0;
      for (int i = 0; i < 4 * level.width; ++i) sum += std::abs(now[i] - then[i]);
      change[static_cast<size_t>(y)] = sum;
    }
  });
  const int64_t total = std::accumulate(change.begin(), change.end(), int64_t{0});
  return static_cast<double>(total) / (4 * static_cast<double>(std::max<size_t>(1, level.hole_pixels)));
}

void donors(const Level& level, int y, int32_t* out) {
  const ptrdiff_t start = static_cast<ptrdiff_t>(y) * level.width;
  kernels().donors_row(vote_input(level, 1), level.hole.data() + start, y, out);
}

}  // namespace inpaint::patch
