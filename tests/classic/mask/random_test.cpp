#include "classic/mask/random.h"

#include <doctest/doctest.h>

#include <random>

#include "drawing.h"

namespace inpaint::test {
namespace {

double selected_share(const Mask& mask) {
  return cv::countNonZero(mask.values()) / static_cast<double>(mask.values().total());
}

// The boxes drawn one by one from the numbers that the C++ standard fixes.
Mask naive_boxes(int width, int height, double ratio, uint64_t seed) {
  std::mt19937_64 engine(seed);
  const auto whole = [&](int low, int high) {
    const double unit = static_cast<double>(engine() >> 11) / 9007199254740992.0;
    return low + static_cast<int>(unit * (high + 1.0 - low));
  };
  cv::Mat values = cv::Mat::zeros(height, width, CV_8UC1);
  while (cv::countNonZero(values) < ratio * width * height) {
    const int w = whole(std::max(1, width / 16), std::max(1, width / 4));
    const int h = whole(std::max(1, height / 16), std::max(1, height / 4));
    const int x = whole(0, width - w);
    const int y = whole(0, height - h);
    for (int j = y; j < y + h; ++j) {
      for (int i = x; i < x + w; ++i) values.at<uint8_t>(j, i) = 255;
    }
  }
  return Mask(values);
}

}  // namespace

TEST_CASE("a random mask covers the ratio and little more") {
  for (const RandomMask kind : {RandomMask::strokes, RandomMask::boxes}) {
    for (const double ratio : {0.01, 0.25, 0.6, 0.95}) {
      for (const uint64_t seed : {0u, 1u, 77u}) {
        const Mask mask = random_mask(160, 120, kind, ratio, seed);
        CAPTURE(ratio);
        CHECK(mask.width() == 160);
        CHECK(mask.height() == 120);
        CHECK(selected_share(mask) >= ratio);
        CHECK(selected_share(mask) <= ratio + 1.0 / 16);                  // the largest box
        CHECK(mask.coverage() == doctest::Approx(selected_share(mask)));  // hard-edged
      }
    }
  }
}

TEST_CASE("the same seed gives the same mask, another one another") {
  for (const RandomMask kind : {RandomMask::strokes, RandomMask::boxes}) {
    const Mask mask = random_mask(90, 70, kind, 0.3, 5);
    CHECK(identical(mask.values(), random_mask(90, 70, kind, 0.3, 5).values()));
    CHECK_FALSE(identical(mask.values(), random_mask(90, 70, kind, 0.3, 6).values()));
  }
  CHECK_FALSE(identical(random_mask(90, 70, RandomMask::strokes, 0.3, 5).values(),
                        random_mask(90, 70, RandomMask::boxes, 0.3, 5).values()));
}

TEST_CASE("random boxes are those that the seed says, on every machine") {
  for (const uint64_t seed : {0u, 1u, 2u, 3u}) {
    CHECK(drawing(random_mask(48, 36, RandomMask::boxes, 0.4, seed)) == drawing(naive_boxes(48, 36, 0.4, seed)));
  }
}

TEST_CASE("a ratio of 0 selects nothing, one above 0.95 counts as 0.95") {
  CHECK(random_mask(30, 20, RandomMask::strokes, 0, 1).coverage() == 0);
  CHECK(random_mask(30, 20, RandomMask::boxes, -1, 1).coverage() == 0);
  CHECK(identical(random_mask(30, 20, RandomMask::boxes, 1, 1).values(),
                  random_mask(30, 20, RandomMask::boxes, 0.95, 1).values()));
}

TEST_CASE("tiny pictures get a random mask, too") {
  for (const RandomMask kind : {RandomMask::strokes, RandomMask::boxes}) {
    CHECK(random_mask(1, 1, kind, 0.5, 3).coverage() == 1);
    CHECK(selected_share(random_mask(1, 40, kind, 0.5, 3)) >= 0.5);
    CHECK(selected_share(random_mask(40, 2, kind, 0.9, 3)) >= 0.9);
  }
}

}  // namespace inpaint::test
