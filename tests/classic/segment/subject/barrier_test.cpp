#include "classic/segment/subject/barrier_private.h"

#include <doctest/doctest.h>

#include <opencv2/core.hpp>
#include <vector>

#include "drawing.h"

namespace inpaint::test {

using namespace inpaint::subject;
namespace {

using Rows = std::vector<std::vector<float>>;

cv::Mat values_of(const Rows& lines) {
  cv::Mat out(static_cast<int>(lines.size()), static_cast<int>(lines[0].size()), CV_32F);
  for (int y = 0; y < out.rows; ++y) {
    for (int x = 0; x < out.cols; ++x) out.at<float>(y, x) = lines[static_cast<size_t>(y)][static_cast<size_t>(x)];
  }
  return out;
}

// Marks with `range` all pixels that reach the border over values in [low, low + range] and had no smaller range.
void flood(const cv::Mat& values, float low, float range, cv::Mat& out) {
  const auto allowed = [&](cv::Point p) { return values.at<float>(p) >= low && values.at<float>(p) <= low + range; };
  cv::Mat seen(values.size(), CV_8U, cv::Scalar(0));
  std::vector<cv::Point> open;
  const auto visit = [&](cv::Point p) {
    if (!cv::Rect({}, values.size()).contains(p) || seen.at<uint8_t>(p) != 0 || !allowed(p)) return;
    seen.at<uint8_t>(p) = 1;
    out.at<float>(p) = std::min(out.at<float>(p), range);
    open.push_back(p);
  };
  for (int y = 0; y < values.rows; ++y) visit({0, y}), visit({values.cols - 1, y});
  for (int x = 0; x < values.cols; ++x) visit({x, 0}), visit({x, values.rows - 1});
  while (!open.empty()) {
    const cv::Point p = open.back();
    open.pop_back();
    visit({p.x + 1, p.y}), visit({p.x - 1, p.y}), visit({p.x, p.y + 1}), visit({p.x, p.y - 1});
  }
}

// The true distances of whole values in [0, most], by trying all ranges.
cv::Mat true_distance(const cv::Mat& values, int most) {
  cv::Mat out(values.size(), CV_32F, cv::Scalar(1e9));
  for (int low = 0; low <= most; ++low) {
    for (int range = 0; low + range <= most; ++range) {
      flood(values, static_cast<float>(low), static_cast<float>(range), out);
    }
  }
  return out;
}

TEST_SUITE("barrier_distance") {
  TEST_CASE("a wall keeps the inside as far away as it is high, unless it has a low place") {
    Rows lines = {{0, 0, 0, 0, 0, 0}, {0, 7, 7, 7, 7, 0}, {0, 7, 1, 1, 7, 0},
                  {0, 7, 1, 1, 7, 0}, {0, 7, 7, 7, 7, 0}, {0, 0, 0, 0, 0, 0}};
    CHECK(identical(barrier_distance(values_of(lines)), values_of({{0, 0, 0, 0, 0, 0},
                                                                   {0, 7, 7, 7, 7, 0},
                                                                   {0, 7, 7, 7, 7, 0},
                                                                   {0, 7, 7, 7, 7, 0},
                                                                   {0, 7, 7, 7, 7, 0},
                                                                   {0, 0, 0, 0, 0, 0}})));
    lines[3][1] = 3;
    CHECK(identical(barrier_distance(values_of(lines)), values_of({{0, 0, 0, 0, 0, 0},
                                                                   {0, 7, 7, 7, 7, 0},
                                                                   {0, 7, 3, 3, 7, 0},
                                                                   {0, 3, 3, 3, 7, 0},
                                                                   {0, 7, 7, 7, 7, 0},
                                                                   {0, 0, 0, 0, 0, 0}})));
  }

  TEST_CASE("a gradient that reaches the border is no barrier") {
    cv::Mat ramp(9, 12, CV_32F);
    for (int x = 0; x < ramp.cols; ++x) ramp.col(x).setTo(5 * x);
    CHECK(cv::countNonZero(barrier_distance(ramp)) == 0);
    CHECK(cv::countNonZero(barrier_distance(ramp.t())) == 0);
  }

  TEST_CASE("never below the true distance, and mostly equal to it") {
    cv::RNG random(11);
    int equal = 0, all = 0;
    for (int round = 0; round < 60; ++round) {
      cv::Mat whole(random.uniform(1, 11), random.uniform(1, 11), CV_32S), values;
      random.fill(whole, cv::RNG::UNIFORM, 0, 5);
      whole.convertTo(values, CV_32F);
      const cv::Mat found = barrier_distance(values), truth = true_distance(values, 4);
      CHECK(cv::countNonZero(found < truth) == 0);
      equal += cv::countNonZero(found == truth);
      all += static_cast<int>(values.total());
    }
    CHECK(equal >= 0.95 * all);
  }

  TEST_CASE("all of a picture with no inside is border") {
    for (const cv::Size size : {cv::Size(1, 1), cv::Size(1, 7), cv::Size(7, 1), cv::Size(2, 2), cv::Size(5, 2)}) {
      cv::Mat values(size, CV_32F);
      cv::RNG(3).fill(values, cv::RNG::UNIFORM, 0, 9);
      CHECK(cv::countNonZero(barrier_distance(values)) == 0);
    }
  }
}

}  // namespace
}  // namespace inpaint::test
