// Pictures, holes and levels that the tests of patch fill share.
#pragma once
#include <algorithm>
#include <cmath>
#include <opencv2/core.hpp>
#include <opencv2/core/utility.hpp>

#include "classic/fill/patch/level_private.h"
#include "drawing.h"

namespace inpaint::test {

/// OpenCV works with this many threads while it lives.
class Threads {
 public:
  explicit Threads(int count) : before_(cv::getNumThreads()) { cv::setNumThreads(count); }
  ~Threads() { cv::setNumThreads(before_); }
  Threads(const Threads&) = delete;
  Threads& operator=(const Threads&) = delete;

 private:
  int before_;
};

/// Grey values round(f(x, y)), a little coloured.
template <class F>
Image picture_of(int width, int height, const F& f) {
  cv::Mat rgb(height, width, CV_8UC3);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      const double v = f(x, y);
      rgb.at<cv::Vec3b>(y, x) = {cv::saturate_cast<uint8_t>(v), cv::saturate_cast<uint8_t>(0.8 * v + 20),
                                 cv::saturate_cast<uint8_t>(255 - v)};
    }
  }
  return Image(rgb);
}

/// Upright stripes with soft edges.
inline Image striped(int width, int height, double period) {
  return picture_of(width, height, [&](int x, int) { return 128 + 90 * std::sin(2 * CV_PI * x / period); });
}

inline Image checked(int width, int height, int side) {
  return picture_of(width, height, [&](int x, int y) { return (x / side + y / side) % 2 ? 200.0 : 60.0; });
}

/// A plane that rises to the right and downwards.
inline Image sloping(int width, int height) {
  return picture_of(width, height, [&](int x, int y) { return 40 + 0.7 * x + 0.4 * y; });
}

/// Blurred noise of standard deviation `sigma` around `mean`, in each channel by itself.
inline Image noisy(int width, int height, double mean, double sigma, double blur = 0, uint64_t seed = 1) {
  cv::Mat values(height, width, CV_32FC3), rgb;
  cv::RNG random(seed);
  random.fill(values, cv::RNG::NORMAL, 0, 1);
  if (blur > 0) cv::GaussianBlur(values, values, {0, 0}, blur);
  cv::Scalar centre, spread;
  cv::meanStdDev(values, centre, spread);
  values.convertTo(rgb, CV_8U, sigma / spread[0], mean);
  return Image(rgb);
}

/// The same in 16 bits.
inline Image deep(const Image& image) {
  cv::Mat wide;
  image.pixels().convertTo(wide, CV_16U, 257);
  return image.with_pixels(wide);
}

inline Mask hole_in(int width, int height, const std::vector<cv::Rect>& parts) {
  cv::Mat values = cv::Mat::zeros(height, width, CV_8U);
  for (const cv::Rect& part : parts) values(part & cv::Rect(0, 0, width, height)).setTo(255);
  return Mask(values);
}

/// The picture with noise in its hole that no fill may look at.
inline Image with_garbage_in(const Image& image, const Mask& mask, uint64_t seed) {
  cv::Mat garbage(image.pixels().size(), CV_MAKETYPE(image.pixels().depth(), 3)), pixels = image.pixels().clone();
  cv::RNG(seed).fill(garbage, cv::RNG::UNIFORM, 0, image.max_value() + 1);
  for (int y = 0; y < pixels.rows; ++y) {
    for (int x = 0; x < pixels.cols; ++x) {
      if (mask.values().at<uint8_t>(y, x) == 0) continue;
      const size_t bytes = garbage.elemSize();
      std::copy_n(garbage.ptr(y, x), bytes, pixels.ptr(y, x));
    }
  }
  return image.with_pixels(pixels);
}

/// Mean |a - b| of all channels where the mask is not 0, in grey levels of 8 bits.
inline double mean_error(const Image& a, const Image& b, const Mask& mask) {
  cv::Mat difference;
  cv::absdiff(a.pixels(), b.pixels(), difference);
  const cv::Scalar mean = cv::mean(difference, mask.values());
  return (mean[0] + mean[1] + mean[2]) / 3 * 255 / a.max_value();
}

/// Largest |a - b| where the mask is not 0.
inline double worst_error(const Image& a, const Image& b, const Mask& mask) {
  return cv::norm(a.pixels(), b.pixels(), cv::NORM_INF, mask.values());
}

inline bool same_outside(const Image& a, const Image& b, const Mask& mask) {
  return a.pixels().type() == b.pixels().type() && a.pixels().size() == b.pixels().size() &&
         cv::norm(a.pixels(), b.pixels(), cv::NORM_INF, mask.values() == 0) == 0;
}

/// The finest level of a picture, its holes black.
inline patch::Level level_of(const Image& image, const Mask& hole, int size = 7, const cv::Mat& allowed = {}) {
  return patch::make_level(patch::make_pyramid(image.pixels(), hole.values(), allowed, 1).at(0), size);
}

/// The same with the truth in its holes, as if guessed.
inline patch::Level solved_level_of(const Image& image, const Mask& hole, int size = 7, const cv::Mat& allowed = {}) {
  patch::Level level = level_of(image, hole, size, allowed);
  const patch::Level whole = level_of(image, Mask(image.width(), image.height()), size);
  for (int32_t at = 0; at < level.area(); ++at) level.pixels[at] = whole.pixels[at];
  return level;
}

/// Distance of two patches, channel by channel.
inline int32_t distance_between(const patch::Level& level, int32_t target, int32_t source, int distrust) {
  int32_t sum = 0;
  for (int dy = -level.radius(); dy <= level.radius(); ++dy) {
    for (int dx = -level.radius(); dx <= level.radius(); ++dx) {
      const int32_t step = dy * level.width + dx;
      for (int c = 0; c < 4; ++c) {
        int d = std::abs(level.bytes()[4 * (target + step) + c] - level.bytes()[4 * (source + step) + c]);
        if (level.trust[target + step] == 0) d >>= distrust;
        sum += d * d;
      }
    }
  }
  return sum;
}

inline std::vector<int32_t> sources_of(const patch::Level& level) {
  std::vector<int32_t> out;
  for (int32_t at = 0; at < level.area(); ++at) {
    if (level.kind[at] == patch::Kind::source) out.push_back(at);
  }
  return out;
}

/// Those targets whose source may not be taken.
inline int forbidden_sources(const patch::Level& level) {
  int count = 0;
  for (const int32_t at : level.targets) {
    const int32_t source = level.field[at];
    count += source < 0 || source >= level.area() || level.kind[source] != patch::Kind::source;
  }
  return count;
}

/// The values of the targets in a plane.
template <class T>
std::vector<T> at_targets(const patch::Level& level, const patch::Plane<T>& plane) {
  std::vector<T> out;
  for (const int32_t at : level.targets) out.push_back(plane[at]);
  return out;
}

}  // namespace inpaint::test
