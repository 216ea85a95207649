#include "classic/fill/patch/finish_private.h"

#include <algorithm>
#include <array>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include "classic/fill/patch/parallel_private.h"
#include "classic/fill/patch/poisson_private.h"
#include "classic/fill/patch/vote_private.h"

namespace inpaint::patch {
namespace {

using Colour = cv::Vec3f;

// A hole pixel: its own index and that of its donor.
struct Unknown {
  int32_t at, donor;
};

template <class Pixel>
class Finisher {
 public:
  Finisher(Level level, cv::Mat& rgb, const FinishOptions& options)
      : level_(std::move(level)),
        pixels_(rgb.ptr<Pixel>()),
        options_(options),
        step_{-1, 1, -level_.width, level_.width} {
    collect();
  }

  void run() {
    find_misfit();
    parallel(unknowns_.size(), [this](size_t i) { set_up(i); });
    release();
    std::vector<cv::Point> places;
    places.reserve(unknowns_.size());
    for (const Unknown& unknown : unknowns_) places.push_back(place_of(unknown.at));
    const PoissonGrid grid(std::move(cells_), places);
    places = {};
    for (int cycle = 0; cycle < options_.cycles; ++cycle) grid.cycle(u_, b_);
    add_grain(grid.cells());
    for (size_t i = 0; i < unknowns_.size(); ++i) {
      for (int c = 0; c < 3; ++c) {
        pixels_[unknowns_[i].at][c] = cv::saturate_cast<typename Pixel::value_type>(u_[i][c]);
      }
    }
  }

 private:
  // What is needed no longer once the system is set up.
  void release() {
    level_.targets = {};
    level_.field = level_.distance = {};
    level_.trust = level_.doubt = {};
    level_.kind = {};
    misfit_ = cv::Mat();
  }

  cv::Point place_of(int32_t at) const { return {at % level_.width, at / level_.width}; }

  void collect() {
    unknowns_.reserve(level_.hole_pixels);
    cells_.reserve(level_.hole_pixels);
    std::vector<int32_t> above(static_cast<size_t>(level_.width), -1), row(above);
    std::vector<size_t> row_start;
    for (int y = 0; y < level_.height; ++y) {
      row_start.push_back(unknowns_.size());
      for (int x = 0; x < level_.width; ++x) {
        const int32_t at = y * level_.width + x, number = static_cast<int32_t>(unknowns_.size());
        row[static_cast<size_t>(x)] = -1;
        if (!level_.hole[at]) continue;
        row[static_cast<size_t>(x)] = number;
        unknowns_.push_back({at, at});
        cells_.emplace_back();
        if (x > 0) connect(row[static_cast<size_t>(x) - 1], number, 1);
        connect(above[static_cast<size_t>(x)], number, 3);
      }
      std::swap(above, row);
    }
    row_start.push_back(unknowns_.size());
    parallel(static_cast<size_t>(level_.height), [&](size_t y) { find_donors(row_start[y], row_start[y + 1]); });
    u_.resize(unknowns_.size());
    b_.resize(unknowns_.size());
  }

  // `b` is neighbour k of `a`, if there is one.
  void connect(int32_t a, int32_t b, size_t k) {
    if (a < 0) return;
    cells_[static_cast<size_t>(a)].neighbour[k] = b;
    cells_[static_cast<size_t>(b)].neighbour[k ^ 1] = a;
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
    const cv::Point p = place_of(at);
    return k == 0 ? p.x > 0 : k == 1 ? p.x + 1 < level_.width : k == 2 ? p.y > 0 : p.y + 1 < level_.height;
  }

  // Adds the difference between a pixel and its neighbour k, if both may be taken.
  bool add_gradient(int32_t at, size_t k, float sign, Colour& sum) const {
    if (!is_inside(at, k) || !level_.free[at] || !level_.free[at + step_[k]]) return false;
    sum += sign * (Colour(pixels_[at + step_[k]]) - Colour(pixels_[at]));
    return true;
  }

  Colour estimate(int32_t at) const {
    constexpr float scale = sizeof(typename Pixel::value_type) == 1 ? 1 : 257;
    const uint8_t* p = level_.bytes() + 4 * static_cast<ptrdiff_t>(at);
    return {scale * p[0], scale * p[1], scale * p[2]};
  }

