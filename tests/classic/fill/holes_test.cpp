#include "classic/fill/holes.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <stdexcept>

#include "drawing.h"

namespace inpaint::test {
namespace {

// Boxes found by flooding pixel by pixel and merged pair by pair until nothing overlaps.
std::vector<Box> naive_regions(const Mask& mask, int context) {
  cv::Mat left = mask.values().clone();
  std::vector<Box> boxes;
  for (int y = 0; y < left.rows; ++y) {
    for (int x = 0; x < left.cols; ++x) {
      if (!left.at<uint8_t>(y, x)) continue;
      Box box{x, y, x + 1, y + 1};
      for (std::vector<cv::Point> todo = {{x, y}}; !todo.empty();) {
        const cv::Point at = todo.back();
        todo.pop_back();
        if (!cv::Rect({}, left.size()).contains(at) || !left.at<uint8_t>(at)) continue;
        left.at<uint8_t>(at) = 0;
        box = box.united({at.x, at.y, at.x + 1, at.y + 1});
        for (int v = -1; v <= 1; ++v) {
          for (int u = -1; u <= 1; ++u) todo.push_back(at + cv::Point(u, v));
        }
      }
      boxes.push_back(box.grown(context, left.cols, left.rows));
    }
  }
  for (bool merged = true; merged;) {
    merged = false;
    for (size_t i = 0; i < boxes.size() && !merged; ++i) {
      for (size_t j = 0; j < boxes.size() && !merged; ++j) {
        if (i == j || !boxes[i].overlaps(boxes[j])) continue;
        boxes[i] = boxes[i].united(boxes[j]);
        boxes.erase(boxes.begin() + static_cast<std::ptrdiff_t>(j));
        merged = true;
      }
    }
  }
  std::sort(boxes.begin(), boxes.end(),
            [](const Box& a, const Box& b) { return a.y0 != b.y0 ? a.y0 < b.y0 : a.x0 < b.x0; });
  return boxes;
}

Mask scattered(int width, int height, int count, uint64_t seed) {
  cv::RNG random(seed);
  cv::Mat values = cv::Mat::zeros(height, width, CV_8UC1);
  for (int i = 0; i < count; ++i) {
    const cv::Rect piece(random.uniform(0, width), random.uniform(0, height), random.uniform(1, 5),
                         random.uniform(1, 5));
    values(piece & cv::Rect(0, 0, width, height)).setTo(random.uniform(1, 256));
  }
  return Mask(values);
}

template <class T>
cv::Mat naive_composite(const cv::Mat& image, const cv::Mat& fill, const cv::Mat& mask) {
  cv::Mat out = image.clone();
  for (int y = 0; y < out.rows; ++y) {
    for (int x = 0; x < out.cols; ++x) {
      for (int c = 0; c < 3; ++c) {
        const double m = mask.at<uint8_t>(y, x) / 255.0, from = fill.ptr<T>(y)[x * fill.channels() + c];
        T& to = out.ptr<T>(y)[x * out.channels() + c];
        to = static_cast<T>(std::floor(from * m + to * (1 - m) + 0.5));
      }
    }
  }
  return out;
}

}  // namespace

TEST_CASE("hole_regions are the boxes of the parts with their context, cut to the picture") {
  const Mask mask = drawn_mask({"#.........", "..........", "..........", "......11..", "......11..", "........#."});
  CHECK(hole_regions(mask, 0) == std::vector<Box>{{0, 0, 1, 1}, {6, 3, 9, 6}});
  CHECK(hole_regions(mask, 2) == std::vector<Box>{{0, 0, 3, 3}, {4, 1, 10, 6}});
  CHECK(hole_regions(mask, 100) == std::vector<Box>{{0, 0, 10, 6}});
}

TEST_CASE("hole_regions merges boxes that overlap, not those that touch") {
  const Mask mask = drawn_mask({"#...#", ".....", "....."});
  CHECK(hole_regions(mask, 1) == std::vector<Box>{{0, 0, 2, 2}, {3, 0, 5, 2}});
  CHECK(hole_regions(mask, 2) == std::vector<Box>{{0, 0, 5, 3}});
  CHECK(hole_regions(drawn_mask({"#.#."}), 1) == std::vector<Box>{{0, 0, 4, 1}});
  CHECK(hole_regions(drawn_mask({"#..#."}), 1) == std::vector<Box>{{0, 0, 2, 1}, {2, 0, 5, 1}});
}

TEST_CASE("a merged box takes in what it overlaps in turn") {
  // The two long bars make a box around the dot, which neither overlaps alone.
  const Mask mask = drawn_mask({"#......", "#......", "#..#...", "#......", "#......", "......."});
  CHECK(hole_regions(mask, 1).size() == 2);
  const Mask hook = drawn_mask({"######", "#.....", "#..#..", "#.....", "#....."});
  CHECK(hole_regions(hook, 0) == std::vector<Box>{{0, 0, 6, 5}});
}

TEST_CASE("hole_regions of empty, full and single pixels") {
  CHECK(hole_regions(Mask(7, 5), 3).empty());
  CHECK(hole_regions(full_mask(7, 5), 3) == std::vector<Box>{{0, 0, 7, 5}});
  CHECK(hole_regions(full_mask(1, 1), 0) == std::vector<Box>{{0, 0, 1, 1}});
}

TEST_CASE("hole_regions agrees with flooding and pairwise merging") {
  for (uint64_t seed = 1; seed <= 12; ++seed) {
    const Mask mask = scattered(90, 70, static_cast<int>(seed) * 6, seed);
    for (const int context : {0, 1, 3, 8}) {
      CAPTURE(seed);
      CAPTURE(context);
      CHECK(hole_regions(mask, context) == naive_regions(mask, context));
    }
  }
}

TEST_CASE("the context of a region may depend on its part") {
  const Mask mask = drawn_mask({"#.........", "..........", ".....###..", ".....###..", "..........", ".........."});
  std::vector<Box> asked;
  const auto regions = hole_regions(mask, [&](const Box& part) {
    asked.push_back(part);
    return part.width() - 1;
  });
  CHECK(asked == std::vector<Box>{{0, 0, 1, 1}, {5, 2, 8, 4}});
  CHECK(regions == std::vector<Box>{{0, 0, 1, 1}, {3, 0, 10, 6}});
  const auto one = hole_regions(mask, [](const Box& part) { return part.width() * 2; });
  CHECK(one == std::vector<Box>{{0, 0, 10, 6}});
  CHECK(hole_regions(Mask(5, 5), [](const Box&) -> int { throw std::logic_error("asked for nothing"); }).empty());
}

TEST_CASE("merged boxes do not overlap, and are sorted by row, then column") {
  CHECK(merged({}).empty());
  CHECK(merged({{5, 5, 9, 9}, {7, 0, 9, 2}, {0, 5, 2, 7}}) ==
        std::vector<Box>{{7, 0, 9, 2}, {0, 5, 2, 7}, {5, 5, 9, 9}});
  CHECK(merged({{0, 0, 4, 4}, {4, 0, 8, 4}}) == std::vector<Box>{{0, 0, 4, 4}, {4, 0, 8, 4}});  // they only touch
  CHECK(merged({{0, 0, 4, 4}, {3, 3, 8, 8}}) == std::vector<Box>{{0, 0, 8, 8}});
  CHECK(merged({{0, 0, 9, 9}, {3, 3, 5, 5}, {0, 0, 9, 9}}) == std::vector<Box>{{0, 0, 9, 9}});
  // The third joins the first two; what comes of that takes in the fourth, which none of them overlaps.
  CHECK(merged({{0, 0, 2, 9}, {8, 0, 10, 2}, {6, 6, 7, 7}, {1, 1, 9, 2}}) == std::vector<Box>{{0, 0, 10, 9}});
}

TEST_CASE("merged: of random boxes each lies in one of the result, whose boxes are apart") {
  cv::RNG random(3);
  for (int round = 0; round < 40; ++round) {
    std::vector<Box> boxes;
    for (int i = 0; i < 3 * round; ++i) {
      const int x = random.uniform(0, 200), y = random.uniform(0, 200);
      boxes.push_back({x, y, x + random.uniform(1, 20), y + random.uniform(1, 20)});
    }
    const std::vector<Box> out = merged(boxes);
    for (const Box& box : boxes) {
      const auto holds = [&](const Box& outer) { return outer.united(box) == outer; };
      CHECK(std::count_if(out.begin(), out.end(), holds) == 1);
    }
    for (size_t i = 0; i < out.size(); ++i) {
      for (size_t j = 0; j < i; ++j) CHECK_FALSE(out[i].overlaps(out[j]));
    }
  }
}

TEST_CASE("composite takes the fill where the mask is 255 and the picture where it is 0") {
  const Mask mask = drawn_mask({"#.", ".#"});
  const Image image = painted_picture(2, 2, 1), fill = painted_picture(2, 2, 9);
  const Image out = composite(image, fill, mask);
  for (const cv::Point at : {cv::Point(0, 0), cv::Point(1, 1)})
    CHECK(out.pixels().at<cv::Vec3b>(at) == fill.pixels().at<cv::Vec3b>(at));
  for (const cv::Point at : {cv::Point(1, 0), cv::Point(0, 1)})
    CHECK(out.pixels().at<cv::Vec3b>(at) == image.pixels().at<cv::Vec3b>(at));
}

TEST_CASE("composite blends by the mask and rounds, in 8 and 16 bits") {
  cv::Mat values(40, 60, CV_8UC1);
  for (int y = 0; y < values.rows; ++y) {
    for (int x = 0; x < values.cols; ++x) values.at<uint8_t>(y, x) = static_cast<uint8_t>((x * 7 + y * 31) % 256);
  }
  const Image narrow = painted_picture(60, 40, 1), wide = painted_16_bit(60, 40, 1);
  CHECK(identical(composite(narrow, painted_picture(60, 40, 5), Mask(values)).pixels(),
                  naive_composite<uint8_t>(narrow.pixels(), painted_picture(60, 40, 5).pixels(), values)));
  CHECK(identical(composite(wide, painted_16_bit(60, 40, 5), Mask(values)).pixels(),
                  naive_composite<uint16_t>(wide.pixels(), painted_16_bit(60, 40, 5).pixels(), values)));
}

TEST_CASE("composite keeps the picture's alpha, whether the fill has one or not") {
  for (const bool deep : {false, true}) {
    const Image plain = deep ? painted_16_bit(20, 12) : painted_picture(20, 12),
                fill = deep ? painted_16_bit(20, 12, 4) : painted_picture(20, 12, 4);
    const Image image = with_painted_alpha(plain);
    for (const Image& with : {fill, fill.with_alpha(cv::Mat(12, 20, image.alpha().type(), cv::Scalar(1)))}) {
      const Image out = composite(image, with, full_mask(20, 12));
      CHECK(identical(out.alpha(), image.alpha()));
      CHECK(identical(out.rgb8(), fill.rgb8()));
      CHECK(identical(composite(image, with, Mask(20, 12)).pixels(), image.pixels()));
    }
    CHECK_FALSE(composite(plain, fill.with_alpha(image.alpha()), full_mask(20, 12)).has_alpha());
  }
}

TEST_CASE("composite wants one size and one depth") {
  const Image image = painted_picture(4, 3);
  CHECK_THROWS_AS(composite(image, painted_picture(3, 4), Mask(4, 3)), std::invalid_argument);
  CHECK_THROWS_AS(composite(image, painted_picture(4, 3), Mask(3, 4)), std::invalid_argument);
  CHECK_THROWS_WITH_AS(composite(image, painted_16_bit(4, 3), Mask(4, 3)), "composite: sizes or depths differ",
                       std::invalid_argument);
}

}  // namespace inpaint::test
