#include "nn/tasks/tiles_private.h"

#include <doctest/doctest.h>

#include <cmath>

#include "drawing.h"
#include "nn/tasks/fake_net.h"
#include "nn/tasks/net_inpainter.h"

using namespace inpaint;
using namespace inpaint::test;

namespace {

const ViewRules usual{std::nullopt, 1280, 8, 128};

cv::Mat none(int width, int height) { return cv::Mat(height, width, CV_8U, cv::Scalar(0)); }

cv::Mat scratch(int width, int height, cv::Point from, cv::Point to, int thickness) {
  cv::Mat values = none(width, height);
  cv::line(values, from, to, 255, thickness);
  return values;
}

int64_t cost(const TilePlan& plan) {
  int64_t area = 0;
  for (const Region& tile : plan.tiles) area += tile.box.rect().area();
  return area;
}

// Every thin pixel is filled by some tile, and each that fills it sees `margin` pixels around it.
void check_cover(const TilePlan& plan, int margin) {
  cv::Mat missing = plan.thin.clone();
  const cv::Size picture = plan.thin.size();
  for (const Region& tile : plan.tiles) {
    const cv::Rect area = tile.core.grown(plan.overlap / 2, picture.width, picture.height).rect();
    missing(area).setTo(0);
    const cv::Rect own = cv::boundingRect(plan.thin(area)) + area.tl();
    const Box needed = Box{own.x, own.y, own.br().x, own.br().y}.grown(margin, picture.width, picture.height);
    CHECK(tile.box.united(needed) == tile.box);
  }
  CHECK(cv::countNonZero(missing) == 0);
}

// Linear in x and y.
Image ramp(int width, int height) {
  cv::Mat pixels(height, width, CV_16UC3);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      pixels.at<cv::Vec3w>(y, x) =
          cv::Vec3w(static_cast<uint16_t>(9 * x), static_cast<uint16_t>(8 * y), static_cast<uint16_t>(5 * x + 4 * y));
    }
  }
  return Image(pixels);
}

struct Filled {
  FillResult result;
  std::vector<std::vector<int64_t>> shapes;
};

Filled filled(const FakeNet::Answer& answer, const Image& image, const cv::Mat& hole,
              const LargeOptions& options = {}) {
  const auto net = std::make_shared<FakeNet>(answer);
  const FillResult result = NetInpainter(fill_card(), net, options).fill({image, Mask(hole), {}, 0, {}});
  CHECK(cv::norm(result.image.pixels(), image.pixels(), cv::NORM_INF, hole == 0) == 0);
  return {result, net->shapes()};
}

int64_t fed(const Filled& done) {
  int64_t pixels = 0;
  for (const auto& shape : done.shapes) pixels += shape[0] * shape[2] * shape[3];
  return pixels;
}

}  // namespace

TEST_CASE("tiles cover a scratch across a large scan for a part of the picture's area") {
  const cv::Mat across = scratch(4000, 3000, {30, 40}, {3950, 2900}, 7);
  const TilePlan plan = plan_tiles(across, across, usual);
  CHECK(identical(plan.thin, across));
  check_cover(plan, 128);
  CHECK(cost(plan) < 4000 * 3000 / 2);
  const cv::Mat upright = scratch(4000, 3000, {1700, 0}, {1700, 2999}, 5);
  const TilePlan strip = plan_tiles(upright, upright, usual);
  check_cover(strip, 128);
  CHECK(cost(strip) < 3000 * 450);  // 5 + 2 * 128, up to 320, and what views share
}

TEST_CASE("scratches that cross share tiles; many cost little more than the picture") {
  cv::Mat hole = none(3000, 2000);
  for (int i = 0; i < 60; ++i) {
    const int at = i * 50;
    cv::line(hole, {at, 0}, {3000 - at, 1999}, 255, 6);
  }
  const TilePlan plan = plan_tiles(hole, hole, usual);
  check_cover(plan, 128);
  CHECK(cost(plan) < 2 * 3000 * 2000);
}

TEST_CASE("what is wider than the margin is no work for tiles, what hangs on it is") {
  cv::Mat hole = none(3000, 2000);
  const cv::Rect blot(1200, 600, 500, 700);
  hole(blot).setTo(255);
  CHECK(plan_tiles(hole, hole, usual).tiles.empty());
  cv::line(hole, {1300, 700}, {2900, 1900}, 255, 9);
  const TilePlan plan = plan_tiles(hole, hole, usual);
  check_cover(plan, 128);
  CHECK(cv::countNonZero(plan.thin(blot)) == 0);
  CHECK(plan.thin.at<uint8_t>(1900, 2900) == 255);
  CHECK(plan.thin.at<uint8_t>(1600, 2500) == 255);
}

TEST_CASE("at the picture's border nothing is known beyond it") {
  cv::Mat frame = none(3000, 2000);
  frame(cv::Rect(0, 0, 3000, 100)).setTo(255);  // known on one side only: as a stroke of 200
  CHECK(plan_tiles(frame, frame, usual).tiles.empty());
  frame(cv::Rect(0, 60, 3000, 40)).setTo(0);
  const TilePlan plan = plan_tiles(frame, frame, usual);
  CHECK(identical(plan.thin, frame));
  check_cover(plan, 128);
}

TEST_CASE("where a tile would know too little, none is made") {
  cv::Mat stripes = none(3000, 2000);
  for (int y = 10; y < 1990; y += 44) stripes(cv::Rect(10, y, 2980, 40)).setTo(255);
  stripes(cv::Rect(10, 10, 2, 1980)).setTo(255);
  CHECK(plan_tiles(stripes, stripes, usual).tiles.empty());
}

