#include "classic/segment/color_key.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>
#include <vector>

namespace inpaint {
namespace {

cv::Mat border_frame(cv::Size size) {
  const int width = std::max(1, std::min(size.width, size.height) / 50);
  cv::Mat frame(size, CV_8UC1, cv::Scalar(255));
  if (size.width > 2 * width && size.height > 2 * width) {
    frame(cv::Rect(width, width, size.width - 2 * width, size.height - 2 * width)).setTo(0);
  }
  return frame;
}

// CIE Lab distance of every pixel to a colour, float32.
cv::Mat lab_distance(const cv::Mat& rgb, const Color& color) {
  const cv::Mat lab = rgb_to_lab(rgb);
  const cv::Vec3b to = rgb_to_lab(cv::Mat(1, 1, CV_8UC3, cv::Scalar(color.r, color.g, color.b))).at<cv::Vec3b>(0, 0);
  cv::Mat distance(rgb.size(), CV_32F);
  for (int y = 0; y < lab.rows; ++y) {
    const cv::Vec3b* from = lab.ptr<cv::Vec3b>(y);
    float* out = distance.ptr<float>(y);
    for (int x = 0; x < lab.cols; ++x) {
      const float dl = static_cast<float>(from[x][0] - to[0]) * 100 / 255;
      const auto da = static_cast<float>(from[x][1] - to[1]), db = static_cast<float>(from[x][2] - to[2]);
      out[x] = std::sqrt(dl * dl + da * da + db * db);
    }
  }
  return distance;
}

// The parts of `similar` that touch the picture's border.
cv::Mat joined_to_border(const cv::Mat& similar) {
  cv::Mat framed;
  cv::copyMakeBorder(similar, framed, 1, 1, 1, 1, cv::BORDER_CONSTANT, cv::Scalar(255));
  cv::floodFill(framed, {0, 0}, cv::Scalar(128));
  return framed(cv::Rect(1, 1, similar.cols, similar.rows)) == 128;
}

}  // namespace

Color border_color(const Image& image) {
  const cv::Mat rgb = image.rgb8(), frame = border_frame(rgb.size());
  std::array<std::array<int, 256>, 3> histogram{};
  int count = 0;
  for (int y = 0; y < rgb.rows; ++y) {
    for (int x = 0; x < rgb.cols; ++x) {
      if (!frame.at<uint8_t>(y, x)) continue;
      const cv::Vec3b& pixel = rgb.at<cv::Vec3b>(y, x);
      for (size_t c = 0; c < 3; ++c) ++histogram[c][pixel[static_cast<int>(c)]];
      ++count;
    }
  }
  std::array<uint8_t, 3> median{};
  for (size_t c = 0; c < 3; ++c) {
    int below = 0, value = 0;
    while (2 * (below += histogram[c][static_cast<size_t>(value)]) < count) ++value;
    median[c] = static_cast<uint8_t>(value);
  }
  return {median[0], median[1], median[2]};
}

Matte color_key(const Image& image, const ColorKeyOptions& options) {
  const Color background = options.color.value_or(border_color(image));
  const cv::Mat distance = lab_distance(image.rgb8(), background);
  cv::Mat steady;  // without the noise of single pixels, which would fray the edge of a soft shadow
  cv::medianBlur(distance, steady, 5);
  const cv::Mat outside = joined_to_border(steady <= options.tolerance);

  cv::Mat values(outside.size(), CV_32F, cv::Scalar(1));
  values.setTo(0, outside);
  // A mixed pixel's distance is its share of the distance that the subject beside it has.
  cv::Mat edge, subject_distance;
  cv::morphologyEx(outside, edge, cv::MORPH_GRADIENT, cv::getStructuringElement(cv::MORPH_RECT, {3, 3}));
  cv::dilate(distance, subject_distance, cv::getStructuringElement(cv::MORPH_ELLIPSE, {5, 5}));
  const auto floor = static_cast<float>(options.tolerance) / 2;
  for (int y = 0; y < values.rows; ++y) {
    for (int x = 0; x < values.cols; ++x) {
      if (!edge.at<uint8_t>(y, x)) continue;
      const float span = std::max(subject_distance.at<float>(y, x) - floor, 1.0f);
      values.at<float>(y, x) = std::clamp((distance.at<float>(y, x) - floor) / span, 0.0f, 1.0f);
    }
  }
  return Matte(values);
}

}  // namespace inpaint
