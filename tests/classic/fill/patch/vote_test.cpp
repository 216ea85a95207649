#include "classic/fill/patch/vote_private.h"

#include <doctest/doctest.h>

#include "helpers.h"

namespace inpaint::test {
namespace {

using patch::Kind;
using patch::Level;

constexpr int side = 40;

// The left third red, the right one blue, a hole in the green middle.
Image red_and_blue() {
  cv::Mat rgb(side, side, CV_8UC3, cv::Scalar(0, 200, 0));
  rgb.colRange(0, 12).setTo(cv::Scalar(200, 0, 0));
  rgb.colRange(28, side).setTo(cv::Scalar(0, 0, 200));
  return Image(rgb);
}
constexpr int32_t in_red = 20 * side + 5, in_blue = 20 * side + 34;
const cv::Rect middle(17, 17, 6, 6);

// Every target takes red or blue, as `blue` (a distance where red) tells of its centre.
template <class Chooses>
Level chosen(const Chooses& blue, int32_t red_distance, int32_t blue_distance) {
  Level level = level_of(red_and_blue(), hole_in(side, side, {middle}));
  for (const int32_t at : level.targets) {
    const bool is_blue = blue(at % side, at / side);
    level.field[at] = is_blue ? in_blue : in_red;
    level.distance[at] = is_blue ? blue_distance : red_distance;
  }
  return level;
}

cv::Vec4b pixel(const Level& level, int x, int y) {
  const uint8_t* p = level.bytes() + 4 * (y * level.width + x);
  return {p[0], p[1], p[2], p[3]};
}

}  // namespace

TEST_CASE("a hole in a flat picture gets its colour, and the change is told") {
  const Mask hole = hole_in(50, 40, {{20, 15, 9, 9}, {0, 0, 4, 4}, {45, 39, 5, 1}});
  Level level = level_of(flat_picture(50, 40, 40, 80, 120), hole);
  for (const int32_t at : level.targets) {
    level.field[at] = 30 * 50 + 10;
    level.distance[at] = at;
  }
  CHECK(patch::vote(level, 1) == doctest::Approx((40 + 80 + 120) / 4.0));
  for (int32_t at = 0; at < level.area(); ++at) CHECK(level.pixels[at] == (40u | 80u << 8 | 120u << 16));
  CHECK(patch::vote(level, 1) == 0);
}

TEST_CASE("patches of one distance count alike") {
  // Half of the patches over the middle pixel of a hole are red: columns 17, 18, 19 against 20 to 23.
  Level level = chosen([](int x, int) { return x >= 20; }, 5000, 5000);
  patch::vote(level, 1);
  const cv::Vec4b seen = pixel(level, 20, 20);
  CHECK(seen[0] == cvRound(200 * 3 / 7.0));
  CHECK(seen[1] == 0);
  CHECK(seen[2] == cvRound(200 * 4 / 7.0));
}

TEST_CASE("a patch that fits counts more, the more so the smaller the spread") {
  const auto red_with = [](int32_t blue_distance, float spread) {
    Level level = chosen([](int x, int) { return x >= 20; }, 5000, blue_distance);
    patch::vote(level, spread);
    return static_cast<int>(pixel(level, 20, 20)[0]);
  };
  CHECK(red_with(5000, 1) < red_with(10'000, 1));
  CHECK(red_with(10'000, 1) < red_with(10'000, 0.2f));
  // exp(-d / 2m): m = (3 * 5000 + 4 * 10000) / 7; one step of the table is a sixteenth of an e-fold.
  const double m = 55'000 / 7.0, red = 3 * std::exp(-5000 / (2 * m)), blue = 4 * std::exp(-10'000 / (2 * m));
  CHECK(red_with(10'000, 1) == doctest::Approx(200 * red / (red + blue)).epsilon(0.05));
}

TEST_CASE("a vote changes holes only, and the same for any number of threads") {
  const auto voted = [](int threads) {
    const Threads limit(threads);
    Level level = chosen([](int x, int y) { return (x * 7 + y * 3) % 5 < 2; }, 3000, 7000);
    patch::vote(level, 1);
    return level;
  };
  const Level one = voted(1), four = voted(4), before = level_of(red_and_blue(), hole_in(side, side, {middle}));
  for (int32_t at = 0; at < one.area(); ++at) {
    CHECK(one.pixels[at] == four.pixels[at]);
    if (!one.hole[at]) CHECK(one.pixels[at] == before.pixels[at]);
  }
}

TEST_CASE("doubt grows with the depth in the hole") {
  Level level = level_of(painted_picture(60, 40), hole_in(60, 40, {{20, 10, 21, 21}}));
  patch::set_doubt(level, 1.3f);
  const double slope = 16 * std::log(1.3);
  CHECK(level.doubt[20 * 60 + 19] == 0);
  for (int depth = 1; depth <= 11; ++depth) {
    CAPTURE(depth);
    CHECK(std::abs(level.doubt[20 * 60 + 19 + depth] - slope * depth) <= 0.6);
  }
  patch::set_doubt(level, 1000);
  CHECK(level.doubt[20 * 60 + 30] == 255);
  patch::set_doubt(level, 1);
  CHECK(level.doubt[20 * 60 + 30] == 0);
}

TEST_CASE("the border of the picture is no known side") {
  Level level = level_of(painted_picture(40, 30), hole_in(40, 30, {{0, 10, 8, 10}}));
  patch::set_doubt(level, 1.3f);
  CHECK(level.doubt[15 * 40] > level.doubt[15 * 40 + 5]);
  Level whole = level_of(painted_picture(40, 30), hole_in(40, 30, {{0, 0, 40, 29}}));
  patch::set_doubt(whole, 1.3f);
  CHECK(whole.doubt[0] > whole.doubt[20 * 40]);
}

TEST_CASE("set_doubt without a hole") {
  Level level = level_of(painted_picture(20, 20), Mask(20, 20));
  patch::set_doubt(level, 2);
  for (int32_t at = 0; at < level.area(); ++at) CHECK(level.doubt[at] == 0);
}

TEST_CASE("patches deep in the hole count less") {
  // Red ones lie outside of the hole, blue ones within.
  const auto is_deep = [](int x, int y) { return middle.contains({x, y}); };
  Level even = chosen(is_deep, 5000, 5000), falling = even;
  patch::vote(even, 1);
  patch::set_doubt(falling, 3);
  patch::vote(falling, 1);
  CHECK(pixel(falling, 18, 18)[0] > pixel(even, 18, 18)[0] + 40);
  CHECK(pixel(falling, 18, 18)[0] > 150);
}

TEST_CASE("donors are the pixels at the common offset, others in the row stay") {
  const Mask hole = hole_in(60, 40, {{20, 10, 12, 12}});
  Level level = level_of(painted_picture(60, 40), hole);
  for (const int32_t at : level.targets) {
    level.field[at] = at + 20;
    level.distance[at] = 100 + at % 7;
  }
  for (int y = 0; y < 40; ++y) {
    std::vector<int32_t> row(60, -5);
    patch::donors(level, y, row.data());
    for (int x = 0; x < 60; ++x) {
      CHECK(row[static_cast<size_t>(x)] == (hole.values().at<uint8_t>(y, x) ? y * 60 + x + 20 : -5));
    }
  }
}

TEST_CASE("the donor comes from the closest patch, and of equal ones from the least deep") {
  Level level = chosen([](int x, int y) { return x == 19 && y == 19; }, 5000, 100);
  std::vector<int32_t> row(side, -1);
  patch::donors(level, 20, row.data());
  CHECK(row[20] == in_blue + side + 1);
  level = chosen([](int x, int y) { return x == 16 && y == 19; }, 5000, 5000);
  patch::set_doubt(level, 3);
  patch::donors(level, 19, row.data());
  CHECK(level.doubt[19 * side + 16] == 0);
  CHECK(row[18] == (level.field[16 * side + 15] + 3 * side + 3));  // the first of those outside of the hole
}

}  // namespace inpaint::test
