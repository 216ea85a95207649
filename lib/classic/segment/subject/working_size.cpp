#include "classic/segment/subject/working_size_private.h"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>

namespace inpaint::subject {

cv::Mat at_working_size(const cv::Mat& rgb) {
  constexpr double most_pixels = 160'000;
  const double scale = std::sqrt(most_pixels / static_cast<double>(rgb.total()));
  if (scale >= 1) return rgb;
  const cv::Size size(std::max(1, cvRound(rgb.cols * scale)), std::max(1, cvRound(rgb.rows * scale)));
  cv::Mat out;
  cv::resize(rgb, out, size, 0, 0, cv::INTER_AREA);
  return out;
}

}  // namespace inpaint::subject
