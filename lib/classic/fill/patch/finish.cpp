#include "classic/fill/patch/finish_private.h"

#include <algorithm>
#include <array>
#include <opencv2/core.hpp>
#include <opencv2/core/utility.hpp>

#include "classic/fill/patch/vote_private.h"

namespace inpaint::patch {
namespace {

using Colour = cv::Vec3f;

template <class Visit>
void parallel(size_t count, Visit visit) {
  cv::parallel_for_({0, static_cast<int>(count)}, [&](const cv::Range& range) {
    for (int i = range.start; i < range.end; ++i) visit(static_cast<size_t>(i));
  });
}

// A hole pixel among its kind.
struct Unknown {
  static constexpr int32_t known = -1, outside = -2;
  int32_t at;                        // index of the pixel
  int32_t donor;                     // index of the pixel to resemble
  std::array<int32_t, 4> neighbour;  // left, right, above, below: number among the unknowns, or one of the above
};

template <class Pixel>
class Finisher {
 public:
  Finisher(const Level& level, cv::Mat& rgb, const FinishOptions& options)
      : level_(level), pixels_(rgb.ptr<Pixel>()), options_(options), step_{-1, 1, -level.width, level.width} {
    collect();
  }

  void run() {
    parallel(unknowns_.size(), [this](size_t i) { set_up(i); });
    for (int sweep = 0; sweep < options_.sweeps; ++sweep) {
      for (const auto* half : {&red_, &black_}) {
        parallel(half->size(), [&](size_t i) { relax(static_cast<size_t>((*half)[i])); });
      }
    }
    add_grain();
    for (size_t i = 0; i < unknowns_.size(); ++i) {
      for (int c = 0; c < 3; ++c) {
        pixels_[unknowns_[i].at][c] = cv::saturate_cast<typename Pixel::value_type>(u_[i][c]);
      }
    }
  }

 private:
  void collect() {
    unknowns_.reserve(level_.hole_pixels);
    std::vector<int32_t> above(static_cast<size_t>(level_.width), Unknown::outside), row(above);
    std::vector<size_t> row_start;
    for (int y = 0; y < level_.height; ++y) {
      row_start.push_back(unknowns_.size());
      for (int x = 0; x < level_.width; ++x) {
        const int32_t at = y * level_.width + x, number = static_cast<int32_t>(unknowns_.size());
        int32_t& here = row[static_cast<size_t>(x)];
        here = Unknown::known;
        const int32_t left = x > 0 ? row[static_cast<size_t>(x) - 1] : Unknown::outside;
        const int32_t up = above[static_cast<size_t>(x)];
        if (level_.hole[at]) {
          here = number;
          ((x + y) % 2 ? red_ : black_).push_back(number);
          const int32_t right = x + 1 < level_.width ? Unknown::known : Unknown::outside;
          const int32_t down = y + 1 < level_.height ? Unknown::known : Unknown::outside;
          unknowns_.push_back({at, at, {left, right, up, down}});
          if (left >= 0) unknowns_[static_cast<size_t>(left)].neighbour[1] = number;
          if (up >= 0) unknowns_[static_cast<size_t>(up)].neighbour[3] = number;
        }
      }
      std::swap(above, row);
    }
    row_start.push_back(unknowns_.size());
    parallel(static_cast<size_t>(level_.height), [&](size_t y) { find_donors(row_start[y], row_start[y + 1]); });
    u_.resize(unknowns_.size());
    b_.resize(unknowns_.size());
  }

  // Donors of the unknowns first to last, which lie in one row.
  void find_donors(size_t first, size_t last) {
    if (first == last) return;
    const int y = unknowns_[first].at / level_.width;
    std::vector<int32_t> row(static_cast<size_t>(level_.width));
    donors(level_, y, row.data());
    for (size_t i = first; i < last; ++i) {
      unknowns_[i].donor = row[static_cast<size_t>(unknowns_[i].at - y * level_.width)];
    }
  }

