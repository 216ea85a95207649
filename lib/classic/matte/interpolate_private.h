#pragma once
#include <algorithm>
#include <opencv2/core/mat.hpp>

namespace inpaint::matte {

/// Linear interpolation between cell centres of a grid of `Value`, a cv::Vec of float; `x`, `y` in cells, from 0 to the
/// grid's size.
template <class Value>
Value interpolated(const cv::Mat& grid, float x, float y) {
  x = std::clamp(x - 0.5f, 0.0f, static_cast<float>(grid.cols - 1));
  y = std::clamp(y - 0.5f, 0.0f, static_cast<float>(grid.rows - 1));
  const int x0 = static_cast<int>(x), y0 = static_cast<int>(y);
  const int x1 = std::min(x0 + 1, grid.cols - 1), y1 = std::min(y0 + 1, grid.rows - 1);
  const float fx = x - static_cast<float>(x0), fy = y - static_cast<float>(y0);
  const Value *above = grid.ptr<Value>(y0), *below = grid.ptr<Value>(y1);
  return (above[x0] * (1 - fx) + above[x1] * fx) * (1 - fy) + (below[x0] * (1 - fx) + below[x1] * fx) * fy;
}

}  // namespace inpaint::matte
