#include "classic/fill/patch/level_private.h"

#include <doctest/doctest.h>

#include "helpers.h"

namespace inpaint::test {
namespace {

using patch::Kind;
using patch::Level;
using patch::Scale;

Mask random_blobs(int width, int height, int count, uint64_t seed) {
  cv::RNG random(seed);
  std::vector<cv::Rect> parts;
  for (int i = 0; i < count; ++i) {
    parts.emplace_back(random.uniform(0, width), random.uniform(0, height), random.uniform(1, 7), random.uniform(1, 7));
  }
  return hole_in(width, height, parts);
}

// The kind of the patch around (x, y), pixel by pixel.
Kind naive_kind(const cv::Mat& hole, const cv::Mat& allowed, int x, int y, int radius) {
  bool touches = false, free = true;
  for (int v = y - radius; v <= y + radius; ++v) {
    for (int u = x - radius; u <= x + radius; ++u) {
      if (u < 0 || v < 0 || u >= hole.cols || v >= hole.rows) return Kind::none;
      touches |= hole.at<uint8_t>(v, u) != 0;
      free &= allowed.empty() || allowed.at<uint8_t>(v, u) != 0;
    }
  }
  return touches ? Kind::target : free ? Kind::source : Kind::none;
}

}  // namespace

TEST_CASE("a pyramid halves its side, rounding up, and ends where it is told") {
  for (const cv::Size size : {cv::Size(37, 24), cv::Size(64, 33), cv::Size(5, 9), cv::Size(1, 1)}) {
    const Mask hole = hole_in(size.width, size.height, {{0, 0, 1, 1}});
    const cv::Mat allowed(size, CV_8U, cv::Scalar(1));
    const auto scales =
        patch::make_pyramid(painted_picture(size.width, size.height).pixels(), hole.values(), allowed, 4);
    REQUIRE(scales.size() == 4);
    cv::Size expected = size;
    for (const Scale& scale : scales) {
      for (const cv::Mat& plane : {scale.rgb, scale.known, scale.allowed, scale.texture, scale.has_texture}) {
        CHECK(plane.size() == expected);
      }
      expected = {(expected.width + 1) / 2, (expected.height + 1) / 2};
    }
  }
}

TEST_CASE("scale 0 is the picture, black where it is not known") {
  const Image image = painted_picture(30, 20);
  cv::Mat hole = random_blobs(30, 20, 4, 3).values() / 2;  // any value above 0 is a hole
  const Scale scale = patch::make_pyramid(image.pixels(), hole, {}, 1).at(0);
  CHECK(identical(scale.known, hole == 0));
  CHECK(cv::norm(scale.rgb, image.pixels(), cv::NORM_INF, scale.known) == 0);
  CHECK(cv::norm(scale.rgb, cv::NORM_INF, hole) == 0);
  CHECK(scale.allowed.empty());
}

TEST_CASE("what stands in the hole reaches no scale and no level") {
  const Mask hole = random_blobs(61, 47, 9, 5);
  const Image image = noisy(61, 47, 128, 40, 1);
  const auto one = patch::make_pyramid(with_garbage_in(image, hole, 1).pixels(), hole.values(), {}, 4);
  const auto two = patch::make_pyramid(with_garbage_in(image, hole, 2).pixels(), hole.values(), {}, 4);
  for (size_t i = 0; i < one.size(); ++i) {
    CHECK(identical(one[i].rgb, two[i].rgb));
    CHECK(identical(one[i].known, two[i].known));
    CHECK(identical(one[i].texture, two[i].texture));
    CHECK(identical(one[i].has_texture, two[i].has_texture));
    const Level a = patch::make_level(one[i], 3), b = patch::make_level(two[i], 3);
    CHECK(std::equal(a.pixels.data(), a.pixels.data() + a.area(), b.pixels.data()));
  }
}

TEST_CASE("colours are averaged over known pixels only") {
  const Image flat = flat_picture(64, 48, 200, 90, 30);
  const Mask hole = random_blobs(64, 48, 12, 2);
  const auto scales = patch::make_pyramid(with_garbage_in(flat, hole, 1).pixels(), hole.values(), {}, 4);
  for (const Scale& scale : scales) {
    REQUIRE(cv::countNonZero(scale.known) > 0);
    const cv::Mat expected(scale.rgb.size(), CV_8UC3, cv::Scalar(200, 90, 30));
    CHECK(cv::norm(scale.rgb, expected, cv::NORM_INF, scale.known) <= 2);
    CHECK(cv::norm(scale.rgb, cv::NORM_INF, scale.known == 0) == 0);
    CHECK(cv::norm(scale.texture, cv::NORM_INF) <= 1);
  }
}

TEST_CASE("a coarse pixel is known, and may be taken, if half of what it covers is") {
  cv::Mat hole = cv::Mat::zeros(32, 64, CV_8U), allowed = cv::Mat::zeros(32, 64, CV_8U);
  hole(cv::Rect(20, 0, 20, 32)).setTo(1);
  allowed(cv::Rect(0, 0, 10, 32)).setTo(1);
  const Scale coarse = patch::make_pyramid(painted_picture(64, 32).pixels(), hole, allowed, 2).at(1);
  for (int x = 0; x < 32; ++x) {
    CAPTURE(x);
    // The kernel is centred on pixel 2x: it is unknown from about 20 to 40.
    if (x != 10 && x != 20) CHECK((coarse.known.at<uint8_t>(8, x) == 255) == (x < 10 || x > 19));
    if (x != 5) CHECK((coarse.allowed.at<uint8_t>(8, x) == 255) == (x < 5));
  }
}

TEST_CASE("the kinds of patches are those of a plain loop, and everything starts as documented") {
  for (const int size : {3, 7, 11}) {
    for (const bool limited : {false, true}) {
      const Mask hole = random_blobs(50, 40, 5, static_cast<uint64_t>(size));
      const cv::Mat allowed = limited ? cv::Mat(random_blobs(50, 40, 90, 4).values() == 0) : cv::Mat();
      const Level level = level_of(painted_picture(50, 40), hole, size, allowed);
      REQUIRE(level.area() == 2000);
      std::vector<int32_t> targets;
      size_t sources = 0;
      int wrong = 0;
      for (int32_t at = 0; at < level.area(); ++at) {
        const Kind kind = naive_kind(hole.values(), allowed, at % 50, at / 50, size / 2);
        if (kind == Kind::target) targets.push_back(at);
        sources += kind == Kind::source;
        const bool unknown = hole.values().ptr()[at] != 0;
        const bool free = !unknown && (!limited || allowed.ptr()[at] != 0);
        wrong += level.kind[at] != kind || level.hole[at] != unknown || level.trust[at] != (unknown ? 0 : 255) ||
                 level.free[at] != free || level.field[at] != at || level.distance[at] != patch::no_target ||
                 level.doubt[at] != 0;
      }
      CHECK(wrong == 0);
      CHECK(level.targets == targets);
      CHECK(level.source_count == sources);
      CHECK(level.hole_pixels == static_cast<size_t>(cv::countNonZero(hole.values())));
      CHECK(level.size == size);
    }
  }
}

TEST_CASE("the texture byte is four times the mean slope") {
  const Image ramp = picture_of(40, 30, [](int x, int y) { return 3.0 * x + 2 * y; });
  cv::Mat grey(30, 40, CV_8UC3);
  for (int y = 0; y < 30; ++y) {
    for (int x = 0; x < 40; ++x) grey.at<cv::Vec3b>(y, x) = cv::Vec3b::all(static_cast<uint8_t>(3 * x + 2 * y));
  }
  const Level level = level_of(Image(grey), Mask(40, 30));
  for (const int32_t at : {10 * 40 + 10, 20 * 40 + 30}) CHECK((level.pixels[at] >> 24) == 4 * (3 + 2));
  const Level flat = level_of(flat_picture(9, 9, 1, 2, 3), Mask(9, 9));
  CHECK(flat.pixels[40] == (1u | 2u << 8 | 3u << 16));
  const Level wild = level_of(checked(20, 20, 1), Mask(20, 20));
  CHECK((wild.pixels[210] >> 24) == 255);
}

TEST_CASE("beside a hole the texture is that of the known side") {
  const Mask hole = hole_in(40, 30, {{15, 10, 10, 10}});
  const Level level = level_of(with_garbage_in(flat_picture(40, 30, 90, 90, 90), hole, 1), hole);
  for (int32_t at = 0; at < level.area(); ++at) CHECK((level.pixels[at] >> 24) == 0);
}

TEST_CASE("planes have slack on both sides") {
  patch::Plane<int32_t> plane(10, 42);
  for (int i = -patch::kernel_slack; i < 10 + patch::kernel_slack; ++i) CHECK(plane[i] == 42);
}

}  // namespace inpaint::test