  // The worst misfit of patches near each pixel, 255 = options_.misfit or more: around a place where something ends
  // that did not fit, its colour shall not run out into what fits well.
  void find_misfit() {
    constexpr int reach = 8;
    const cv::Rect all(0, 0, level_.width, level_.height), box = cv::boundingRect(level_.hole_mat());
    misfit_box_ = cv::Rect(box.tl() - cv::Point(reach, reach), box.br() + cv::Point(reach, reach)) & all;
    misfit_.create(misfit_box_.size(), CV_8U);
    const float scale = 255 / (options_.misfit * static_cast<float>(3 * level_.size * level_.size));
    for (int y = 0; y < misfit_.rows; ++y) {
      const ptrdiff_t start = static_cast<ptrdiff_t>(misfit_box_.y + y) * level_.width + misfit_box_.x;
      for (int x = 0; x < misfit_.cols; ++x) {
        const int32_t distance = level_.distance[start + x];
        misfit_.ptr(y)[x] =
            distance == no_target ? uint8_t(0) : cv::saturate_cast<uint8_t>(scale * static_cast<float>(distance));
      }
    }
    cv::dilate(misfit_, misfit_, cv::Mat::ones(2 * reach + 1, 2 * reach + 1, CV_8U));
  }

  // The better patches fit, the further may colours be carried on from the rim.
  float screening_at(int32_t at) const {
    const cv::Point p = place_of(at) - misfit_box_.tl();
    return std::max(options_.least_screening, options_.screening * misfit_.ptr(p.y)[p.x] / 255.0f);
  }

  void set_up(size_t i) {
    const auto [at, donor] = unknowns_[i];
    PoissonGrid::Cell& cell = cells_[i];
    u_[i] = estimate(at);
    cell.anchor = screening_at(at);
    b_[i] = cell.anchor * u_[i];
    for (size_t k = 0; k < 4; ++k) {
      if (!is_inside(at, k)) continue;
      const int32_t j = cell.neighbour[k];
      Colour gradient{};
      int count = add_gradient(donor, k, 1, gradient);
      // Seen from the other end, this neighbour lies on the opposite side.
      if (j >= 0) count += add_gradient(unknowns_[static_cast<size_t>(j)].donor, k ^ 1, -1, gradient);
      b_[i] -= gradient * (count == 2 ? 0.5f : 1.0f);
      if (j >= 0) {
        cell.weight[k] = PoissonGrid::full;
      } else {
        cell.known += 1;
        b_[i] += Colour(pixels_[at + step_[k]]);
      }
    }
  }

  // Adds the donors' difference to the solution, less what of it a 5 × 5 binomial filter lets through.
  void add_grain(const std::vector<PoissonGrid::Cell>& cells) {
    PoissonGrid::Values low(unknowns_.size());
    PoissonGrid::Values& next = b_;  // no longer needed
    parallel(unknowns_.size(), [&](size_t i) { low[i] = Colour(pixels_[unknowns_[i].donor]) - u_[i]; });
    for (const size_t axis : {0, 2, 0, 2}) {
      parallel(unknowns_.size(), [&](size_t i) {
        Colour sum = 2 * low[i];
        for (const size_t k : {axis, axis + 1}) {
          const int32_t j = cells[i].neighbour[k];
          if (j >= 0)
            sum += low[static_cast<size_t>(j)];
          else if (!is_inside(unknowns_[i].at, k))
            sum += low[i];
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

  Level level_;
  Pixel* const pixels_;
  const FinishOptions options_;
  const std::array<int, 4> step_;
  std::vector<Unknown> unknowns_;
  std::vector<PoissonGrid::Cell> cells_;  // of the unknowns, in the same order; the solver takes them over
  PoissonGrid::Values u_, b_;
  cv::Mat misfit_;
  cv::Rect misfit_box_;
};

}  // namespace

void finish(Level level, cv::Mat& rgb, const FinishOptions& options) {
  CV_Assert(rgb.isContinuous() && rgb.cols == level.width && rgb.rows == level.height);
  if (rgb.depth() == CV_8U) {
    Finisher<cv::Vec3b>(std::move(level), rgb, options).run();
  } else {
    Finisher<cv::Vec3w>(std::move(level), rgb, options).run();
  }
}

}  // namespace inpaint::patch