  // The neighbour k of a pixel lies in the picture.
  bool is_inside(int32_t at, size_t k) const {
    const int y = at / level_.width, x = at - y * level_.width;
    return k == 0 ? x > 0 : k == 1 ? x + 1 < level_.width : k == 2 ? y > 0 : y + 1 < level_.height;
  }

  // Adds the difference between a known pixel and its neighbour k, if that is known.
  bool add_gradient(int32_t at, size_t k, float sign, Colour& sum) const {
    if (!is_inside(at, k) || level_.hole[at] || level_.hole[at + step_[k]]) return false;
    sum += sign * (Colour(pixels_[at + step_[k]]) - Colour(pixels_[at]));
    return true;
  }

  Colour estimate(int32_t at) const {
    constexpr float scale = sizeof(typename Pixel::value_type) == 1 ? 1 : 257;
    const uint8_t* p = level_.bytes() + 4 * static_cast<ptrdiff_t>(at);
    return {scale * p[0], scale * p[1], scale * p[2]};
  }

  void set_up(size_t i) {
    const Unknown& unknown = unknowns_[i];
    u_[i] = estimate(unknown.at);
    b_[i] = options_.screening * u_[i];
    for (size_t k = 0; k < 4; ++k) {
      const int32_t j = unknown.neighbour[k];
      if (j == Unknown::outside) continue;
      Colour gradient{};
      int count = add_gradient(unknown.donor, k, 1, gradient);
      // Seen from the other end, this neighbour lies on the opposite side.
      if (j >= 0) count += add_gradient(unknowns_[static_cast<size_t>(j)].donor, k ^ 1, -1, gradient);
      b_[i] -= gradient * (count == 2 ? 0.5f : 1.0f);
      if (j == Unknown::known) b_[i] += Colour(pixels_[unknown.at + step_[k]]);
    }
  }

  // One step of successive over-relaxation.
  void relax(size_t i) {
    constexpr float over = 1.6f;
    Colour sum = b_[i];
    float diagonal = options_.screening;
    for (const int32_t j : unknowns_[i].neighbour) {
      diagonal += j != Unknown::outside;
      if (j >= 0) sum += u_[static_cast<size_t>(j)];
    }
    u_[i] += over * (sum * (1 / diagonal) - u_[i]);
  }

  // The donors' difference to the solution, less what of it a 5 × 5 binomial filter lets through.
  void add_grain() {
    std::vector<Colour> low(unknowns_.size());
    std::vector<Colour>& next = b_;  // no longer needed
    parallel(unknowns_.size(), [&](size_t i) { low[i] = Colour(pixels_[unknowns_[i].donor]) - u_[i]; });
    for (const size_t axis : {0, 2, 0, 2}) {
      parallel(unknowns_.size(), [&](size_t i) {
        Colour sum = 2 * low[i];
        for (const size_t k : {axis, axis + 1}) {
          const int32_t j = unknowns_[i].neighbour[k];
          if (j >= 0) sum += low[static_cast<size_t>(j)];
          if (j == Unknown::outside) sum += low[i];
        }
        next[i] = sum * 0.25f;
      });
      std::swap(low, next);
    }
    parallel(unknowns_.size(), [&](size_t i) {
      const Colour difference = Colour(pixels_[unknowns_[i].donor]) - u_[i];
      u_[i] += options_.grain * (difference - low[i]);
    });
  }

  const Level& level_;
  Pixel* const pixels_;
  const FinishOptions options_;
  const std::array<int, 4> step_;
  std::vector<Unknown> unknowns_;
  std::vector<int32_t> red_, black_;
  std::vector<Colour> u_, b_;
};

}  // namespace

void finish(const Level& level, cv::Mat& rgb, const FinishOptions& options) {
  CV_Assert(rgb.isContinuous() && rgb.cols == level.width && rgb.rows == level.height);
  if (rgb.depth() == CV_8U) {
    Finisher<cv::Vec3b>(level, rgb, options).run();
  } else {
    Finisher<cv::Vec3w>(level, rgb, options).run();
  }
}

}  // namespace inpaint::patch
