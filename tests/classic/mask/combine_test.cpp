#include "classic/mask/combine.h"

#include <doctest/doctest.h>

#include <cmath>

#include "drawing.h"

namespace inpaint::test {
namespace {

// Soft and hard blobs, some at the border.
Mask blobs(bool soft) {
  cv::Mat values = cv::Mat::zeros(27, 34, CV_8UC1);
  const auto level = [soft](int v) { return cv::Scalar(soft ? v : 255); };
  values(cv::Rect(5, 6, 3, 2)).setTo(level(90));
  values(cv::Rect(20, 4, 1, 1)).setTo(level(255));
  values(cv::Rect(0, 20, 4, 7)).setTo(level(180));
  values(cv::Rect(31, 12, 3, 6)).setTo(level(40));
  values(cv::Rect(14, 14, 6, 6)).setTo(level(220));
  return Mask(values);
}

// The largest value within the radius of each pixel, looked up one by one; outside counts as 0.
Mask naive_grow(const Mask& mask, double radius) {
  const cv::Mat& in = mask.values();
  cv::Mat out = in.clone();
  const int reach = static_cast<int>(radius);
  for (int y = 0; y < in.rows; ++y) {
    for (int x = 0; x < in.cols; ++x) {
      for (int v = std::max(0, y - reach); v <= std::min(in.rows - 1, y + reach); ++v) {
        for (int u = std::max(0, x - reach); u <= std::min(in.cols - 1, x + reach); ++u) {
          if ((u - x) * (u - x) + (v - y) * (v - y) > radius * radius) continue;
          out.at<uint8_t>(y, x) = std::max(out.at<uint8_t>(y, x), in.at<uint8_t>(v, u));
        }
      }
    }
  }
  return Mask(out);
}

// The smallest value within the radius; outside does not count.
Mask naive_shrink(const Mask& mask, double radius) {
  return Mask(255 - naive_grow(Mask(cv::Mat(255 - mask.values())), radius).values());
}

// Distance to the nearest pixel above 127, looked up one by one.
double distance_to_solid(const Mask& mask, int x, int y) {
  double best = 1e9;
  for (int v = 0; v < mask.height(); ++v) {
    for (int u = 0; u < mask.width(); ++u) {
      if (mask.values().at<uint8_t>(v, u) > 127) best = std::min(best, std::hypot(u - x, v - y));
    }
  }
  return best;
}

}  // namespace

TEST_CASE("invert swaps what is selected and what is not") {
  CHECK(drawing(invert(drawn_mask({"#.", "4."}))) ==
        "."
        "#\n"
        "?#\n");
  CHECK(invert(drawn_mask({"4"})).values().at<uint8_t>(0, 0) == 155);
  CHECK(identical(invert(invert(blobs(true))).values(), blobs(true).values()));
}

TEST_CASE("grow adds a disc of the radius") {
  const Mask dot = drawn_mask({".......", ".......", ".......", "...#...", ".......", ".......", "......."});
  CHECK(drawing(grow(dot, 1)) == rows({".......", ".......", "...#...", "..###..", "...#...", ".......", "......."}));
  CHECK(drawing(grow(dot, 1.5)) == rows({".......", ".......", "..###..", "..###..", "..###..", ".......", "......."}));
  CHECK(drawing(grow(dot, 3)) == rows({"...#...", ".#####.", ".#####.", "#######", ".#####.", ".#####.", "...#..."}));
}

TEST_CASE("grow is the largest value within the radius, for hard and soft masks") {
  for (const bool soft : {false, true}) {
    for (const double radius : {0.0, 0.9, 1.0, 1.42, 2.0, 2.5, 5.0, 7.3, 60.0}) {
      CAPTURE(soft);
      CAPTURE(radius);
      CHECK(identical(grow(blobs(soft), radius).values(), naive_grow(blobs(soft), radius).values()));
    }
  }
}

TEST_CASE("shrink is the smallest value within the radius, and the border does not eat") {
  for (const bool soft : {false, true}) {
    for (const double radius : {0.0, 1.0, 1.42, 2.0, 3.0}) {
      CHECK(identical(shrink(blobs(soft), radius).values(), naive_shrink(blobs(soft), radius).values()));
    }
  }
  CHECK(drawing(shrink(drawn_mask({"###..", "###..", "###..", "....."}), 1)) ==
        rows({"##...", "##...", ".....", "....."}));
}

TEST_CASE("empty and full masks stay so") {
  for (const auto& change : {grow, shrink, feather, feather_outwards}) {
    CHECK(cv::countNonZero(change(Mask(9, 5), 3).values()) == 0);
    CHECK(identical(change(full_mask(9, 5), 3).values(), full_mask(9, 5).values()));
    CHECK(change(full_mask(1, 1), 3).coverage() == 1);
    CHECK(change(Mask(1, 1), 3).coverage() == 0);
  }
  for (const auto& change : {fill_holes, keep_largest}) {
    CHECK(cv::countNonZero(change(Mask(9, 5)).values()) == 0);
    CHECK(identical(change(full_mask(9, 5)).values(), full_mask(9, 5).values()));
    CHECK(change(full_mask(1, 1)).coverage() == 1);
  }
}

TEST_CASE("no operation changes the mask it is given") {
  const Mask mask = blobs(true);
  const cv::Mat before = mask.values().clone();
  for (const auto& change : {grow, shrink, feather, feather_outwards}) change(mask, 2);
  for (const auto& change : {fill_holes, keep_largest, invert}) change(mask);
  for (const auto& change : {unite, subtract, intersect}) change(mask, blobs(false));
  CHECK(identical(mask.values(), before));
}

TEST_CASE("feather is a Gaussian of half the radius") {
  const double radius = 4, sigma = 2;
  const Mask mask = blobs(true), soft = feather(mask, radius);
  const auto at = [&](int x, int y) {
    return static_cast<double>(
        mask.values().at<uint8_t>(std::clamp(y, 0, mask.height() - 1), std::clamp(x, 0, mask.width() - 1)));
  };
  for (int y = 0; y < mask.height(); ++y) {
    for (int x = 0; x < mask.width(); ++x) {
      double sum = 0, weights = 0;
      for (int v = -12; v <= 12; ++v) {
        for (int u = -12; u <= 12; ++u) {
          const double weight = std::exp(-(u * u + v * v) / (2 * sigma * sigma));
          sum += weight * at(x + u, y + v);
          weights += weight;
        }
      }
      CAPTURE(x);
      CAPTURE(y);
      CHECK(std::abs(sum / weights - soft.values().at<uint8_t>(y, x)) <= 2);
    }
  }
  CHECK(identical(feather(mask, 0).values(), mask.values()));
}

TEST_CASE("feather_outwards keeps the selection and ramps down to 0 beyond the radius") {
  for (const double radius : {1.0, 3.5, 6.0}) {
    const Mask mask = blobs(true), soft = feather_outwards(mask, radius);
    for (int y = 0; y < mask.height(); ++y) {
      for (int x = 0; x < mask.width(); ++x) {
        const double t = std::max(0.0, 1 - distance_to_solid(mask, x, y) / (radius + 1));
        const double expected = std::max<double>(mask.values().at<uint8_t>(y, x), 255 * (3 * t * t - 2 * t * t * t));
        CAPTURE(x);
        CAPTURE(y);
        CHECK(std::abs(soft.values().at<uint8_t>(y, x) - expected) <= 0.51);
      }
    }
  }
  CHECK(identical(feather_outwards(blobs(true), 0).values(), blobs(true).values()));
}

TEST_CASE("feather_outwards leaves a mask without a solid part as it is") {
  const Mask faint = drawn_mask({"..5", "3.."});
  CHECK(identical(feather_outwards(faint, 3).values(), faint.values()));
}

TEST_CASE("fill_holes selects what is enclosed, also by corners") {
  CHECK(drawing(fill_holes(drawn_mask({".....", ".###.", ".#.#.", ".###.", "....."}))) ==
        rows({".....", ".###.", ".###.", ".###.", "....."}));
  CHECK(drawing(fill_holes(drawn_mask({"..#..", ".#.#.", "#...#", ".#.#.", "..#.."}))) ==
        rows({"..#..", ".###.", "#####", ".###.", "..#.."}));
}

TEST_CASE("fill_holes leaves open what touches the border") {
  const std::vector<std::string> open = {"##.##", "#...#", "#####"}, corner = {".#...", "##...", "....."};
  CHECK(drawing(fill_holes(drawn_mask(open))) == rows(open));
  CHECK(drawing(fill_holes(drawn_mask(corner))) == rows(corner));
  CHECK(drawing(fill_holes(drawn_mask({"#####", "#...#", "#####"}))) == rows({"#####", "#####", "#####"}));
}

TEST_CASE("for fill_holes soft values above one half are walls, others are open") {
  CHECK(drawing(fill_holes(drawn_mask({"666", "636", "666"}))) == rows({"666", "6#6", "666"}));
  CHECK(drawing(fill_holes(drawn_mask({"666", "635", "666"}))) == rows({"666", "635", "666"}));
}

TEST_CASE("keep_largest keeps the part with the largest area, corners join") {
  CHECK(drawing(keep_largest(drawn_mask({"##...#", "##..#.", "...#..", ".##..."}))) ==
        rows({".....#", "....#.", "...#..", ".##..."}));
  CHECK(drawing(keep_largest(drawn_mask({"###..4", ".....4", ".1111."}))) == rows({".....4", ".....4", ".1111."}));
}

TEST_CASE("masks are united, subtracted and intersected value by value") {
  const Mask a = drawn_mask({"##..84"}), b = drawn_mask({"#.#.48"});
  CHECK(drawing(unite(a, b)) == rows({"###.88"}));
  CHECK(drawing(intersect(a, b)) == rows({"#...44"}));
  const cv::Mat rest = subtract(a, b).values();
  CHECK(identical(rest, (cv::Mat_<uint8_t>(1, 6) << 0, 255, 0, 0, 155, 55)));
}

TEST_CASE("masks of two sizes are not combined") {
  for (const auto& combine : {unite, subtract, intersect}) {
    CHECK_THROWS_WITH_AS(combine(Mask(4, 3), Mask(3, 4)), "masks differ in size", std::invalid_argument);
  }
}

}  // namespace inpaint::test
