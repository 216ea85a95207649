#include <doctest/doctest.h>

#include <algorithm>
#include <opencv2/core.hpp>
#include <vector>

#include "drawing.h"
#include "train/free_form_private.h"

using namespace inpaint;

namespace {

double share(const cv::Mat& hole) { return cv::countNonZero(hole) / static_cast<double>(hole.total()); }

}  // namespace

TEST_CASE("free-form holes cover what was asked for, whatever their size") {
  struct Asked {
    int size;
    double smallest, largest;
  };
  for (const Asked& asked : {Asked{64, 0.05, 0.5}, {256, 0.3, 0.31}, {128, 0.001, 0.002}, {64, 0.9, 0.9}}) {
    for (uint64_t seed = 0; seed < 60; ++seed) {
      Random random{seed};
      const cv::Mat hole = free_form_hole(asked.size, asked.smallest, asked.largest, random);
      REQUIRE(hole.size() == cv::Size(asked.size, asked.size));
      REQUIRE(hole.type() == CV_8UC1);
      CHECK(cv::countNonZero((hole > 0) & (hole < 255)) == 0);
      CAPTURE(asked.size);
      CAPTURE(seed);
      CHECK(share(hole) >= asked.smallest);
      // Where not even one pixel lies between the bounds, the lower one rounded up counts.
      CHECK(share(hole) <= asked.largest + 1.0 / (asked.size * asked.size));
    }
  }
}

TEST_CASE("free-form holes: all shares come, and the same seed gives the same hole") {
  std::vector<double> shares;
  for (uint64_t seed = 0; seed < 400; ++seed) {
    Random random{seed}, again{seed};
    const cv::Mat hole = free_form_hole(64, 0.1, 0.5, random);
    CHECK(test::identical(hole, free_form_hole(64, 0.1, 0.5, again)));
    shares.push_back(share(hole));
  }
  // Thin strokes (14 of 100) reach 0.2 only, hence more than an eighth of all in each eighth below, less above.
  for (double from = 0.1; from < 0.45; from += 0.1) {
    const auto within =
        std::count_if(shares.begin(), shares.end(), [&](double s) { return s >= from && s < from + 0.1; });
    CAPTURE(from);
    CHECK(within > 400 * 0.14);
    CHECK(within < 400 * 0.42);
  }
}

TEST_CASE("free-form holes are of several kinds: some in few large pieces, some in thin lines") {
  int thick = 0, thin = 0;
  for (uint64_t seed = 0; seed < 100; ++seed) {
    Random random{seed};
    const cv::Mat hole = free_form_hole(128, 0.1, 0.2, random);
    cv::Mat core;
    cv::erode(hole, core, cv::Mat::ones(9, 9, CV_8U), {-1, -1}, 1, cv::BORDER_CONSTANT, cv::Scalar(0));
    const double kept = share(core) / share(hole);
    thick += kept > 0.3, thin += kept < 0.02;
  }
  CHECK(thick > 15);
  CHECK(thin > 15);
}
