#include "classic/fill/patch/finish_private.h"

#include <doctest/doctest.h>

#include "helpers.h"

namespace inpaint::test {
namespace {

using patch::FinishOptions;
using patch::Level;

constexpr int width = 80, height = 60;

Mask middle_hole() { return hole_in(width, height, {{30, 20, 20, 16}}); }

// Every patch is taken from `offset` pixels away; the estimate is the donors' colour or, if `truth`, the picture's.
Level shifted(const Image& image, const Mask& hole, int32_t offset, bool truth) {
  const Image narrow(image.rgb8());
  Level level = truth ? solved_level_of(narrow, hole) : level_of(narrow, hole);
  for (const int32_t at : level.targets) {
    level.field[at] = at + offset;
    level.distance[at] = 100;
  }
  for (int32_t at = 0; at < level.area() && !truth; ++at) {
    if (level.hole[at]) level.pixels[at] = level.pixels[at + offset];
  }
  return level;
}

Image finished(const Image& image, const Mask& hole, const Level& level, const FinishOptions& options) {
  cv::Mat rgb = with_garbage_in(image, hole, 3).pixels().clone();
  patch::finish(level, rgb, options);
  return Image(rgb);
}

// Slopes of less than one step of 8 bits.
Image gentle_slope() {
  cv::Mat rgb(height, width, CV_16UC3);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      const int v = 20'000 + 37 * x + 11 * y;
      rgb.at<cv::Vec3w>(y, x) =
          cv::Vec3w(static_cast<uint16_t>(v), static_cast<uint16_t>(65'000 - v), static_cast<uint16_t>(v / 2));
    }
  }
  return Image(rgb);
}

}  // namespace

TEST_CASE("with the right gradients a hole in a slope becomes the slope, whatever the donors' brightness") {
  const Image slope = sloping(width, height);
  const Mask hole = middle_hole();
  FinishOptions options;
  options.screening = options.least_screening = 0;
  options.grain = 0;
  options.cycles = 40;
  const Level level = shifted(slope, hole, 22, false);
  CHECK(worst_error(finished(slope, hole, level, options), slope, hole) <= 2);
  CHECK(mean_error(finished(slope, hole, level, options), slope, hole) < 0.6);
}

TEST_CASE("by default, donors of another brightness leave little trace") {
  const Image slope = sloping(width, height);
  const Mask hole = middle_hole();
  const Image out = finished(slope, hole, shifted(slope, hole, 22, true), {});
  CHECK(mean_error(out, slope, hole) < 1.5);
  CHECK(worst_error(out, slope, hole) <= 8);
}

TEST_CASE("what lies beside the allowed area lends no gradient") {
  // Flat within the area, black beyond; all donors lie at its edge.
  cv::Mat rgb(height, width, CV_8UC3, cv::Scalar::all(120)), allowed(height, width, CV_8U, cv::Scalar(255));
  rgb.rowRange(56, height).setTo(cv::Scalar::all(0));
  allowed.rowRange(56, height).setTo(0);
  const Mask hole = middle_hole();
  Level level = solved_level_of(Image(rgb), hole, 7, allowed);
  for (const int32_t at : level.targets) {
    level.field[at] = 52 * width + at % width;
    level.distance[at] = 100;
  }
  REQUIRE(forbidden_sources(level) == 0);
  CHECK(worst_error(finished(Image(rgb), hole, level, {}), Image(rgb), hole) <= 1);
}

TEST_CASE("16 bits are finished in 16 bits") {
  const Image slope = gentle_slope();
  const Mask hole = middle_hole();
  FinishOptions options;
  options.screening = options.least_screening = 0;
  options.grain = 0;
  options.cycles = 40;
  const Image out = finished(slope, hole, shifted(slope, hole, 22, false), options);
  CHECK(worst_error(out, slope, hole) <= 4);  // a step of 8 bits is 257
}

TEST_CASE("finish changes hole pixels only, and does not look at what was there") {
  const Image image = noisy(width, height, 128, 40, 1);
  const Mask hole = hole_in(width, height, {{30, 20, 20, 16}, {0, 0, 6, 5}, {70, 55, 10, 5}, {60, 0, 3, 3}});
  for (const Image& picture : {image, deep(image)}) {
    Level level = shifted(picture, hole, 0, true);
    for (const int32_t at : level.targets) level.field[at] = 30 * width + 15;
    cv::Mat one = with_garbage_in(picture, hole, 1).pixels().clone();
    cv::Mat two = with_garbage_in(picture, hole, 2).pixels().clone();
    patch::finish(level, one, {});
    patch::finish(level, two, {});
    CHECK(identical(one, two));
    CHECK(same_outside(Image(one), picture, hole));
  }
}

TEST_CASE("finish gives the same bits for any number of threads") {
  const Image image = noisy(width, height, 128, 40, 1);
  const Mask hole = middle_hole();
  const Level level = shifted(image, hole, 22, false);
  const auto with = [&](int threads) {
    const Threads limit(threads);
    return finished(image, hole, level, {}).pixels();
  };
  const cv::Mat one = with(1);
  CHECK(identical(with(2), one));
  CHECK(identical(with(4), one));
}

TEST_CASE("grain of 1 keeps more of the donors' detail than grain of 0") {
  // Donors are a patchwork: neighbours come from far apart, so that their gradients do not fit together.
  const Image image = noisy(width, height, 128, 40, 0.6);
  const Mask hole = middle_hole();
  Level level = shifted(image, hole, 22, false);
  cv::RNG random(3);
  const std::vector<int32_t> sources = sources_of(level);
  for (const int32_t at : level.targets) {
    level.field[at] = sources[static_cast<size_t>(random.uniform(0, static_cast<int>(sources.size())))];
    level.distance[at] = random.uniform(0, 1000);
  }
  const auto detail = [&](float grain) {
    FinishOptions options;
    options.grain = grain;
    cv::Scalar mean, deviation;
    cv::Mat out, low;
    finished(image, hole, level, options).pixels().convertTo(out, CV_32F);
    cv::GaussianBlur(out, low, {5, 5}, 0);
    cv::meanStdDev(out - low, mean, deviation, hole.values());
    return deviation[0];
  };
  CHECK(detail(1) > 1.15 * detail(0));
  CHECK(detail(0.5f) > detail(0));
}

TEST_CASE("strong screening keeps the estimate") {
  const Image image = flat_picture(width, height, 50, 50, 50);
  const Mask hole = middle_hole();
  Level level = shifted(image, hole, 22, false);
  for (int32_t at = 0; at < level.area(); ++at) {
    if (level.hole[at]) level.pixels[at] = 0x00ffffff & 200u * 0x010101u;
  }
  FinishOptions options;
  options.grain = 0;
  options.screening = options.least_screening = 1000;
  cv::Mat out = finished(image, hole, level, options).pixels();
  CHECK(std::abs(out.at<cv::Vec3b>(28, 40)[0] - 200) <= 1);
  options.screening = options.least_screening = 0;
  options.cycles = 40;
  out = finished(image, hole, level, options).pixels();
  CHECK(std::abs(out.at<cv::Vec3b>(28, 40)[0] - 50) <= 1);
}

TEST_CASE("a level without a hole leaves the picture as it is") {
  const Image image = painted_picture(width, height);
  cv::Mat rgb = image.pixels().clone();
  patch::finish(level_of(image, Mask(width, height)), rgb, {});
  CHECK(identical(rgb, image.pixels()));
}

}  // namespace inpaint::test
