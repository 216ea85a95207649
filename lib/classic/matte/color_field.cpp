#include <algorithm>
#include <opencv2/core.hpp>

#include "classic/matte/color_field_private.h"
#include "classic/matte/interpolate_private.h"

namespace inpaint::matte {
namespace {

cv::Mat halved(const cv::Mat& sums) {
  cv::Mat out = cv::Mat::zeros((sums.rows + 1) / 2, (sums.cols + 1) / 2, CV_32FC4);
  for (int y = 0; y < sums.rows; ++y) {
    const cv::Vec4f* from = sums.ptr<cv::Vec4f>(y);
    cv::Vec4f* to = out.ptr<cv::Vec4f>(y / 2);
    for (int x = 0; x < sums.cols; ++x) {
      if (from[x][3] > 0) to[x / 2] += from[x] * (1 / std::max(1.0f, from[x][3]));
    }
  }
  return out;
}

}  // namespace

cv::Mat spread_colors(const cv::Mat& sums) {
  const bool smallest = sums.rows == 1 && sums.cols == 1;
  const cv::Mat coarse = smallest ? cv::Mat() : spread_colors(halved(sums));
  cv::Mat out(sums.size(), CV_32FC4);
  for (int y = 0; y < sums.rows; ++y) {
    const cv::Vec4f* from = sums.ptr<cv::Vec4f>(y);
    cv::Vec4f* to = out.ptr<cv::Vec4f>(y);
    for (int x = 0; x < sums.cols; ++x) {
      cv::Vec4f sum = from[x];
      if (sum[3] < 1 && !smallest) {
        const cv::Vec4f around =
            interpolated<cv::Vec4f>(coarse, (static_cast<float>(x) + 0.5f) / 2, (static_cast<float>(y) + 0.5f) / 2);
        sum += around * (1 - sum[3]);
      }
      to[x] = sum[3] > 0 ? sum * (1 / sum[3]) : cv::Vec4f::all(0);
    }
  }
  return out;
}

}  // namespace inpaint::matte
