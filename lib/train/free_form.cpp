#include <algorithm>
#include <cmath>
#include <numbers>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include "classic/mask/random.h"
#include "train/free_form_private.h"

namespace inpaint {
namespace {

/// Chained thick lines; lengths and widths in pixels of a crop of 256.
struct Strokes {
  int segments;  ///< 1 to so many, fewer where one is refused
  int angles;    ///< whole radians 0 to angles - 1, plus 0.01
  double shortest, longest, thinnest, thickest;
};
constexpr Strokes lama{5, 4, 10, 210, 5, 105};     // length 10 + U(200), width 5 + U(100)
constexpr Strokes lama_thin{5, 4, 10, 50, 1, 15};  // the evaluation set "thin 256": 10 + U(40); here from 1 pixel on
constexpr Strokes mmagic{5, 6, 20, 128, 10, 45};   // config of MMagic's partial_conv
constexpr double smallest_box = 30, largest_box = 150, box_margin = 10;
constexpr double most_thin = 0.2;  // of the area
constexpr int patience = 200;      // pieces of one kind; what they cannot cover, strokes can

/// Takes pieces until enough is covered. A piece that would cover too much is refused, and the following ones are drawn
/// smaller, down to single pixels, which always fit.
class Hole {
 public:
  Hole(int size, double smallest, double largest, Random& random) : values_(cv::Mat::zeros(size, size, CV_8UC1)) {
    const auto area = static_cast<double>(values_.total());
    const auto least = static_cast<int>(std::ceil(smallest * area));
    most_ = std::max(least, static_cast<int>(largest * area));
    target_ = static_cast<int>(random.whole(least, most_));
  }

  bool done() const { return covered_ >= target_; }
  double target_share() const { return static_cast<double>(target_) / static_cast<double>(values_.total()); }
  int size() const { return values_.cols; }
  /// Pixels per pixel of a crop of 256, less after refusals.
  double scale() const { return size() / 256.0 * shrink_; }
  const cv::Mat& values() const { return values_; }

  /// False if it is refused.
  bool take(const cv::Mat& with_piece) {
    const int covered = cv::countNonZero(with_piece);
    if (covered > most_) return shrink_ *= 0.75, false;
    values_ = with_piece, covered_ = covered;
    return true;
  }

 private:
  cv::Mat values_;
  int target_ = 0, most_ = 0, covered_ = 0;
  double shrink_ = 1;
};

void add_stroke(Hole& hole, const Strokes& kind, int number, Random& random) {
  const int size = hole.size();
  const auto x = static_cast<int>(random.whole(0, size - 1)), y = static_cast<int>(random.whole(0, size - 1));
  cv::Point at(x, y);
  for (auto left = random.whole(1, kind.segments); left > 0 && !hole.done(); --left) {
    double angle = 0.01 + static_cast<double>(random.whole(0, kind.angles - 1));
    if (number % 2 == 0) angle = 2 * std::numbers::pi - angle;
    const double length = random.uniform(kind.shortest, kind.longest) * hole.scale();
    const int width = std::max(1, cvFloor(random.uniform(kind.thinnest, kind.thickest) * hole.scale()));
    const cv::Point end(std::clamp(cvFloor(at.x + length * std::sin(angle)), 0, size - 1),
                        std::clamp(cvFloor(at.y + length * std::cos(angle)), 0, size - 1));
    cv::Mat with = hole.values().clone();
    cv::line(with, at, end, cv::Scalar(255), width);
    if (!hole.take(with)) return;
    at = end;
  }
}

void add_box(Hole& hole, Random& random) {
  const auto side = [&] { return std::max(1, cvFloor(random.uniform(smallest_box, largest_box) * hole.scale())); };
  const int margin = cvFloor(box_margin * hole.size() / 256.0), room = hole.size() - 2 * margin;
  const int width = std::min(side(), room), height = std::min(side(), room);
  const auto x = static_cast<int>(random.whole(margin, margin + room - width));
  const auto y = static_cast<int>(random.whole(margin, margin + room - height));
  cv::Mat with = hole.values().clone();
  with(cv::Rect(x, y, width, height)).setTo(255);
  hole.take(with);
}

enum class Kind { strokes, boxes, both, thin, brush, ours };

Kind draw_kind(Random& random) {
  // Shares of the kinds in hundredths: 22 + 14 + 12 + 14 + 20 + 18.
  const auto at = random.whole(0, 99);
  return at < 22   ? Kind::strokes
         : at < 36 ? Kind::boxes
         : at < 48 ? Kind::both
         : at < 62 ? Kind::thin
         : at < 82 ? Kind::brush
                   : Kind::ours;
}

void add_piece(Hole& hole, Kind kind, int number, Random& random) {
  const bool box = kind == Kind::boxes || (kind == Kind::both && number % 2 == 1);
  if (box && number < patience) return add_box(hole, random);
  add_stroke(hole, kind == Kind::thin ? lama_thin : kind == Kind::brush ? mmagic : lama, number, random);
}

}  // namespace

cv::Mat free_form_hole(int size, double smallest, double largest, Random& random) {
  const Kind kind = draw_kind(random);
  Hole hole(size, smallest, kind == Kind::thin ? std::clamp(most_thin, smallest, largest) : largest, random);
  if (kind == Kind::ours) {
    const Mask mask = random_mask(size, size, RandomMask::strokes, hole.target_share(), random.bits());
    if (hole.take(mask.values()) && hole.done()) return hole.values();
  }
  for (int number = 0; !hole.done(); ++number) add_piece(hole, kind, number, random);
  return hole.values();
}

}  // namespace inpaint
