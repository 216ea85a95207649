#include <algorithm>
#include <cmath>
#include <numbers>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include "image/codec.h"
#include "train/colors_private.h"

namespace inpaint {
namespace {

// Darker by up to a third towards one side.
void shade(cv::Mat& rgb, Random& random) {
  const double angle = random.uniform(0, 2 * std::numbers::pi), depth = random.uniform(0.08, 0.35);
  const double x_share = std::cos(angle) / rgb.cols, y_share = std::sin(angle) / rgb.rows;
  for (int y = 0; y < rgb.rows; ++y) {
    uint8_t* row = rgb.ptr(y);
    for (int x = 0; x < rgb.cols; ++x) {
      const double across = (x - rgb.cols / 2.0) * x_share + (y - rgb.rows / 2.0) * y_share;  // about -0.7 to 0.7
      const auto light = static_cast<float>(1 - depth * std::clamp(across + 0.5, 0.0, 1.0));
      for (int c = 0; c < 3; ++c) row[3 * x + c] = static_cast<uint8_t>(static_cast<float>(row[3 * x + c]) * light);
    }
  }
}

void add_grain(cv::Mat& rgb, Random& random) {
  const auto deviation = static_cast<float>(random.uniform(1, 6));
  for (int y = 0; y < rgb.rows; ++y) {
    uint8_t* row = rgb.ptr(y);
    for (int i = 0; i < rgb.cols * 3; ++i) row[i] = cv::saturate_cast<uint8_t>(row[i] + deviation * random.bell());
  }
}

cv::Mat through_jpeg(const cv::Mat& rgb, int quality) {
  EncodeOptions options;
  options.format = Format::jpeg, options.quality = quality;
  Notes notes;
  return decode_image(encode_image(Image(rgb), options, notes), {}, notes).rgb8();
}

}  // namespace

ColorChange random_color_change(const cv::Mat& rgb, double amount, Random& random) {
  if (amount == 0) return {};
  const auto factor = [&] { return static_cast<float>(random.uniform(1 - amount, 1 + amount)); };
  const float brightness = factor(), contrast = factor(), saturation = factor();
  const cv::Scalar mean = cv::mean(rgb);
  // Saturation: matrix S = s I + (1 - s) 1 luma^T; contrast: c x + (1 - c) mean, with the mean after brightness.
  const cv::Vec3f luma(0.299f, 0.587f, 0.114f);
  ColorChange change;
  for (int i = 0; i < 3; ++i) {
    for (int j = 0; j < 3; ++j) {
      const float s = (i == j ? saturation : 0) + (1 - saturation) * luma[j];
      change.matrix(i, j) = s * contrast * brightness;
      change.shift[i] += s * (1 - contrast) * brightness * static_cast<float>(mean[j]) / 255;
    }
  }
  return change;
}

void write_planes(const cv::Mat& rgb, const ColorChange& change, float* planes) {
  const auto area = static_cast<int64_t>(rgb.total());
  const cv::Matx33f m = change.matrix * (1.0f / 255);
  const cv::Vec3f t = change.shift;
  for (int y = 0; y < rgb.rows; ++y) {
    const uint8_t* in = rgb.ptr(y);
    float* red = planes + static_cast<int64_t>(y) * rgb.cols;
    float *green = red + area, *blue = green + area;
    for (int x = 0; x < rgb.cols; ++x) {
      const float r = in[3 * x], g = in[3 * x + 1], b = in[3 * x + 2];
      red[x] = std::clamp(m(0, 0) * r + m(0, 1) * g + m(0, 2) * b + t[0], 0.0f, 1.0f);
      green[x] = std::clamp(m(1, 0) * r + m(1, 1) * g + m(1, 2) * b + t[1], 0.0f, 1.0f);
      blue[x] = std::clamp(m(2, 0) * r + m(2, 1) * g + m(2, 2) * b + t[2], 0.0f, 1.0f);
    }
  }
}

void write_plane(const cv::Mat& values, float* plane) {
  values.convertTo(cv::Mat(values.size(), CV_32F, plane), CV_32F, 1.0 / 255);
}

cv::Mat degraded(cv::Mat rgb, Random& random) {
  if (random.chance(0.1)) cv::GaussianBlur(rgb, rgb, {}, random.uniform(0.3, 1.2));
  if (random.chance(0.2)) shade(rgb, random);
  if (random.chance(0.15)) add_grain(rgb, random);
  if (random.chance(0.15)) rgb = through_jpeg(rgb, static_cast<int>(random.whole(40, 85)));
  return rgb;
}

}  // namespace inpaint
