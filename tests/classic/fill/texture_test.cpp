#include "classic/fill/texture.h"

#include <doctest/doctest.h>

#include "classic/fill/holes.h"
#include "classic/fill/patch/helpers.h"

namespace inpaint::test {
namespace {

Mask hole() { return hole_in(160, 120, {{60, 40, 44, 36}}); }

// The picture with its hole as a network fills it: right in the large, without anything fine.
Image smooth_in_hole(const Image& image, const Mask& mask) {
  cv::Mat blurred;
  cv::GaussianBlur(image.pixels(), blurred, {}, 5);
  return composite(image, image.with_pixels(blurred), mask);
}

// Mean |difference| of neighbours in a row, inside the hole.
double roughness(const Image& image) {
  cv::Mat grey, step;
  cv::cvtColor(image.rgb8(), grey, cv::COLOR_RGB2GRAY);
  const cv::Mat inside = grey(cv::Rect(64, 44, 36, 28));
  cv::absdiff(inside.colRange(1, 36), inside.colRange(0, 35), step);
  return cv::mean(step)[0];
}

// Dark noise to the left of x = 80, light noise to the right.
Image two_grounds() {
  const Image dark = noisy(160, 120, 80, 14, 0.8, 1), light = noisy(160, 120, 170, 14, 0.8, 2);
  cv::Mat pixels = dark.pixels().clone();
  const cv::Rect right(80, 0, 80, 120);
  light.pixels()(right).copyTo(pixels(right));
  return Image(pixels);
}

double mean_of(const Image& image, const cv::Rect& part) { return cv::mean(image.pixels()(part))[0]; }

}  // namespace

TEST_CASE("texture of the surroundings comes back, light and dark stay where the fill has them") {
  const Image truth = two_grounds(), smooth = smooth_in_hole(truth, hole());
  REQUIRE(roughness(smooth) < 0.4 * roughness(truth));
  const Image done = add_texture(smooth, hole(), {});
  CHECK(roughness(done) > 0.7 * roughness(truth));
  CHECK(roughness(done) < 1.3 * roughness(truth));
  CHECK(std::abs(mean_of(done, {62, 44, 12, 28}) - 80) < 6);
  CHECK(std::abs(mean_of(done, {88, 44, 12, 28}) - 170) < 6);
}

TEST_CASE("texture comes back by strength") {
  const Image truth = two_grounds(), smooth = smooth_in_hole(truth, hole());
  const cv::Mat whole = add_texture(smooth, hole(), {}).pixels();
  CHECK(identical(add_texture(smooth, hole(), {}, 0).pixels(), smooth.pixels()));
  cv::Mat mean;
  cv::addWeighted(whole, 0.5, smooth.pixels(), 0.5, 0, mean);
  CHECK(largest_difference(add_texture(smooth, hole(), {}, 0.5).pixels(), mean) <= 1);
}

TEST_CASE("a fill that is the other way round than its surroundings suggest is followed") {
  // A light bar in the middle of the hole that nothing around tells of.
  Image smooth = smooth_in_hole(two_grounds(), hole());
  cv::Mat pixels = smooth.pixels().clone();
  pixels(cv::Rect(60, 40, 20, 16)).setTo(cv::Scalar::all(170));
  const Image done = add_texture(Image(pixels), hole(), {});
  CHECK(mean_of(done, {62, 42, 14, 11}) > 155);
  CHECK(mean_of(done, {62, 62, 14, 11}) < 95);
}

TEST_CASE("nothing is added where the surroundings are smooth") {
  const Image slope = sloping(160, 120);
  CHECK(largest_difference(add_texture(slope, hole(), {}).pixels(), slope.pixels()) <= 1);
}

TEST_CASE("texture: known pixels stay bit for bit, soft ones change in proportion, alpha stays; 8 and 16 bit") {
  cv::Mat soft = hole().values().clone();
  soft(cv::Rect(60, 40, 44, 1)).setTo(1);
  const Mask mask(soft);
  for (const Image& truth : {two_grounds(), deep(two_grounds()), with_painted_alpha(two_grounds())}) {
    const Image smooth = smooth_in_hole(truth, mask), done = add_texture(smooth, mask, {});
    CHECK(done.pixels().type() == smooth.pixels().type());
    CHECK(cv::norm(done.pixels(), smooth.pixels(), cv::NORM_INF, mask.values() == 0) == 0);
    CHECK(identical(done.alpha(), smooth.alpha()));
    const double one_in_255 = truth.max_value() / 255.0;
    CHECK(cv::norm(done.pixels(), smooth.pixels(), cv::NORM_INF, mask.values() == 1) <= one_in_255);
    CHECK(cv::norm(done.pixels(), smooth.pixels(), cv::NORM_INF, mask.values() == 255) > 10 * one_in_255);
  }
}

TEST_CASE("texture: where there is no patch to take, the fill stays as it is") {
  const Image image = two_grounds();
  const Mask rims = hole_in(160, 120, {{2, 2, 156, 116}});
  CHECK(identical(add_texture(image, rims, {}).pixels(), image.pixels()));
  CHECK(identical(add_texture(image, Mask(160, 120), {}).pixels(), image.pixels()));
  CHECK(identical(add_texture(image, full_mask(160, 120), {}).pixels(), image.pixels()));
  CHECK_THROWS_AS(add_texture(image, Mask(10, 10), {}), std::invalid_argument);
}

TEST_CASE("a guide must have the picture's size and depth") {
  PatchOptions options;
  options.guide = painted_picture(10, 10);
  CHECK_THROWS_AS(fill_patch(two_grounds(), hole(), options), std::invalid_argument);
  options.guide = deep(two_grounds());
  CHECK_THROWS_AS(fill_patch(two_grounds(), hole(), options), std::invalid_argument);
}

}  // namespace inpaint::test
