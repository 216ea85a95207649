#pragma once
#include <cmath>
#include <opencv2/core/mat.hpp>

namespace inpaint {

/// Sets the pixels of a row (1 × width, uint8) whose centres lie in low <= x < high.
inline void fill_row(cv::Mat row, double low, double high, uint8_t value = 255) {
  const auto first_from = [&](double edge) {
    return edge >= row.cols ? row.cols : edge > 0 ? static_cast<int>(std::ceil(edge - 0.5)) : 0;
  };
  const int x0 = first_from(low), x1 = first_from(high);
  if (x0 < x1) row.colRange(x0, x1).setTo(value);
}

}  // namespace inpaint
