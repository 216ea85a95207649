#include <algorithm>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>
#include <vector>

#include "classic/compose/fill_private.h"
#include "classic/matte/color_field_private.h"

namespace inpaint {

cv::Mat shrunk_alpha(const cv::Mat& alpha, cv::Size size) {
  cv::Mat small, out;
  cv::resize(alpha, small, size, 0, 0, cv::INTER_AREA);
  small.convertTo(out, CV_32F, alpha.depth() == CV_16U ? 1 / 65535.0 : 1 / 255.0);
  return out;
}

cv::Mat without_subject(const Image& original, const cv::Mat& alpha, double shrink) {
  const cv::Size size(std::max(1, cvRound(original.width() * shrink)),
                      std::max(1, cvRound(original.height() * shrink)));
  cv::Mat rgb = original.pixels(), small;
  if (original.has_alpha()) cv::cvtColor(rgb, rgb, cv::COLOR_RGBA2RGB);
  const int band = 1 + std::max(original.width(), original.height()) / 300;
  cv::Mat taken = alpha > 0, sums;
  cv::dilate(taken, taken, cv::getStructuringElement(cv::MORPH_RECT, {2 * band + 1, 2 * band + 1}));
  cv::Mat kept = taken == 0;
  if (cv::countNonZero(kept) == 0) kept.setTo(255);  // nothing but subject
  cv::Mat masked = cv::Mat::zeros(rgb.size(), rgb.type());
  rgb.copyTo(masked, kept);
  cv::resize(masked, small, size, 0, 0, cv::INTER_AREA);
  small.convertTo(small, CV_32F, 1.0 / original.max_value());
  cv::merge(std::vector<cv::Mat>{small, shrunk_alpha(kept, size)}, sums);
  cv::cvtColor(matte::spread_colors(sums), small, cv::COLOR_RGBA2RGB);
  return small;
}

}  // namespace inpaint
