#include "classic/fill/patch/peel_private.h"

#include <doctest/doctest.h>

#include "classic/fill/patch/membrane_private.h"
#include "helpers.h"

namespace inpaint::test {
namespace {

using patch::Level;

Mask holes() { return hole_in(100, 80, {{40, 30, 22, 20}, {0, 0, 9, 7}, {92, 60, 8, 20}, {20, 70, 1, 1}}); }

Level peeled(const Image& image, const Mask& hole, uint64_t seed = 1) {
  Level level = level_of(image, hole);
  patch::fill_smoothly(level);
  patch::peel(level, patch::Schedule{}, seed);
  return level;
}

double mean_hole_error(const Level& level, const Image& truth) {
  double sum = 0;
  for (int32_t at = 0; at < level.area(); ++at) {
    for (int c = 0; c < 3 && level.hole[at]; ++c) {
      sum += std::abs(level.bytes()[4 * at + c] - truth.pixels().ptr<cv::Vec3b>()[at][c]);
    }
  }
  return sum / (3 * static_cast<double>(level.hole_pixels));
}

}  // namespace

TEST_CASE("after peeling every target has a source, and all flags are as before") {
  const Level before = level_of(noisy(100, 80, 128, 40, 1), holes()),
              after = peeled(noisy(100, 80, 128, 40, 1), holes());
  CHECK(forbidden_sources(after) == 0);
  CHECK(after.targets == before.targets);
  for (int32_t at = 0; at < after.area(); ++at) {
    CHECK_MESSAGE(
        (after.kind[at] == before.kind[at] && after.hole[at] == before.hole[at] && after.trust[at] == before.trust[at]),
        at);
    if (!after.hole[at]) CHECK_MESSAGE(after.pixels[at] == before.pixels[at], at);
  }
  for (const int32_t at : after.targets) CHECK(after.distance[at] < patch::no_target - 1);
}

TEST_CASE("peeling continues stripes into the hole") {
  const Image image = striped(100, 80, 12);
  CHECK(mean_hole_error(peeled(image, holes()), image) < 6);
  Level smooth = level_of(image, holes());
  patch::fill_smoothly(smooth);
  CHECK(mean_hole_error(smooth, image) > 25);  // what it started from
}

TEST_CASE("peeling is the same for any number of threads") {
  const auto with = [](int threads) {
    const Threads limit(threads);
    const Level level = peeled(noisy(100, 80, 128, 40, 1), holes());
    return at_targets(level, level.field);
  };
  const auto one = with(1);
  CHECK(with(2) == one);
  CHECK(with(4) == one);
}

TEST_CASE("peeling a level without a hole does nothing") {
  const Level level = peeled(painted_picture(30, 20), Mask(30, 20));
  CHECK(level.targets.empty());
}

TEST_CASE("a smooth continuation keeps a flat colour and lies within what is around it") {
  Level flat = level_of(flat_picture(100, 80, 40, 80, 120), holes());
  patch::fill_smoothly(flat);
  for (int32_t at = 0; at < flat.area(); ++at) CHECK((flat.pixels[at] & 0xffffff) == (40u | 80u << 8 | 120u << 16));
  const Image slope = sloping(100, 80);
  Level level = level_of(slope, holes());
  patch::fill_smoothly(level);
  CHECK(mean_hole_error(level, slope) < 5);
}

TEST_CASE("one known pixel is enough for a smooth continuation") {
  for (const cv::Point at : {cv::Point(0, 0), cv::Point(21, 14), cv::Point(40, 29)}) {
    cv::Mat hole(30, 41, CV_8U, cv::Scalar(255));
    hole.at<uint8_t>(at) = 0;
    Level level = level_of(flat_picture(41, 30, 40, 80, 120), Mask(hole), 3);
    patch::fill_smoothly(level);
    for (int32_t i = 0; i < level.area(); ++i) CHECK((level.pixels[i] & 0xffffff) == (40u | 80u << 8 | 120u << 16));
  }
}

}  // namespace inpaint::test
