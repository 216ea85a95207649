#include "image/overlay.h"

#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>
#include <stdexcept>

namespace inpaint {

Image mask_overlay(const Image& image, const Mask& mask) {
  cv::Mat rgb = image.rgb8().clone();
  if (rgb.size() != mask.values().size()) throw std::invalid_argument("mask_overlay: sizes differ");
  const double strength = 0.55 / 255;
  const int red[3] = {255, 30, 60};
  for (int y = 0; y < rgb.rows; ++y) {
    cv::Vec3b* pixel = rgb.ptr<cv::Vec3b>(y);
    const uint8_t* m = mask.values().ptr(y);
    for (int x = 0; x < rgb.cols; ++x) {
      const double a = m[x] * strength;
      for (int c = 0; c < 3; ++c) pixel[x][c] = static_cast<uint8_t>(pixel[x][c] * (1 - a) + red[c] * a + 0.5);
    }
  }
  cv::Mat solid = mask.values() > 127, outline;
  cv::morphologyEx(solid, outline, cv::MORPH_GRADIENT, cv::getStructuringElement(cv::MORPH_ELLIPSE, {3, 3}));
  rgb.setTo(cv::Scalar(255, 255, 255), outline);
  return Image(rgb);
}

}  // namespace inpaint
