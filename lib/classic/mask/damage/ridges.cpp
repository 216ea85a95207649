#include "classic/mask/damage/ridges_private.h"

#include <cmath>
#include <numbers>
#include <opencv2/imgproc.hpp>

namespace inpaint::damage {
namespace {

constexpr int pad = ridge_half_length + 4;  // the line's half length, and the way to its sides
constexpr int band_rows = 64;

// A mean along a line that is about one pixel wide; weights add to 1.
cv::Mat line_kernel(int direction) {
  const cv::Point2d along = ridge_course(direction);
  const int side = 2 * ridge_half_length + 1;
  cv::Mat kernel = cv::Mat::zeros(side, side, CV_32F);
  for (int y = 0; y < side; ++y) {
    for (int x = 0; x < side; ++x) {
      const cv::Point2d p(x - ridge_half_length, y - ridge_half_length);
      const double t = p.dot(along), across = p.x * -along.y + p.y * along.x;
      const double weight = std::exp(-across * across / 0.5);
      if (std::abs(t) <= ridge_half_length + 0.01 && weight > 0.1) kernel.at<float>(y, x) = static_cast<float>(weight);
    }
  }
  return kernel / cv::sum(kernel)[0];
}

// `mean` covers the rows of the band and `pad` more to every side.
void add_direction(const cv::Mat& mean, int direction, int first_row, int last_row, Ridges& out) {
  const cv::Point2d along = ridge_course(direction);
  const int dx = cvRound(-along.y * ridge_side), dy = cvRound(along.x * ridge_side);
  const uint8_t d = static_cast<uint8_t>(direction);
  for (int y = first_row; y < last_row; ++y) {
    const int row = y - first_row + pad;
    const float* middle = mean.ptr<float>(row) + pad;
    const float* left = mean.ptr<float>(row - dy) + pad - dx;
    const float* right = mean.ptr<float>(row + dy) + pad + dx;
    float* light = out.light.ptr<float>(y);
    float* dark = out.dark.ptr<float>(y);
    uint8_t* light_direction = out.light_direction.ptr<uint8_t>(y);
    uint8_t* dark_direction = out.dark_direction.ptr<uint8_t>(y);
    for (int x = 0; x < out.light.cols; ++x) {
      const float above = middle[x] - std::max(left[x], right[x]), below = std::min(left[x], right[x]) - middle[x];
      light_direction[x] = above > light[x] ? d : light_direction[x];
      light[x] = std::max(light[x], above);
      dark_direction[x] = below > dark[x] ? d : dark_direction[x];
      dark[x] = std::max(dark[x], below);
    }
  }
}

}  // namespace

cv::Point2d ridge_course(int direction) {
  const double angle = std::numbers::pi * direction / ridge_directions;
  return {std::cos(angle), std::sin(angle)};
}

Ridges find_ridges(const cv::Mat& grey) {
  Ridges out{cv::Mat::zeros(grey.size(), CV_32F), cv::Mat::zeros(grey.size(), CV_32F),
             cv::Mat::zeros(grey.size(), CV_8U), cv::Mat::zeros(grey.size(), CV_8U)};
  cv::Mat padded;
  cv::copyMakeBorder(grey, padded, pad, pad, pad, pad, cv::BORDER_REPLICATE);
  const int bands = (grey.rows + band_rows - 1) / band_rows;
  cv::parallel_for_({0, bands}, [&](const cv::Range& range) {
    for (int band = range.start; band < range.end; ++band) {
      const int first = band * band_rows, last = std::min(grey.rows, first + band_rows);
      const cv::Mat rows = padded.rowRange(first, last + 2 * pad);
      cv::Mat mean;
      for (int direction = 0; direction < ridge_directions; ++direction) {
        cv::filter2D(rows, mean, CV_32F, line_kernel(direction));
        add_direction(mean, direction, first, last, out);
      }
    }
  });
  return out;
}

}  // namespace inpaint::damage
