#include <doctest/doctest.h>

#include <algorithm>
#include <random>

#include "drawing.h"
#include "nn/tasks/holes_private.h"

using namespace inpaint;
using namespace inpaint::test;

namespace {

Mask specks(int width, int height, int count, int side, uint32_t seed = 1) {
  cv::Mat values(height, width, CV_8U, cv::Scalar(0));
  std::mt19937 random(seed);
  for (int i = 0; i < count; ++i) {
    const int x = static_cast<int>(random() % static_cast<uint32_t>(width - side));
    const int y = static_cast<int>(random() % static_cast<uint32_t>(height - side));
    values(cv::Rect(x, y, side, side)).setTo(255);
  }
  return Mask(values);
}

Mask boxes(int width, int height, const std::vector<cv::Rect>& list) {
  cv::Mat values(height, width, CV_8U, cv::Scalar(0));
  for (const cv::Rect& box : list) values(box).setTo(255);
  return Mask(values);
}

int64_t total_area(const std::vector<Region>& regions) {
  int64_t area = 0;
  for (const Region& region : regions) area += region.box.rect().area();
  return area;
}

// Each part in one region, with its margin; regions in the picture.
void check_cover(const Holes& holes, const std::vector<Region>& regions, cv::Size picture, int margin) {
  std::vector<int> seen(holes.parts.size());
  for (const Region& region : regions) {
    CHECK(region.box.grown(0, picture.width, picture.height) == region.box);
    for (const int part : region.parts) {
      ++seen[static_cast<size_t>(part)];
      const Box needed = holes.parts[static_cast<size_t>(part)].box.grown(margin, picture.width, picture.height);
      CHECK(region.box.united(needed) == region.box);
    }
  }
  CHECK(std::all_of(seen.begin(), seen.end(), [](int times) { return times == 1; }));
}

}  // namespace

TEST_CASE("connected parts are found with their boxes, corners count as connected") {
  const Holes holes = find_holes(drawn_mask({"......", ".#..1.", "..#...", "......"}));
  CHECK(holes.box == Box{1, 1, 5, 3});
  REQUIRE(holes.parts.size() == 2);
  CHECK(holes.parts[0].box == Box{1, 1, 3, 3});
  CHECK(holes.parts[0].pixels == 2);
  CHECK(holes.parts[1].box == Box{4, 1, 5, 2});
  CHECK(find_holes(Mask(5, 4)).parts.empty());
}

TEST_CASE("a single hole is seen with its margin, in the middle, at the modulus") {
  const Holes holes = find_holes(boxes(4000, 3000, {{1000, 1200, 300, 300}}));
  const std::vector<Region> regions = plan_regions(holes, {4000, 3000}, {std::nullopt, 1280, 8, 128});
  REQUIRE(regions.size() == 1);
  CHECK(regions[0].box == Box{870, 1070, 1430, 1630});  // 300 + 2 * 128 = 556, up to 560
  CHECK(!regions[0].large);
}

TEST_CASE("at a border the view is pushed inwards, and ends with the picture if that is smaller") {
  const Holes corner = find_holes(boxes(2000, 1000, {{1990, 0, 10, 10}}));
  CHECK(plan_regions(corner, {2000, 1000}, {std::nullopt, 1280, 8, 128}).at(0).box == Box{1744, 0, 2000, 256});
  const Holes small = find_holes(boxes(100, 2000, {{50, 1000, 10, 10}}));
  CHECK(plan_regions(small, {100, 2000}, {cv::Size(512, 512), 1280, 1, 128}).at(0).box == Box{0, 749, 100, 1261});
}

TEST_CASE("near holes share a view, far ones do not") {
  const ViewRules rules{std::nullopt, 1280, 8, 128};
  const Holes near = find_holes(boxes(4000, 3000, {{1000, 1000, 50, 50}, {1100, 1000, 50, 50}}));
  CHECK(plan_regions(near, {4000, 3000}, rules).size() == 1);
  const Holes far = find_holes(boxes(4000, 3000, {{1000, 1000, 50, 50}, {3000, 2000, 50, 50}}));
  const std::vector<Region> regions = plan_regions(far, {4000, 3000}, rules);
  REQUIRE(regions.size() == 2);
  CHECK(regions[0].box.rect().size() == regions[1].box.rect().size());  // to share a call
}

TEST_CASE("no view is larger than the limit") {
  const Holes holes = find_holes(boxes(3000, 2000, {{500, 500, 40, 40}, {1500, 900, 120, 60}, {2500, 1500, 100, 100}}));
  const std::vector<Region> regions = plan_regions(holes, {3000, 2000}, {std::nullopt, 200, 8, 20});
  CHECK(regions.size() == 3);
  for (const Region& region : regions) {
    CHECK(!region.large);
    CHECK(region.box.rect().size() == cv::Size(200, 200));
  }
}

TEST_CASE("thousands of specks cost no more than a few pictures, and are all seen with their margin") {
  for (const int count : {200, 5000, 40000}) {
    CAPTURE(count);
    const Mask mask = specks(4000, 3000, count, 3);
    const Holes holes = find_holes(mask);
    const std::vector<Region> regions = plan_regions(holes, mask.values().size(), {std::nullopt, 1280, 8, 128});
    check_cover(holes, regions, mask.values().size(), 128);
    CHECK(total_area(regions) < int64_t{3} * 4000 * 3000);
    CHECK(regions.size() < 200);
    const std::vector<Region> fixed = plan_regions(holes, mask.values().size(), {cv::Size(512, 512), 1280, 1, 64});
    check_cover(holes, fixed, mask.values().size(), 64);
    for (const Region& region : fixed) CHECK(region.box.rect().size() == cv::Size(512, 512));
    CHECK(total_area(fixed) < int64_t{8} * 4000 * 3000);
  }
}

TEST_CASE("a hole beyond the limit is marked; a network of one size takes less margin before that") {
  const Holes holes = find_holes(boxes(4000, 3000, {{1000, 1000, 360, 360}}));
  CHECK(!plan_regions(holes, {4000, 3000}, {std::nullopt, 1280, 8, 128}).at(0).large);
  CHECK(!plan_regions(holes, {4000, 3000}, {cv::Size(512, 512), 1280, 1, 128}).at(0).large);
  CHECK(plan_regions(holes, {4000, 3000}, {cv::Size(400, 400), 1280, 1, 128}).at(0).large);
  CHECK(plan_regions(holes, {4000, 3000}, {std::nullopt, 600, 8, 128}).at(0).large);
}

TEST_CASE("a long scratch gets the context of its width") {
  const Holes holes = find_holes(boxes(4000, 3000, {{500, 1000, 900, 4}}));
  CHECK(plan_regions(holes, {4000, 3000}, {std::nullopt, 1280, 8, 128}).at(0).box.height() == 264);
}
