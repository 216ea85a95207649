#include "classic/mask/shapes.h"

#include <cmath>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

namespace inpaint {

Mask rectangle_mask(int width, int height, const BoxText& box) {
  cv::Mat values = cv::Mat::zeros(height, width, CV_8UC1);
  const Box inside = box.in(width, height).grown(0, width, height);
  if (!inside.empty()) values(inside.rect()).setTo(255);
  return Mask(values);
}

Mask ellipse_mask(int width, int height, const BoxText& box) {
  cv::Mat values = cv::Mat::zeros(height, width, CV_8UC1);
  const double rx = box.w.pixels(width) / 2, ry = box.h.pixels(height) / 2;
  const double cx = box.x.pixels(width) + rx, cy = box.y.pixels(height) + ry;
  for (int y = 0; y < height; ++y) {
    const double dy = (y + 0.5 - cy) / ry;
    if (dy * dy >= 1) continue;
    const double half = rx * std::sqrt(1 - dy * dy);
    // Pixel x is inside if its centre x + 0.5 is.
    const int x0 = static_cast<int>(std::ceil(std::max(0.0, cx - half - 0.5)));
    const int x1 = static_cast<int>(std::floor(std::min<double>(width, cx + half + 0.5)));
    if (x0 < x1) values.row(y).colRange(x0, x1).setTo(255);
  }
  return Mask(values);
}

Mask polygon_mask(int width, int height, const PolygonText& polygon) {
  constexpr int sub_pixel_bits = 4;
  const auto fixed = [](double v) { return static_cast<int>(std::lround(v * (1 << sub_pixel_bits))); };
  std::vector<cv::Point> corners;
  for (size_t i = 0; i + 1 < polygon.coordinates.size(); i += 2) {
    // OpenCV's integer coordinates are pixel centres, ours are pixel corners.
    corners.emplace_back(fixed(polygon.coordinates[i].pixels(width) - 0.5), fixed(polygon.coordinates[i + 1].pixels(height) - 0.5));
  }
  cv::Mat values = cv::Mat::zeros(height, width, CV_8UC1);
  cv::fillPoly(values, std::vector<std::vector<cv::Point>>{corners}, cv::Scalar(255), cv::LINE_8, sub_pixel_bits);
  return Mask(values);
}

Mask color_mask(const Image& image, const Color& color, double tolerance) {
  const double scale = image.max_value() / 255.0;
  cv::Mat rgb = image.pixels(), values;
  if (image.has_alpha()) cv::cvtColor(rgb, rgb, cv::COLOR_RGBA2RGB);
  const cv::Scalar centre(color.r * scale, color.g * scale, color.b * scale), reach = cv::Scalar::all(tolerance * scale);
  cv::inRange(rgb, centre - reach, centre + reach, values);
  return Mask(values);
}

Mask transparency_mask(const Image& image) {
  cv::Mat alpha = image.alpha();
  if (image.is_16_bit()) alpha.convertTo(alpha, CV_8U, 1.0 / 257.0);
  return Mask(255 - alpha);
}

}  // namespace inpaint
