#include "classic/fill/automatic.h"

#include <doctest/doctest.h>

#include "classic/fill/diffusion.h"
#include "classic/fill/holes.h"
#include "classic/fill/patch/helpers.h"
#include "core/error.h"

namespace inpaint::test {
namespace {

constexpr int width = 200, height = 120;
const cv::Rect scratch(20, 60, 60, 2), block(130, 40, 30, 30);

Image textured() { return noisy(width, height, 128, 40, 1.2); }

// What filled a picture, hole by hole: "method@x,y".
std::vector<std::string> methods_for(const Image& image, const std::vector<cv::Rect>& holes) {
  std::vector<FilledHole> report;
  fill_automatically(image, hole_in(image.width(), image.height(), holes), {}, &report);
  std::vector<std::string> out;
  for (const FilledHole& hole : report) {
    out.push_back(hole.method + "@" + std::to_string(hole.box.x0) + "," + std::to_string(hole.box.y0));
    CHECK(hole.reason == "");
  }
  return out;
}

using Methods = std::vector<std::string>;

}  // namespace

TEST_CASE("automatic: the rule") {
  // Smooth and enclosed, up to 8 pixels wide.
  CHECK(suits_diffusion({8, 0.9, false}));
  CHECK_FALSE(suits_diffusion({8.1, 0.9, false}));
  CHECK_FALSE(suits_diffusion({8, 1, false}));
  CHECK_FALSE(suits_diffusion({8, 0.9, true}));
  // Scratches through strong texture.
  CHECK(suits_diffusion({6, 21, false}));
  CHECK(suits_diffusion({1, 90, true}));
  CHECK_FALSE(suits_diffusion({6, 20, false}));
  CHECK_FALSE(suits_diffusion({6.1, 90, false}));
}

TEST_CASE("automatic: a scratch is diffused, bit for bit as by fill_diffusion") {
  const Mask mask = hole_in(width, height, {scratch});
  std::vector<FilledHole> report;
  const Image out = fill_automatically(textured(), mask, {}, &report);
  CHECK(identical(out.pixels(), fill_diffusion(textured(), mask, Diffusion::navier_stokes, 5).pixels()));
  REQUIRE(report.size() == 1);
  CHECK(report[0].method == "navier-stokes");
  CHECK(report[0].box == Box{20, 60, 80, 62});
  CHECK(report[0].pixels == 120);
}

TEST_CASE("automatic: a wide textured hole is patched, bit for bit as by fill_patch") {
  const Mask mask = hole_in(width, height, {block});
  std::vector<FilledHole> report;
  const Image out = fill_automatically(textured(), mask, {}, &report);
  CHECK(identical(out.pixels(), fill_patch(textured(), mask, {}).pixels()));
  REQUIRE(report.size() == 1);
  CHECK(report[0].method == "patch");
  CHECK(report[0].box == Box{130, 40, 160, 70});
}

TEST_CASE("automatic: each hole in one picture by what suits it") {
  CHECK(methods_for(textured(), {scratch, block}) == Methods{"navier-stokes@20,60", "patch@130,40"});
  CHECK(methods_for(textured(), {scratch, block, {20, 10, 2, 2}}) ==
        Methods{"navier-stokes@20,10", "navier-stokes@20,60", "patch@130,40"});
  // A scratch that is close to a wide hole belongs to it.
  CHECK(methods_for(textured(), {{100, 50, 25, 2}, block}) == Methods{"patch@100,40"});
}

TEST_CASE("automatic: of holes as wide as seven pixels those without texture around are diffused") {
  const cv::Rect hole(60, 50, 7, 9);
  CHECK(methods_for(sloping(width, height), {hole}) == Methods{"navier-stokes@60,50"});
  CHECK(methods_for(textured(), {hole}) == Methods{"patch@60,50"});
  CHECK(methods_for(sloping(width, height), {{60, 50, 14, 14}}) == Methods{"patch@60,50"});
  CHECK(methods_for(sloping(width, height), {{60, 0, 7, 3}}) == Methods{"patch@60,0"});
  CHECK(methods_for(sloping(width, height), {{0, 50, 3, 7}}) == Methods{"patch@0,50"});
}

TEST_CASE("automatic: what stands in the holes decides nothing and leaves no trace") {
  const Mask mask = hole_in(width, height, {scratch, block, {60, 20, 10, 10}, {0, 0, 9, 9}});
  for (const Image& image : {textured(), with_painted_alpha(deep(textured())), sloping(width, height)}) {
    std::vector<FilledHole> one, two;
    const Image first = fill_automatically(with_garbage_in(image, mask, 1), mask, {}, &one);
    CHECK(identical(first.pixels(), fill_automatically(with_garbage_in(image, mask, 2), mask, {}, &two).pixels()));
    REQUIRE(one.size() == two.size());
    for (size_t i = 0; i < one.size(); ++i) CHECK(one[i].method == two[i].method);
  }
}

TEST_CASE("automatic: pixels outside the holes stay, soft ones are blended, alpha is kept") {
  cv::Mat values = hole_in(width, height, {scratch, block}).values().clone();
  cv::GaussianBlur(values, values, {3, 3}, 0);
  const Mask soft(values), hard(cv::Mat(values > 0));
  for (const Image& image : {textured(), deep(textured()), with_painted_alpha(textured())}) {
    const Image out = fill_automatically(image, soft, {});
    CHECK(same_outside(out, image, soft));
    CHECK(identical(out.alpha(), image.alpha()));
    CHECK(identical(out.pixels(), composite(image, fill_automatically(image, hard, {}), soft).pixels()));
  }
}

TEST_CASE("automatic: the search area is respected, beside a scratch, too") {
  cv::Mat rgb = textured().pixels().clone();
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) rgb.at<cv::Vec3b>(y, x)[x < 100 ? 2 : 0] = 0;
  }
  PatchOptions options;
  options.search_area = hole_in(width, height, {{0, 0, 100, height}});
  const Mask mask = hole_in(width, height, {scratch, {130, 30, 40, 50}});
  const Image out = fill_automatically(Image(rgb), mask, options);
  const cv::Scalar core = cv::mean(out.pixels()(cv::Rect(145, 50, 10, 10)));
  CHECK(core[0] > 60);
  CHECK(core[2] < 70);
}

