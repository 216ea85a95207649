// Pictures with a known matte.
#pragma once
#include <cmath>

#include "drawing.h"

namespace inpaint::test {

struct Cut {
  Image image;
  cv::Mat alpha;  // CV_32F, the true matte
  Mask subject;   // alpha above one half
};

inline Mask above_half(const cv::Mat& alpha) { return Mask(cv::Mat(alpha > 0.5f)); }

/// `subject` over `background`, both CV_32FC3 0-255, with grain of this standard deviation.
inline Cut mixed(const cv::Mat& subject, const cv::Mat& background, const cv::Mat& alpha, double grain = 2) {
  cv::Mat out(alpha.size(), CV_8UC3);
  cv::RNG random(11);
  for (int y = 0; y < out.rows; ++y) {
    for (int x = 0; x < out.cols; ++x) {
      const float a = alpha.at<float>(y, x);
      for (int k = 0; k < 3; ++k) {
        const float v = a * subject.at<cv::Vec3f>(y, x)[k] + (1 - a) * background.at<cv::Vec3f>(y, x)[k];
        out.at<cv::Vec3b>(y, x)[k] = cv::saturate_cast<uint8_t>(v + random.gaussian(grain));
      }
    }
  }
  return {Image(out), alpha, above_half(alpha)};
}

inline cv::Mat plain(cv::Size size, cv::Scalar color) { return cv::Mat(size, CV_32FC3, color); }

/// A red disc with an edge one pixel wide on a bluish ground.
inline Cut disc(int side, float radius, double grain = 2) {
  cv::Mat alpha(side, side, CV_32F);
  const float middle = static_cast<float>(side) / 2;
  for (int y = 0; y < side; ++y) {
    for (int x = 0; x < side; ++x) {
      const float d = std::hypot(static_cast<float>(x) + 0.5f - middle, static_cast<float>(y) + 0.5f - middle);
      alpha.at<float>(y, x) = std::clamp(radius - d + 0.5f, 0.0f, 1.0f);
    }
  }
  return mixed(plain(alpha.size(), {205, 60, 50}), plain(alpha.size(), {80, 120, 170}), alpha, grain);
}

/// The same disc with hairs of `length` pixels all round; `subject` is the disc and half the hairs' length.
inline Cut hairy_disc(int side, float radius, int length) {
  Cut cut = disc(side, radius);
  constexpr int finer = 4;
  cv::Mat fine;
  cv::resize(cut.alpha, fine, {}, finer, finer);
  for (int i = 0; i < 150; ++i) {
    const double angle = i * 2 * CV_PI / 150, turn = angle + 0.3 * std::sin(i * 2.4);
    const double reach = length * (0.7 + 0.3 * std::cos(i * 1.7)) * finer, from = radius * finer,
                 middle = side * finer / 2.0;
    const cv::Point2d root(middle + from * std::cos(angle), middle + from * std::sin(angle));
    cv::line(fine, root, root + reach * cv::Point2d(std::cos(turn), std::sin(turn)), cv::Scalar(1), 3, cv::LINE_8);
  }
  cv::resize(fine, cut.alpha, cut.alpha.size(), 0, 0, cv::INTER_AREA);
  const cv::Size size = cut.alpha.size();
  Cut out = mixed(plain(size, {205, 60, 50}), plain(size, {80, 120, 170}), cut.alpha);
  out.subject = above_half(disc(side, radius + static_cast<float>(length) / 2).alpha);
  return out;
}

inline double mean_error(const cv::Mat& a, const cv::Mat& b) {
  return cv::norm(a, b, cv::NORM_L1) / static_cast<double>(a.total());
}

inline int count_between(const cv::Mat& values, double low, double high) {
  return cv::countNonZero((values > low) & (values < high));
}

}  // namespace inpaint::test
