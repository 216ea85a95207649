#pragma once
#include <array>
#include <cstdint>
#include <opencv2/core/mat.hpp>
#include <vector>

namespace inpaint::matte {

/// A symmetric, positive definite linear system over some of a picture's pixels, each tied to those in the 5 × 5 square
/// around it. One thread, so the same bits every time.
class BandSystem {
 public:
  /// `unknown`: CV_8UC1, not 0 where a value is sought.
  explicit BandSystem(const cv::Mat& unknown);

  int size() const { return static_cast<int>(places_.size()); }
  /// The unknown pixels, in rows from top to bottom, each from left to right.
  const std::vector<cv::Point>& places() const { return places_; }
  /// The number of the unknown at this pixel; -1 if it is none.
  int index(int x, int y) const { return index_.at<int>(y + reach, x + reach); }

  void add_diagonal(int i, float value) { diagonal_[static_cast<size_t>(i)] += value; }
  void add_right_side(int i, float value) { right_side_[static_cast<size_t>(i)] += value; }
  /// The entry of unknown i with the one at (dx, dy) from it, which comes before i in `places`, and that entry's
  /// mirror.
  void add_before(int i, int dx, int dy, float value) {
    rows_[static_cast<size_t>(i)].weight[static_cast<size_t>((dy + reach) * width + dx + reach)] += value;
  }

  /// Improves `x` until the residual has fallen to `tolerance` of that of the right side, or after `max_steps`.
  /// Conjugate gradients with an incomplete factorisation that changes the diagonal alone, which after Eisenstat (1981)
  /// costs no more than multiplying. Returns the steps taken.
  int solve(std::vector<float>& x, double tolerance, int max_steps);

 private:
  static constexpr int reach = 2, width = 5, before = 12;
  struct Row {
    std::array<float, before> weight{};
    std::array<int32_t, before> other;  // size() where there is no unknown: a cell that holds 0
  };

  void scale_to_unit_pivots();
  void solve_lower(std::vector<float>& x) const;
  void solve_upper(std::vector<float>& x) const;

  std::vector<cv::Point> places_;
  cv::Mat index_;  // with a frame of `reach` pixels
  std::vector<Row> rows_;
  std::vector<float> diagonal_, right_side_;
  std::vector<float> scale_;  // 1 / sqrt(pivot)
};

}  // namespace inpaint::matte
