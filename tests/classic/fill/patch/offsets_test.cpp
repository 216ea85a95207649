#include "classic/fill/patch/offsets_private.h"

#include <doctest/doctest.h>

#include "helpers.h"

namespace inpaint::test {
namespace {

std::vector<cv::Point> offsets_of(const Image& image, const Mask& hole, size_t most = 60) {
  return patch::dominant_offsets(level_of(image, hole), most);
}

// How far a length is from a multiple of the period.
double off_period(int length, double period) { return std::abs(length - period * std::round(length / period)); }

Mask small_hole() { return hole_in(120, 90, {{50, 40, 12, 10}}); }

}  // namespace

TEST_CASE("stripes repeat across them by their period") {
  for (const double period : {9.0, 12.0, 17.0}) {
    CAPTURE(period);
    const auto offsets = offsets_of(striped(120, 90, period), small_hole());
    REQUIRE(offsets.size() >= 4);
    for (const cv::Point& p : offsets) {
      CHECK(off_period(p.x, period) <= 1);
      CHECK(std::max(std::abs(p.x), std::abs(p.y)) >= 7);
    }
  }
}

TEST_CASE("checks repeat by two squares, and along the diagonal") {
  const auto offsets = offsets_of(checked(120, 90, 8), small_hole());
  REQUIRE(offsets.size() >= 8);
  int diagonal = 0;
  for (const cv::Point& p : offsets) {
    CHECK(off_period(p.x, 8) <= 1);
    CHECK(off_period(p.y, 8) <= 1);
    CHECK(off_period(p.x + p.y, 16) <= 2);
    diagonal += cvRound(p.x / 8.0) % 2 != 0;
  }
  CHECK(diagonal > 0);
}

TEST_CASE("offsets come in pairs, as many as asked for") {
  for (const size_t most : {0u, 1u, 2u, 5u, 60u}) {
    const auto offsets = offsets_of(checked(120, 90, 8), small_hole(), most);
    CHECK(offsets.size() <= most);
    CHECK(offsets.size() % 2 == 0);
    for (size_t i = 0; i < offsets.size(); i += 2) CHECK(offsets[i] == -offsets[i + 1]);
  }
  CHECK(offsets_of(checked(120, 90, 8), small_hole(), 5).size() == 4);
}

TEST_CASE("a hole wider than the window of the local mean hides no period") {
  const auto offsets = offsets_of(striped(160, 120, 12), hole_in(160, 120, {{50, 30, 60, 60}}));
  REQUIRE(offsets.size() >= 4);
  for (const cv::Point& p : offsets) CHECK(off_period(p.x, 12) <= 1);
}

TEST_CASE("what stands in the hole does not matter") {
  const Image image = checked(120, 90, 8);
  patch::Level one = level_of(image, small_hole()), two = one;
  for (int32_t at = 0; at < two.area(); ++at) {
    if (two.hole[at]) two.pixels[at] = 0xffffffff;
  }
  CHECK(patch::dominant_offsets(one, 60) == patch::dominant_offsets(two, 60));
}

TEST_CASE("nothing repeats in flat and noisy pictures") {
  CHECK(offsets_of(flat_picture(120, 90, 90, 20, 30), small_hole()).empty());
  CHECK(offsets_of(noisy(120, 90, 128, 40), small_hole()).empty());
}

TEST_CASE("tiny and narrow levels have no offsets to speak of") {
  for (const cv::Size size : {cv::Size(7, 7), cv::Size(9, 40), cv::Size(60, 8)}) {
    const auto offsets =
        offsets_of(painted_picture(size.width, size.height), hole_in(size.width, size.height, {{2, 2, 1, 1}}));
    for (const cv::Point& p : offsets) {
      CHECK(std::abs(p.x) <= size.width / 2);
      CHECK(std::abs(p.y) <= size.height / 2);
    }
  }
}

}  // namespace inpaint::test
