#include "classic/segment/regions.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "drawing.h"
#include "support.h"

namespace inpaint::test {
namespace {

using Corners = std::vector<cv::Point2f>;

MaskRegion only_region(const std::vector<std::string>& lines) {
  const std::vector<MaskRegion> regions = regions_of(drawn_mask(lines));
  REQUIRE(regions.size() == 1);
  return regions[0];
}

// The parts joined into one mask of the picture's size.
cv::Mat painted(const std::vector<MaskRegion>& regions, cv::Size size) {
  cv::Mat out = cv::Mat::zeros(size, CV_8U);
  for (const MaskRegion& region : regions) out(region.box.rect()).setTo(255, region.mask.values());
  return out;
}

// A few overlapping ellipses, without holes.
Mask blob(int seed, cv::Size size) {
  cv::RNG random(static_cast<uint64_t>(seed));
  cv::Mat values = cv::Mat::zeros(size, CV_8U);
  for (int i = 0; i < 5; ++i) {
    const cv::Point at(size.width / 2 + random.uniform(-12, 12), size.height / 2 + random.uniform(-12, 12));
    cv::ellipse(values, at, {random.uniform(3, 25), random.uniform(3, 25)}, random.uniform(0, 180), 0, 360,
                cv::Scalar(255), cv::FILLED);
  }
  return Mask(values);
}

// The farthest that a corner of the part's true edge lies from the outline.
double outline_error(const MaskRegion& region) {
  cv::Mat grid;
  cv::copyMakeBorder(region.mask.values(), grid, 1, 1, 1, 1, cv::BORDER_CONSTANT, cv::Scalar(0));
  double farthest = 0;
  for (int y = 0; y + 1 < grid.rows; ++y) {
    for (int x = 0; x + 1 < grid.cols; ++x) {
      const int inside = cv::countNonZero(grid(cv::Rect(x, y, 2, 2)));
      if (inside == 0 || inside == 4) continue;
      const cv::Point2f corner(static_cast<float>(x + region.box.x0), static_cast<float>(y + region.box.y0));
      farthest = std::max(farthest, std::abs(cv::pointPolygonTest(region.outline, corner, true)));
    }
  }
  return farthest;
}

// COCO's uncompressed run lengths as a mask.
cv::Mat unpacked(const nlohmann::json& segmentation) {
  const int height = segmentation["size"][0], width = segmentation["size"][1];
  cv::Mat columns = cv::Mat::zeros(width, height, CV_8U);
  int at = 0, value = 0;
  for (const int count : segmentation["counts"]) {
    for (int i = 0; i < count; ++i) columns.at<uint8_t>((at + i) / height, (at + i) % height) = value ? 255 : 0;
    at += count;
    value = !value;
  }
  CHECK(at == width * height);
  return columns.t();
}

}  // namespace

TEST_CASE("regions are the connected parts, the largest first") {
  const Mask mask = drawn_mask({
      "##......#",
      "##.......",
      "....###..",
      "....###..",
      "..#......",
  });
  const std::vector<MaskRegion> regions = regions_of(mask);
  REQUIRE(regions.size() == 4);
  CHECK(regions[0].box == Box{4, 2, 7, 4});
  CHECK(regions[0].area == 6);
  CHECK(regions[1].box == Box{0, 0, 2, 2});
  CHECK(regions[2].box == Box{8, 0, 9, 1});  // of equal parts the upper one first
  CHECK(regions[3].box == Box{2, 4, 3, 5});
  CHECK(identical(painted(regions, {9, 5}), mask.values()));
}

TEST_CASE("parts that touch at a corner are one region; soft values count from one half") {
  CHECK(only_region({"#..", ".#.", "..6"}).area == 3);
  CHECK(only_region({"#..", ".#.", "..5"}).area == 2);
  CHECK(regions_of(drawn_mask({"555", "555"})).empty());
  CHECK(regions_of(Mask(30, 20)).empty());
  CHECK(regions_of(Mask()).empty());
}

TEST_CASE("each region's mask is its own part alone") {
  const std::vector<MaskRegion> regions = regions_of(drawn_mask({
      "#####",
      "#...#",
      "#.#.#",
      "#...#",
      "#####",
  }));
  REQUIRE(regions.size() == 2);
  CHECK(drawing(regions[0].mask) == rows({"#####", "#...#", "#...#", "#...#", "#####"}));
  CHECK(drawing(regions[1].mask) == rows({"#"}));
  CHECK(regions[0].has_holes);
  CHECK_FALSE(regions[1].has_holes);
}

TEST_CASE("specks are left out: below a hundredth of the largest part, or of the picture's ten-thousandth") {
  cv::Mat values = cv::Mat::zeros(300, 400, CV_8U);  // a ten-thousandth is 12
  values(cv::Rect(10, 10, 40, 50)).setTo(255);       // a hundredth of it is 20
  values(cv::Rect(100, 10, 5, 4)).setTo(255);
  CHECK(regions_of(Mask(values)).size() == 2);
  values.at<uint8_t>(10, 100) = 0;
  CHECK(regions_of(Mask(values)).size() == 1);
  values(cv::Rect(10, 10, 40, 50)).setTo(0);
  values(cv::Rect(200, 200, 4, 3)).setTo(255);
  CHECK(regions_of(Mask(values)).size() == 2);
  values.at<uint8_t>(200, 200) = 0;
  CHECK(regions_of(Mask(values)).size() == 1);
}

TEST_CASE("the outline runs clockwise along the edges of pixels") {
  CHECK(only_region({"#"}).outline == Corners{{0, 0}, {1, 0}, {1, 1}, {0, 1}});
  CHECK(only_region({"....", "..##"}).outline == Corners{{2, 1}, {4, 1}, {4, 2}, {2, 2}});
  CHECK(cv::contourArea(only_region({
                                        "########....",
                                        "########....",
                                        "########....",
                                        "############",
                                        "############",
                                    })
                            .outline) == 48);
}

TEST_CASE("the outline of parts that meet at a corner holds them both") {
  const MaskRegion region = only_region({
      "....######",
      "....######",
      "....######",
      "####......",
      "####......",
      "####......",
  });
  CHECK(std::abs(cv::contourArea(region.outline)) == 18 + 12);
  CHECK_FALSE(region.has_holes);
  CHECK(outline_error(region) < 1);
}

TEST_CASE("a ring that closes at a corner only has a hole") {
  CHECK(only_region({".#.", "#.#", ".#."}).has_holes);
  CHECK_FALSE(only_region({".#.", "#.#", "..."}).has_holes);
}

TEST_CASE("the simplified outline stays within one pixel of the true edge and is short") {
  for (int seed = 0; seed < 200; ++seed) {
    CAPTURE(seed);
    for (const MaskRegion& region : regions_of(blob(seed, {90, 70}))) {
      if (region.has_holes) continue;
      CHECK(outline_error(region) < 1);
      CHECK(static_cast<double>(std::abs(cv::contourArea(region.outline))) ==
            doctest::Approx(static_cast<double>(region.area)).epsilon(0.03));
    }
  }
  cv::Mat disc = cv::Mat::zeros(400, 400, CV_8U);
  cv::circle(disc, {200, 200}, 150, cv::Scalar(255), cv::FILLED);
  const MaskRegion region = regions_of(Mask(disc)).at(0);
  CHECK(outline_error(region) < 1);
  CHECK(region.outline.size() < 80);
  CHECK(cv::boundingRect(region.outline) == cv::Rect(50, 50, 302, 302));  // which counts the last pixel's end, too
  CHECK(cv::contourArea(region.outline) == doctest::Approx(static_cast<double>(region.area)).epsilon(0.002));
  cv::Mat slope = cv::Mat::zeros(101, 300, CV_8U);
  cv::fillConvexPoly(slope, std::vector<cv::Point>{{0, 0}, {299, 100}, {0, 100}}, cv::Scalar(255));
  CHECK(regions_of(Mask(slope)).at(0).outline.size() <= 8);
}

TEST_CASE("a crop has a margin, and alpha where the region is") {
  cv::Mat values = cv::Mat::zeros(80, 120, CV_8U);
  values(cv::Rect(30, 20, 50, 30)).setTo(255);
  values(cv::Rect(30, 20, 5, 5)).setTo(0);
  values(cv::Rect(82, 30, 4, 4)).setTo(255);  // another part, inside the margin
  const Image picture = painted_picture(120, 80);
  const std::vector<MaskRegion> regions = regions_of(Mask(values));
  REQUIRE(regions.size() == 2);
  const Image crop = crop_region(picture, regions[0]);
  CHECK(crop.width() == 54);  // 4 % of 50 to each side
  CHECK(crop.height() == 34);
  CHECK(identical(crop.rgb8(), picture.pixels()(cv::Rect(28, 18, 54, 34))));
  cv::Mat expected = cv::Mat::zeros(34, 54, CV_8U);
  regions[0].mask.values().copyTo(expected(cv::Rect(2, 2, 50, 30)));
  CHECK(identical(crop.alpha(), expected));
}

TEST_CASE("a crop's margin ends at the picture; depth and alpha of the picture stay") {
  const Image picture = with_painted_alpha(painted_16_bit(20, 10));
  const MaskRegion region = regions_of(full_mask(20, 10)).at(0);
  CHECK(identical(crop_region(picture, region).pixels(), picture.pixels()));
  cv::Mat values = cv::Mat::zeros(10, 20, CV_8U);
  values.colRange(0, 3).setTo(255);
  const Image crop = crop_region(picture, regions_of(Mask(values)).at(0));
  CHECK(crop.width() == 5);
  CHECK(crop.is_16_bit());
  CHECK(identical(crop.alpha().colRange(0, 3), picture.alpha().colRange(0, 3)));
  CHECK(cv::countNonZero(crop.alpha().colRange(3, 5)) == 0);
}

TEST_CASE("regions are told in COCO's fields") {
  const std::vector<MaskRegion> regions = regions_of(drawn_mask({"....##", "#...##", "......"}));
  const nlohmann::json coco = coco_of(regions, "a/b.jpg", {6, 3}, 0.75);
  CHECK(coco["images"].dump() == R"([{"file_name":"a/b.jpg","height":3,"id":1,"width":6}])");
  CHECK(coco["categories"].dump() == R"([{"id":1,"name":"subject"}])");
  REQUIRE(coco["annotations"].size() == 2);
  CHECK(coco["annotations"][0].dump() ==
        R"({"area":4,"bbox":[4,0,2,2],"category_id":1,"id":1,"image_id":1,"iscrowd":0,"score":0.75,)"
        R"("segmentation":[[4.0,0.0,6.0,0.0,6.0,2.0,4.0,2.0]]})");
  CHECK(coco["annotations"][1]["id"] == 2);
  CHECK(coco["annotations"][1]["bbox"].dump() == "[0,1,1,1]");
  CHECK_FALSE(coco_of(regions, "", {6, 3}, std::nullopt)["annotations"][0].contains("score"));
  CHECK(coco_of({}, "a", {6, 3}, 0.5)["annotations"].dump() == "[]");
}

TEST_CASE("a region with holes is told as run lengths down the columns") {
  const std::vector<std::string> ring = {".....", ".###.", ".#.#.", ".####"};
  const nlohmann::json told = coco_of(regions_of(drawn_mask(ring)), "", {5, 4}, {})["annotations"][0];
  CHECK(told["segmentation"].dump() == R"({"counts":[5,3,1,1,1,1,1,3,3,1],"size":[4,5]})");
  CHECK(told["area"] == 9);
  CHECK(told["iscrowd"] == 0);
  cv::Mat values = blob(3, {60, 50}).values().clone();
  cv::circle(values, {30, 25}, 3, cv::Scalar(0), cv::FILLED);
  const nlohmann::json holed = coco_of(regions_of(Mask(values)), "", {60, 50}, {})["annotations"][0];
  REQUIRE(holed["segmentation"].is_object());
  CHECK(identical(unpacked(holed["segmentation"]), values));
}

}  // namespace inpaint::test
