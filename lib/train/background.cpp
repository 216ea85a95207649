#include <algorithm>
#include <cmath>
#include <numbers>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>
#include <optional>

#include "train/background_private.h"
#include "train/crop_private.h"

namespace inpaint {
namespace {

constexpr double most_subject = 0.02;  // of a part that is to be background
constexpr int draws = 16;              // of such parts, ever smaller ones
constexpr int smallest_part = 40;      // its side, in pixels

// Mostly light and nearly grey, as behind products; else anything.
cv::Vec3f random_color(Random& random) {
  cv::Vec3f color;
  if (random.chance(0.6)) {
    const double light = 255 * (1 - 0.6 * std::pow(random.uniform(0, 1), 2));
    for (int c = 0; c < 3; ++c) color[c] = static_cast<float>(std::clamp(light + random.uniform(-8, 8), 0.0, 255.0));
  } else {
    for (int c = 0; c < 3; ++c) color[c] = static_cast<float>(random.uniform(0, 255));
  }
  return color;
}

cv::Mat gradient(const cv::Vec3f& from, const cv::Vec3f& to, int size, Random& random) {
  const double angle = random.uniform(0, 2 * std::numbers::pi), reach = std::numbers::sqrt2 * size;
  const double x_share = std::cos(angle) / reach, y_share = std::sin(angle) / reach;
  cv::Mat out(size, size, CV_8UC3);
  for (int y = 0; y < size; ++y) {
    for (int x = 0; x < size; ++x) {
      const auto at = static_cast<float>(0.5 + (x - size / 2.0) * x_share + (y - size / 2.0) * y_share);
      out.at<cv::Vec3b>(y, x) = from + (to - from) * std::clamp(at, 0.0f, 1.0f);
    }
  }
  return out;
}

// At an end of the room half the time: subjects stand in the middle.
int random_start(int room, Random& random) {
  return static_cast<int>(random.chance(0.5) ? room * random.whole(0, 1) : random.whole(0, room));
}

std::optional<cv::Rect> free_part(const Example& other, Random& random) {
  if (other.rgb.empty()) return std::nullopt;
  const cv::Size size = other.rgb.size();
  const int shorter = std::min(size.width, size.height);
  for (int i = 0; i < draws; ++i) {
    const double share = random.uniform(0.4, 1) * std::pow(0.9, i);
    const int side = std::min(shorter, std::max(smallest_part, cvRound(share * shorter)));
    const int x = random_start(size.width - side, random), y = random_start(size.height - side, random);
    const cv::Rect part(x, y, side, side);
    if (cv::mean(other.matte(part))[0] < most_subject * 255) return part;
  }
  return std::nullopt;
}

cv::Mat of_picture(const cv::Mat& part, int size, Random& random) {
  cv::Mat out = resized(part, {size, size}).clone();
  if (random.chance(0.5)) out = mirrored(out);
  if (random.chance(0.3)) cv::GaussianBlur(out, out, {}, random.uniform(1, 4));
  return out;
}

}  // namespace

cv::Mat random_background(const std::function<Example()>& other, int size, Random& random) {
  const double kind = random.uniform(0, 1);
  if (kind < 0.6) {
    const Example picture = other();
    if (const auto part = free_part(picture, random)) return of_picture(picture.rgb(*part), size, random);
  }
  const cv::Vec3f first = random_color(random);
  return gradient(first, kind < 0.8 ? first : random_color(random), size, random);
}

void cast_shadow(cv::Mat& background, const cv::Mat& matte, Random& random) {
  const int size = matte.cols, coarse = std::max(8, size / 4);
  const double x = random.uniform(-0.08, 0.08) * coarse, y = random.uniform(0, 0.1) * coarse;
  const double depth = random.uniform(0.15, 0.6), blur = random.uniform(0.01, 0.08) * coarse;
  cv::Mat shadow;
  cv::resize(matte, shadow, {coarse, coarse}, 0, 0, cv::INTER_AREA);
  cv::warpAffine(shadow, shadow, cv::Matx23d(1, 0, x, 0, 1, y), shadow.size());
  cv::GaussianBlur(shadow, shadow, {}, blur);
  cv::resize(shadow, shadow, {size, size}, 0, 0, cv::INTER_LINEAR);
  shadow.convertTo(shadow, CV_8U, -depth, 255);
  cv::cvtColor(shadow, shadow, cv::COLOR_GRAY2RGB);
  cv::multiply(background, shadow, background, 1.0 / 255);
}

}  // namespace inpaint