TEST_CASE("a network of one size gets tiles of that size; small limits work too") {
  const cv::Mat hole = scratch(2000, 1500, {10, 20}, {1900, 1400}, 5);
  const TilePlan plan = plan_tiles(hole, hole, {cv::Size(512, 512), 1280, 1, 128});
  check_cover(plan, 128);
  for (const Region& tile : plan.tiles) CHECK(tile.box.rect().size() == cv::Size(512, 512));
  CHECK(plan.tiles.size() < 20);
  const TilePlan small = plan_tiles(hole, hole, {std::nullopt, 64, 8, 128});
  check_cover(small, 16);
  for (const Region& tile : small.tiles) CHECK(tile.box.rect().size() == cv::Size(64, 64));
}

TEST_CASE("tiles lie alike wherever the hole is") {
  const cv::Mat here = scratch(4000, 3000, {600, 600}, {2500, 2000}, 5);
  const cv::Mat there = scratch(4000, 3000, {907, 711}, {2807, 2111}, 5);
  const TilePlan a = plan_tiles(here, here, usual), b = plan_tiles(there, there, usual);
  REQUIRE(a.tiles.size() == b.tiles.size());
  for (size_t i = 0; i < a.tiles.size(); ++i) {
    CHECK(a.tiles[i].box.rect() + cv::Point(307, 111) == b.tiles[i].box.rect());
  }
}

TEST_CASE("a long scratch is filled at full scale, in little time, without seams") {
  const Image image = ramp(4000, 3000);
  const cv::Mat hole = scratch(4000, 3000, {30, 40}, {3950, 2900}, 7);
  const Filled done = filled(interpolated, image, hole);
  CHECK(fed(done) < 4000 * 3000 / 2);
  for (const auto& shape : done.shapes) CHECK(std::max(shape[2], shape[3]) <= 1280);
  CHECK(largest_difference(done.result.image.pixels(), image.pixels()) <= 2);  // of 65535: floats and rounding
  REQUIRE(done.result.holes.size() == 1);
  CHECK(done.result.holes[0].reason.empty());
}

TEST_CASE("where tiles disagree, one passes into the next") {
  int calls = 0;
  const auto unsteady = [&calls](const std::vector<Tensor>& inputs) {
    const float grey = ++calls % 2 == 0 ? 0.4f : 0.6f;
    return one_color(grey, grey, grey)(inputs);
  };
  const Image image = flat_picture(3000, 500, 128, 128, 128);
  const cv::Mat hole = scratch(3000, 500, {20, 250}, {2980, 250}, 5);
  const Filled done = filled(unsteady, image, hole);
  REQUIRE(calls > 2);
  const cv::Mat row = done.result.image.pixels().row(250).colRange(20, 2981);
  double least = 0, most = 0;
  cv::Mat step;
  cv::absdiff(row.colRange(1, row.cols), row.colRange(0, row.cols - 1), step);
  CHECK(cv::norm(step, cv::NORM_INF) <= 3);  // 51 levels over 32 pixels, rounded
  cv::minMaxLoc(row.reshape(1), &least, &most);
  CHECK(least == 102);
  CHECK(most == 153);
}

TEST_CASE("a blot with scratches: tiles for these, then coarse to fine for that") {
  const Image image = ramp(1500, 1100);
  cv::Mat hole = none(1500, 1100);
  cv::circle(hole, {700, 500}, 200, 255, cv::FILLED);
  cv::line(hole, {700, 500}, {1480, 1080}, 255, 7);
  cv::line(hole, {700, 500}, {20, 200}, 255, 7);
  const Filled done = filled(interpolated, image, hole, {"crop", 800, 64, 384});
  CHECK(largest_difference(done.result.image.pixels(), image.pixels()) < 100);
  CHECK(done.result.holes.size() == 1);
}

TEST_CASE("tiles blend soft mask values, keep grey grey, alpha and 8 bits") {
  cv::Mat hole = scratch(2400, 300, {20, 150}, {2380, 150}, 5);
  hole.row(152).setTo(51, hole.row(152));  // a fifth
  const Image grey(cv::Mat(300, 2400, CV_8UC3, cv::Scalar::all(100)), nullptr, true);
  const Image image = with_painted_alpha(grey);
  const Filled done = filled(one_color(0.9f, 0.6f, 0.3f), image, hole);
  CHECK(identical(done.result.image.alpha(), image.alpha()));
  const auto pixel = [&](int y) { return done.result.image.pixels().at<cv::Vec4b>(y, 1000); };
  for (int c = 0; c < 3; ++c) {
    CHECK(pixel(150)[c] == 153);
    CHECK(pixel(152)[c] == 111);  // 100 + 53 / 5
  }
  CHECK(done.result.image.grey() == image.grey());
}

TEST_CASE("too little memory for a tile: smaller ones, with the same scratch filled") {
  const Image image = ramp(3000, 2000);
  const cv::Mat hole = scratch(3000, 2000, {30, 40}, {2950, 1900}, 7);
  const auto narrow = [](const std::vector<Tensor>& inputs) {
    if (inputs[0].extent(2) * inputs[0].extent(3) > 300 * 300) throw std::bad_alloc();
    return interpolated(inputs);
  };
  const Filled done = filled(narrow, image, hole);
  CHECK(largest_difference(done.result.image.pixels(), image.pixels()) < 60);
  CHECK(done.result.holes.at(0).reason.find("not enough memory") != std::string::npos);
}
