#include "classic/mask/random.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>
#include <random>

namespace inpaint {
namespace {

// std::mt19937_64 is the same everywhere; the standard distributions are not, hence these.
class Random {
 public:
  explicit Random(uint64_t seed) : engine_(seed) {}
  double uniform(double low, double high) {
    return low + (high - low) * (static_cast<double>(engine_() >> 11) * 0x1.0p-53);
  }
  int whole(int low, int high) { return static_cast<int>(std::floor(uniform(low, high + 1.0))); }

 private:
  std::mt19937_64 engine_;
};

class Covered {
 public:
  Covered(int width, int height, double ratio) : values(cv::Mat::zeros(height, width, CV_8UC1)), ratio_(ratio) {}
  bool enough() const { return cv::countNonZero(values) >= ratio_ * static_cast<double>(values.total()); }
  cv::Mat values;

 private:
  double ratio_;
};

void add_stroke(Covered& mask, Random& random) {
  const int w = mask.values.cols, h = mask.values.rows, side = std::min(w, h);
  const double x = random.uniform(0, w), y = random.uniform(0, h);  // drawn in this order; arguments have none
  cv::Point2d at(x, y);
  double angle = random.uniform(0, 2 * std::numbers::pi);
  const int bends = random.whole(4, 12);
  const int thickness = random.whole(std::max(2, side / 50), std::max(3, side / 20));
  for (int i = 0; i < bends && !mask.enough(); ++i) {
    angle += random.uniform(-1, 1);
    const double length = random.uniform(side / 40.0, side / 8.0) + 1;
    const cv::Point2d next(std::clamp(at.x + length * std::cos(angle), 0.0, w - 1.0),
                           std::clamp(at.y + length * std::sin(angle), 0.0, h - 1.0));
    cv::line(mask.values, at, next, cv::Scalar(255), thickness);
    cv::circle(mask.values, next, thickness / 2, cv::Scalar(255), cv::FILLED);
    at = next;
  }
}

void add_box(Covered& mask, Random& random) {
  const int w = mask.values.cols, h = mask.values.rows;
  const int bw = random.whole(std::max(1, w / 16), std::max(1, w / 4)),
            bh = random.whole(std::max(1, h / 16), std::max(1, h / 4));
  const int x = random.whole(0, w - bw), y = random.whole(0, h - bh);
  mask.values(cv::Rect(x, y, bw, bh)).setTo(255);
}

}  // namespace

Mask random_mask(int width, int height, RandomMask kind, double ratio, uint64_t seed) {
  Random random(seed);
  Covered mask(width, height, std::clamp(ratio, 0.0, 0.95));
  while (!mask.enough()) kind == RandomMask::strokes ? add_stroke(mask, random) : add_box(mask, random);
  return Mask(mask.values);
}

}  // namespace inpaint