TEST_CASE("automatic: an empty mask changes nothing, one without known pixels fails") {
  std::vector<FilledHole> report;
  CHECK(identical(fill_automatically(textured(), Mask(width, height), {}, &report).pixels(), textured().pixels()));
  CHECK(report.empty());
  CHECK_THROWS_WITH_AS(fill_automatically(textured(), full_mask(width, height), {}),
                       "the mask covers the whole picture: nothing is left to fill from", ItemError);
  CHECK_THROWS_AS(fill_automatically(painted_picture(1, 1), drawn_mask({"1"}), {}), ItemError);
  CHECK_THROWS_AS(fill_automatically(textured(), Mask(height, width), {}), std::invalid_argument);
}

TEST_CASE("automatic: wrong options are refused whatever the holes suit") {
  const Mask thin = hole_in(width, height, {scratch}), both = hole_in(width, height, {scratch, block});
  for (const Mask& mask : {thin, both}) {
    PatchOptions options;
    options.search_area = Mask(3, 3);
    CHECK_THROWS_AS(fill_automatically(textured(), mask, options), std::invalid_argument);
    options = {};
    options.patch_size = 4;
    CHECK_THROWS_AS(fill_automatically(textured(), mask, options), std::invalid_argument);
  }
}

TEST_CASE("automatic: small pictures") {
  for (const cv::Size size : {cv::Size(2, 1), cv::Size(5, 4), cv::Size(2, 40), cv::Size(20, 20)}) {
    const Image flat = flat_picture(size.width, size.height, 40, 80, 120);
    const Mask mask = hole_in(size.width, size.height, {{0, 0, size.width - 1, size.height}});
    const Image out = fill_automatically(with_garbage_in(flat, mask, 1), mask, {});
    CHECK(worst_error(out, flat, mask) <= 1);
  }
}

TEST_CASE("automatic: what was diffused is no texture to take") {
  // The scratch would be all that is red: a patch that shows it would bring red into the block.
  cv::Mat rgb = textured().pixels().clone();
  const Mask mask = hole_in(width, height, {scratch, block});
  const auto filled_block = [&](int red) {
    cv::Mat painted = rgb.clone();
    painted(scratch).setTo(cv::Scalar(red, 0, 0));
    return fill_automatically(Image(painted), mask, {}).pixels()(block).clone();
  };
  CHECK(identical(filled_block(255), filled_block(0)));
}

TEST_CASE("automatic: with a search area all is patched, since diffusion takes from the rim") {
  PatchOptions options;
  options.search_area = hole_in(width, height, {{0, 0, 100, 50}});
  std::vector<FilledHole> report;
  const Mask mask = hole_in(width, height, {scratch, block});
  const Image out = fill_automatically(textured(), mask, options, &report);
  CHECK(identical(out.pixels(), fill_patch(textured(), mask, options).pixels()));
  for (const FilledHole& hole : report) CHECK(hole.method == "patch");
  CHECK_FALSE(report.empty());
}

TEST_CASE("automatic: the same bits for any number of threads") {
  const Mask mask = hole_in(width, height, {scratch, block});
  const auto with = [&](int threads) {
    const Threads limit(threads);
    return fill_automatically(textured(), mask, {}).pixels();
  };
  const cv::Mat one = with(1);
  CHECK(identical(with(4), one));
}

}  // namespace inpaint::test
