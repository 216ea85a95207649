#include "classic/fill/patch.h"

#include <doctest/doctest.h>

#include "classic/fill/diffusion.h"
#include "classic/fill/holes.h"
#include "classic/fill/patch/helpers.h"
#include "core/error.h"

namespace inpaint::test {
namespace {

constexpr int width = 110, height = 90;

Mask middle_hole() { return hole_in(width, height, {{42, 32, 24, 22}}); }

Image filled(const Image& image, const Mask& mask, const PatchOptions& options = {}) {
  return fill_patch(image, mask, options);
}

double deviation(const Image& image, const cv::Rect& part) {
  cv::Scalar mean, spread;
  cv::meanStdDev(image.pixels()(part), mean, spread);
  return spread[0];
}

// A square of soft noise, again and again.
Image tiled(int w, int h, int side) {
  const cv::Mat tile = noisy(side, side, 128, 40).pixels();
  cv::Mat rgb(h, w, CV_8UC3);
  for (int y = 0; y < h; ++y) {
    for (int x = 0; x < w; ++x) rgb.at<cv::Vec3b>(y, x) = tile.at<cv::Vec3b>(y % side, x % side);
  }
  cv::GaussianBlur(rgb, rgb, {0, 0}, 1.2);
  return Image(rgb);
}

// The same in each bit depth, with and without alpha.
std::vector<Image> of_each_type(const Image& image) {
  return {image, deep(image), with_painted_alpha(image), with_painted_alpha(deep(image))};
}

Mask soft_mask() {
  cv::Mat values = middle_hole().values().clone();
  cv::GaussianBlur(values, values, {9, 9}, 0);
  return Mask(values);
}

}  // namespace

TEST_CASE("patch: pixels outside the hole stay bit for bit, and alpha everywhere") {
  const Mask mask = soft_mask();
  for (const Image& image : of_each_type(noisy(width, height, 128, 40, 1))) {
    const cv::Mat before = image.pixels().clone();
    const Image out = filled(image, mask);
    CHECK(same_outside(out, image, mask));
    CHECK(identical(out.alpha(), image.alpha()));
    CHECK_FALSE(identical(out.pixels(), before));
    CHECK(identical(image.pixels(), before));
  }
}

TEST_CASE("patch: a soft mask blends what its hard one fills") {
  const Mask soft = soft_mask(), hard(cv::Mat(soft.values() > 0));
  for (const Image& image : of_each_type(noisy(width, height, 128, 40, 1))) {
    CHECK(identical(filled(image, soft).pixels(), composite(image, filled(image, hard), soft).pixels()));
  }
}

TEST_CASE("patch: what stands in the hole does not matter") {
  const Mask mask = hole_in(width, height, {{42, 32, 24, 22}, {0, 0, 9, 7}, {100, 60, 10, 6}, {20, 70, 1, 1}});
  for (const Image& image : of_each_type(noisy(width, height, 128, 40, 1))) {
    const Image one = with_garbage_in(image, mask, 1), two = with_garbage_in(image, mask, 2);
    REQUIRE_FALSE(identical(one.pixels(), two.pixels()));
    CHECK(identical(filled(one, mask).pixels(), filled(two, mask).pixels()));
  }
}

TEST_CASE("patch: the same bits for any number of threads, and for the same seed") {
  const Image image = noisy(width, height, 128, 40, 1.5);
  const auto with = [&](int threads, uint64_t seed) {
    const Threads limit(threads);
    PatchOptions options;
    options.seed = seed;
    return filled(image, middle_hole(), options).pixels();
  };
  const cv::Mat one = with(1, 3);
  for (const int threads : {1, 2, 4}) CHECK(identical(with(threads, 3), one));
  CHECK_FALSE(identical(with(2, 4), one));
}

TEST_CASE("patch: every effort continues stripes through a hole") {
  const Image image = striped(width, height, 12);
  for (const Effort effort : {Effort::fast, Effort::normal, Effort::best}) {
    PatchOptions options;
    options.effort = effort;
    const Image out = filled(with_garbage_in(image, middle_hole(), 1), middle_hole(), options);
    CHECK(mean_error(out, image, middle_hole()) < 3);
    CHECK(worst_error(out, image, middle_hole()) < 30);
  }
}

TEST_CASE("patch: checks and tiles go on") {
  for (const Image& image :
       {checked(width, height, 7), checked(width, height, 12), tiled(width, height, 14), tiled(width, height, 21)}) {
    CHECK(mean_error(filled(with_garbage_in(image, middle_hole(), 1), middle_hole()), image, middle_hole()) < 2);
  }
}

TEST_CASE("patch: a smooth slope stays smooth, in 8 bits and in 16") {
  const Image slope = sloping(width, height);
  for (const Image& image : {slope, deep(slope)}) {
    const Image out = filled(with_garbage_in(image, middle_hole(), 1), middle_hole());
    CHECK(mean_error(out, image, middle_hole()) < 2);
    CHECK(worst_error(out, image, middle_hole()) * 255 / image.max_value() < 6);
  }
}

TEST_CASE("patch: noise keeps its strength") {
  for (const double blur : {0.0, 1.0, 2.0}) {
    const Image image = noisy(width, height, 128, 30, blur);
    const cv::Rect inner(46, 36, 16, 14);
    const double ratio = deviation(filled(image, middle_hole()), inner) / deviation(image, inner);
    CAPTURE(blur);
    CAPTURE(ratio);
    CHECK(ratio > 0.65);
    CHECK(ratio < 1.35);
  }
}

TEST_CASE("patch: a hole at each border and corner") {
  const Image image = striped(width, height, 12);
  for (const cv::Rect hole :
       {cv::Rect(0, 30, 14, 16), cv::Rect(96, 30, 14, 16), cv::Rect(40, 0, 16, 14), cv::Rect(40, 76, 16, 14),
        cv::Rect(0, 0, 12, 12), cv::Rect(98, 0, 12, 12), cv::Rect(0, 78, 12, 12), cv::Rect(98, 78, 12, 12)}) {
    CAPTURE(hole.x);
    CAPTURE(hole.y);
    const Mask mask = hole_in(width, height, {hole});
    CHECK(mean_error(filled(with_garbage_in(image, mask, 1), mask), image, mask) < 12);
  }
}

TEST_CASE("patch: a hole across the whole picture") {
  const Image image = striped(width, height, 12);
  const Mask mask = hole_in(width, height, {{0, 40, width, 16}});
  CHECK(mean_error(filled(with_garbage_in(image, mask, 1), mask), image, mask) < 6);
}

TEST_CASE("patch: most of the picture missing") {
  const Image image = striped(width, height, 12);
  const Mask mask = hole_in(width, height, {{0, 30, width, 60}});
  const Image out = filled(with_garbage_in(image, mask, 1), mask);
  CHECK(same_outside(out, image, mask));
  CHECK(mean_error(out, image, mask) < 40);
  CHECK(deviation(out, {0, 40, width, 40}) > 30);
}

TEST_CASE("patch: single pixels, and many small holes") {
  const Image image = noisy(width, height, 128, 40, 3);
  cv::Mat values = cv::Mat::zeros(height, width, CV_8U);
  cv::RNG random(4);
  for (int i = 0; i < 40; ++i) {
    const int size = i % 2 ? 1 : 4;
    values(cv::Rect(random.uniform(0, width - 4), random.uniform(0, height - 4), size, size)).setTo(255);
  }
  const Mask mask(values);
  std::vector<FilledHole> report;
  const Image out = fill_patch(with_garbage_in(image, mask, 1), mask, {}, &report);
  CHECK(same_outside(out, image, mask));
  CHECK(mean_error(out, image, mask) < 12);
  CHECK(report.size() == 1);
}

TEST_CASE("patch: holes far apart are filled by themselves") {
  const Image image = striped(700, 40, 12);
  const Mask mask = hole_in(700, 40, {{60, 12, 8, 9}, {600, 20, 10, 6}});
  std::vector<FilledHole> report{FilledHole{{}, 1, "before", ""}};
  const Image out = fill_patch(with_garbage_in(image, mask, 1), mask, {}, &report);
  CHECK(mean_error(out, image, mask) < 4);
  REQUIRE(report.size() == 3);
  CHECK(report[0].method == "before");
  CHECK(report[1].box == Box{60, 12, 68, 21});
  CHECK(report[1].pixels == 72);
  CHECK(report[2].box == Box{600, 20, 610, 26});
  for (size_t i = 1; i < 3; ++i) {
    CHECK(report[i].method == "patch");
    CHECK(report[i].reason == "");
  }
}

TEST_CASE("patch: an empty mask changes nothing and reports nothing") {
  for (const Image& image : of_each_type(painted_picture(30, 20))) {
    std::vector<FilledHole> report;
    CHECK(identical(fill_patch(image, Mask(30, 20), {}, &report).pixels(), image.pixels()));
    CHECK(report.empty());
  }
}

TEST_CASE("patch: watch sees pictures of the region's size, by names that differ") {
  PatchOptions options;
  std::vector<std::string> names;
  options.watch = [&](const std::string& name, const Image& estimate, const Image& field) {
    names.push_back(name);
    CHECK(estimate.pixels().type() == CV_8UC3);
    CHECK(field.pixels().size() == estimate.pixels().size());
    const bool finest = name.find("scale0") != std::string::npos;
    CHECK(estimate.pixels().size() == (finest ? cv::Size(width, height) : cv::Size(width / 2, height / 2)));
  };
  const Image image = striped(width, height, 12);
  CHECK(identical(filled(image, middle_hole(), options).pixels(), filled(image, middle_hole()).pixels()));
  CHECK(names ==
        std::vector<std::string>{"hole1-scale1-start", "hole1-scale1-end", "hole1-scale0-start", "hole1-scale0-end"});
}

}  // namespace inpaint::test
