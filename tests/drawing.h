// Masks as text, and pictures that tests of pixels share.
#pragma once
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>
#include <string>
#include <vector>

#include "support.h"

namespace inpaint::test {

/// The rows joined by line ends, as `drawing` gives them.
inline std::string rows(const std::vector<std::string>& lines) {
  std::string out;
  for (const std::string& line : lines) out += line + "\n";
  return out;
}

/// '#' is 255, '.' is 0, a digit is 25 times its value (5 lies below one half, 6 above).
inline Mask drawn_mask(const std::vector<std::string>& lines) {
  cv::Mat values(static_cast<int>(lines.size()), static_cast<int>(lines.at(0).size()), CV_8UC1);
  for (int y = 0; y < values.rows; ++y) {
    for (int x = 0; x < values.cols; ++x) {
      const char c = lines[static_cast<size_t>(y)][static_cast<size_t>(x)];
      values.at<uint8_t>(y, x) = static_cast<uint8_t>(c == '#' ? 255 : c == '.' ? 0 : 25 * (c - '0'));
    }
  }
  return Mask(values);
}

/// The reverse of drawn_mask; '?' is any other value.
inline std::string drawing(const Mask& mask) {
  std::string out;
  for (int y = 0; y < mask.height(); ++y) {
    for (int x = 0; x < mask.width(); ++x) {
      const int v = mask.values().at<uint8_t>(y, x);
      out += v == 255 ? '#' : v == 0 ? '.' : v % 25 == 0 && v < 250 ? static_cast<char>('0' + v / 25) : '?';
    }
    out += '\n';
  }
  return out;
}

inline Mask full_mask(int width, int height) { return Mask(cv::Mat(height, width, CV_8UC1, cv::Scalar(255))); }

/// The same type, size and values.
inline bool identical(const cv::Mat& a, const cv::Mat& b) {
  return a.type() == b.type() && a.size() == b.size() && (a.empty() || cv::norm(a, b, cv::NORM_INF) == 0);
}

/// Largest |a - b| over all channels.
inline double largest_difference(const cv::Mat& a, const cv::Mat& b) { return cv::norm(a, b, cv::NORM_INF); }

/// painted_picture in 16 bits, with low bytes that matter.
inline Image painted_16_bit(int width, int height, int seed = 0) {
  cv::Mat wide;
  painted_picture(width, height, seed).pixels().convertTo(wide, CV_16U, 257.0);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      for (int c = 0; c < 3; ++c) wide.at<cv::Vec3w>(y, x)[c] ^= static_cast<uint16_t>((x * 7 + y * 13 + c * 29) % 256);
    }
  }
  return Image(wide);
}

/// The picture with an alpha channel of every strength, from transparent to opaque.
inline Image with_painted_alpha(const Image& image) {
  cv::Mat alpha(image.height(), image.width(), CV_32F);
  for (int y = 0; y < alpha.rows; ++y) {
    for (int x = 0; x < alpha.cols; ++x) alpha.at<float>(y, x) = static_cast<float>((x * 5 + y * 11) % 64) / 63.0f;
  }
  cv::Mat scaled;
  alpha.convertTo(scaled, image.pixels().depth(), image.max_value());
  return image.with_alpha(scaled);
}

inline Image flat_picture(int width, int height, int r, int g, int b) {
  return Image(cv::Mat(height, width, CV_8UC3, cv::Scalar(r, g, b)));
}

/// A red rectangle from (12,8) to (28,22) before white, 40 × 30.
inline Image red_on_white() {
  cv::Mat rgb(30, 40, CV_8UC3, cv::Scalar(255, 255, 255));
  rgb(cv::Rect(12, 8, 16, 14)).setTo(cv::Scalar(200, 20, 30));
  return Image(rgb);
}

}  // namespace inpaint::test
