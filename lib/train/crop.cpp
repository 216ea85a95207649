#include <algorithm>
#include <cmath>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include "train/crop_private.h"

namespace inpaint {
namespace {

int square_side(cv::Size picture, int size, double scale) {
  return std::clamp(cvRound(size / scale), 1, std::min(picture.width, picture.height));
}

}  // namespace

cv::Mat resized(const cv::Mat& part, cv::Size size) {
  if (part.size() == size) return part;
  cv::Mat out;
  const bool shrinks = part.cols > size.width || part.rows > size.height;
  cv::resize(part, out, size, 0, 0, shrinks ? cv::INTER_AREA : cv::INTER_CUBIC);
  return out;
}

cv::Mat mirrored(const cv::Mat& pixels) {
  cv::Mat out;
  cv::flip(pixels, out, 1);
  return out;
}

cv::Rect random_square(cv::Size picture, const TrainingConfig& config, Random& random) {
  const double scale = random.by_ratio(config.smallest_scale, config.largest_scale);
  const int side = square_side(picture, config.size, scale);
  const auto x = static_cast<int>(random.whole(0, picture.width - side));
  const auto y = static_cast<int>(random.whole(0, picture.height - side));
  return {x, y, side, side};
}

cv::Rect centre_square(cv::Size picture, const TrainingConfig& config) {
  const int side = square_side(picture, config.size, std::clamp(1.0, config.smallest_scale, config.largest_scale));
  return {(picture.width - side) / 2, (picture.height - side) / 2, side, side};
}

}  // namespace inpaint
