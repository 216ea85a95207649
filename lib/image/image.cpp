#include "image/image.h"

#include <algorithm>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>
#include <stdexcept>

namespace inpaint {

Image::Image(cv::Mat pixels, std::shared_ptr<const Metadata> metadata, bool grey)
    : pixels_(std::move(pixels)), metadata_(std::move(metadata)), grey_(grey) {
  const int type = pixels_.type();
  if (type != CV_8UC3 && type != CV_8UC4 && type != CV_16UC3 && type != CV_16UC4) {
    throw std::invalid_argument("Image: pixels must be RGB or RGBA, uint8 or uint16");
  }
}

cv::Mat Image::rgb8() const {
  cv::Mat rgb = pixels_;
  if (has_alpha()) cv::cvtColor(pixels_, rgb, cv::COLOR_RGBA2RGB);
  if (is_16_bit()) rgb.convertTo(rgb, CV_8U, 1.0 / 257.0);
  return rgb;
}

cv::Mat Image::alpha() const {
  if (!has_alpha()) return cv::Mat(pixels_.size(), CV_MAKETYPE(pixels_.depth(), 1), cv::Scalar(max_value()));
  cv::Mat alpha;
  cv::extractChannel(pixels_, alpha, 3);
  return alpha;
}

Image Image::with_alpha(const cv::Mat& alpha) const {
  cv::Mat rgba;
  if (has_alpha()) {
    rgba = pixels_.clone();
  } else {
    cv::cvtColor(pixels_, rgba, cv::COLOR_RGB2RGBA);
  }
  cv::insertChannel(alpha, rgba, 3);
  return with_pixels(rgba);
}

Mask::Mask(cv::Mat values) : values_(std::move(values)) {
  if (values_.type() != CV_8UC1) throw std::invalid_argument("Mask: values must be one channel of uint8");
}

Mask::Mask(int width, int height) : values_(cv::Mat::zeros(height, width, CV_8UC1)) {}

double Mask::coverage() const { return empty() ? 0.0 : std::min(1.0, cv::mean(values_)[0] / 255.0); }

Matte::Matte(cv::Mat values) : values_(std::move(values)) {
  if (values_.type() != CV_32FC1) throw std::invalid_argument("Matte: values must be one channel of float32");
}

Matte::Matte(const Mask& mask) { mask.values().convertTo(values_, CV_32F, 1.0 / 255.0); }

Image cut_out(const Image& image, const Matte& matte) {
  if (image.pixels().size() != matte.values().size()) throw std::invalid_argument("cut_out: sizes differ");
  cv::Mat opacity;
  matte.values().convertTo(opacity, image.pixels().depth(), image.max_value());
  if (image.has_alpha()) {
    cv::Mat combined;
    cv::multiply(image.alpha(), opacity, combined, 1.0 / image.max_value());
    opacity = combined;
  }
  return image.with_alpha(opacity);
}

}  // namespace inpaint
