#include "classic/mask/combine.h"

#include <algorithm>
#include <cmath>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>
#include <stdexcept>

namespace inpaint {
namespace {

void check_sizes(const Mask& a, const Mask& b) {
  if (a.values().size() != b.values().size()) throw std::invalid_argument("masks differ in size");
}

bool is_hard(const cv::Mat& values) { return cv::countNonZero((values > 0) & (values < 255)) == 0; }

// The maximum over a disc, row by row of the disc: its time grows with the radius, not with the disc's area.
cv::Mat dilate_soft(const cv::Mat& values, double radius) {
  cv::Mat out = values.clone(), wide;
  const int rows = values.rows;
  for (int dy = 0; dy <= std::min(static_cast<int>(radius), rows - 1); ++dy) {
    const int half = std::min(static_cast<int>(std::sqrt(radius * radius - dy * dy)), values.cols);
    cv::dilate(values, wide, cv::getStructuringElement(cv::MORPH_RECT, {2 * half + 1, 1}));  // the border counts as 0
    cv::Mat below = out.rowRange(dy, rows), above = out.rowRange(0, rows - dy);
    cv::max(below, wide.rowRange(0, rows - dy), below);
    cv::max(above, wide.rowRange(dy, rows), above);
  }
  return out;
}

cv::Mat dilate(const cv::Mat& values, double radius) {
  if (radius < 1 || cv::countNonZero(values) == 0) return values;
  if (!is_hard(values)) return dilate_soft(values, radius);
  cv::Mat distance;
  cv::distanceTransform(values == 0, distance, cv::DIST_L2, cv::DIST_MASK_PRECISE);
  return distance <= radius + 1e-4;
}

}  // namespace

Mask invert(const Mask& mask) { return Mask(255 - mask.values()); }

Mask grow(const Mask& mask, double radius) { return Mask(dilate(mask.values(), radius)); }

Mask shrink(const Mask& mask, double radius) { return invert(grow(invert(mask), radius)); }

Mask feather(const Mask& mask, double radius) {
  if (radius <= 0) return mask;
  cv::Mat out;
  cv::GaussianBlur(mask.values(), out, {0, 0}, radius / 2, radius / 2, cv::BORDER_REPLICATE);
  return Mask(out);
}

Mask feather_outwards(const Mask& mask, double radius) {
  const cv::Mat outside = mask.values() <= 127;
  if (radius <= 0 || cv::countNonZero(outside) == static_cast<int>(outside.total())) return mask;
  cv::Mat distance, ramp;
  cv::distanceTransform(outside, distance, cv::DIST_L2, cv::DIST_MASK_PRECISE);
  distance = cv::max(0.0, 1.0 - distance / (radius + 1));
  const cv::Mat smooth = distance.mul(distance).mul(3.0 - 2.0 * distance);
  smooth.convertTo(ramp, CV_8U, 255);
  return Mask(cv::Mat(cv::max(mask.values(), ramp)));
}

Mask fill_holes(const Mask& mask) {
  const cv::Mat open = mask.values() <= 127;
  cv::Mat framed;  // a frame of open pixels joins everything that touches the border
  cv::copyMakeBorder(open, framed, 1, 1, 1, 1, cv::BORDER_CONSTANT, cv::Scalar(255));
  cv::floodFill(framed, {0, 0}, cv::Scalar(128));
  const cv::Mat enclosed = framed(cv::Rect(1, 1, open.cols, open.rows)) == 255;
  return Mask(cv::Mat(cv::max(mask.values(), enclosed)));
}

Mask keep_largest(const Mask& mask) {
  cv::Mat labels, stats, centroids;
  const int count = cv::connectedComponentsWithStats(mask.values() > 0, labels, stats, centroids, 8, CV_32S);
  int best = 0, best_area = 0;
  for (int i = 1; i < count; ++i) {
    const int area = stats.at<int>(i, cv::CC_STAT_AREA);
    if (area > best_area) {
      best = i;
      best_area = area;
    }
  }
  cv::Mat out = cv::Mat::zeros(labels.size(), CV_8UC1);
  if (best > 0) mask.values().copyTo(out, labels == best);
  return Mask(out);
}

Mask unite(const Mask& a, const Mask& b) {
  check_sizes(a, b);
  return Mask(cv::Mat(cv::max(a.values(), b.values())));
}

Mask subtract(const Mask& a, const Mask& b) {
  check_sizes(a, b);
  return Mask(cv::Mat(cv::min(a.values(), 255 - b.values())));
}

Mask intersect(const Mask& a, const Mask& b) {
  check_sizes(a, b);
  return Mask(cv::Mat(cv::min(a.values(), b.values())));
}

}  // namespace inpaint
