#include "classic/mask/shapes.h"

#include <algorithm>
#include <cmath>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include "classic/mask/row_private.h"

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
    fill_row(values.row(y), cx - half, cx + half);
  }
  return Mask(values);
}

Mask polygon_mask(int width, int height, const PolygonText& polygon) {
  const auto finite = [](double v) { return std::clamp(v, -1e12, 1e12); };  // products of these, too
  std::vector<cv::Point2d> corners;
  for (size_t i = 0; i + 1 < polygon.coordinates.size(); i += 2) {
    corners.emplace_back(finite(polygon.coordinates[i].pixels(width)),
                         finite(polygon.coordinates[i + 1].pixels(height)));
  }
  cv::Mat values = cv::Mat::zeros(height, width, CV_8UC1);
  std::vector<double> crossings;
  for (int y = 0; y < height; ++y) {
    crossings.clear();
    for (size_t i = 0; i < corners.size(); ++i) {
      const cv::Point2d a = corners[i], b = corners[(i + 1) % corners.size()];
      if ((a.y <= y + 0.5) == (b.y <= y + 0.5)) continue;
      crossings.push_back(a.x + (y + 0.5 - a.y) / (b.y - a.y) * (b.x - a.x));
    }
    std::sort(crossings.begin(), crossings.end());
    for (size_t i = 0; i + 1 < crossings.size(); i += 2) fill_row(values.row(y), crossings[i], crossings[i + 1]);
  }
  return Mask(values);
}

Mask color_mask(const Image& image, const Color& color, double tolerance) {
  const double scale = image.max_value() / 255.0;
  cv::Mat rgb = image.pixels(), values;
  if (image.has_alpha()) cv::cvtColor(rgb, rgb, cv::COLOR_RGBA2RGB);
  cv::Scalar low, high;  // whole numbers, or OpenCV rounds them to the nearest
  for (int c = 0; c < 3; ++c) {
    const double centre = (c == 0 ? color.r : c == 1 ? color.g : color.b) * scale;
    low[c] = std::ceil(centre - tolerance * scale);
    high[c] = std::floor(centre + tolerance * scale);
  }
  cv::inRange(rgb, low, high, values);
  return Mask(values);
}

Mask transparency_mask(const Image& image) {
  cv::Mat alpha = image.alpha();
  if (image.is_16_bit()) alpha.convertTo(alpha, CV_8U, 1.0 / 257.0);
  return Mask(255 - alpha);
}

}  // namespace inpaint
