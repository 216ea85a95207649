// What fill_patch may not take, cannot do, and does instead.
#include <doctest/doctest.h>

#include <set>

#include "classic/fill/diffusion.h"
#include "classic/fill/patch.h"
#include "classic/fill/patch/helpers.h"
#include "core/error.h"

namespace inpaint::test {
namespace {

constexpr int width = 110, height = 90;

Mask middle_hole() { return hole_in(width, height, {{42, 32, 24, 22}}); }

std::string message(const Image& image, const Mask& mask, const PatchOptions& options) {
  try {
    fill_patch(image, mask, options);
  } catch (const ItemError& error) {
    return error.what();
  }
  return "no ItemError";
}

// Every pixel a hole but for crosses too thin for a patch of 3 × 3.
Mask without_whole_patch(int w, int h) {
  cv::Mat values(h, w, CV_8U);
  cv::RNG(5).fill(values, cv::RNG::UNIFORM, 0, 2);
  values *= 255;
  for (int y = 1; y < h; y += 2) {
    for (int x = 1; x < w; x += 2) values.at<uint8_t>(y, x) = 255;
  }
  return Mask(values);
}

// Red noise on the left, blue noise on the right; red has no blue and blue no red.
Image red_and_blue_noise() {
  cv::Mat rgb = noisy(width, height, 128, 30, 1).pixels().clone();
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) rgb.at<cv::Vec3b>(y, x)[x < width / 2 ? 2 : 0] = 0;
  }
  return Image(rgb);
}

}  // namespace

TEST_CASE("patch: the search area is honoured") {
  const Image image = red_and_blue_noise();
  PatchOptions options;
  // A hole among the blue that may take from the red only.
  const Mask hole = hole_in(width, height, {{66, 20, 40, 50}});
  options.search_area = hole_in(width, height, {{0, 0, width / 2, height}});
  Image estimate;
  options.watch = [&](const std::string&, const Image& seen, const Image&) { estimate = seen; };
  const Image red = fill_patch(image, hole, options);
  std::vector<cv::Mat> planes;
  cv::split(estimate.pixels(), planes);
  const cv::Mat inside = hole.values()(cv::Rect(width - estimate.width(), 0, estimate.width(), height));
  CHECK(cv::mean(planes[0], inside)[0] > 90);
  CHECK(cv::norm(planes[2], cv::NORM_INF, inside) == 0);
  // The finish carries some of the colour around the hole into it.
  const cv::Rect core(80, 40, 12, 10);
  const cv::Scalar from_red = cv::mean(red.pixels()(core)), free = cv::mean(fill_patch(image, hole, {}).pixels()(core));
  CHECK(from_red[0] > 60);
  CHECK(from_red[2] < 70);
  CHECK(free[0] < 5);
  CHECK(free[2] > 90);
}

TEST_CASE("patch: what lies beside the search area leaves no trace") {
  // A hole among the red that may take from the red only.
  const Image image = red_and_blue_noise();
  const Mask hole = hole_in(width, height, {{20, 30, 24, 24}});
  PatchOptions options;
  options.search_area = hole_in(width, height, {{0, 0, width / 2, height}});
  for (options.seed = 0; options.seed < 6; ++options.seed) {
    std::vector<cv::Mat> planes;
    cv::split(fill_patch(image, hole, options).pixels(), planes);
    CHECK(cv::countNonZero(planes[2].colRange(0, width / 2)) == 0);
  }
}

TEST_CASE("patch: a far and narrow search area is reached") {
  cv::Mat rgb(60, 600, CV_8UC3, cv::Scalar(30, 30, 30));
  rgb(cv::Rect(560, 20, 30, 30)).setTo(cv::Scalar(220, 30, 30));
  const Mask hole = hole_in(600, 60, {{20, 10, 40, 40}});
  PatchOptions options;
  options.search_area = hole_in(600, 60, {{562, 22, 20, 20}});
  const Image out = fill_patch(Image(rgb), hole, options);
  CHECK(out.pixels().at<cv::Vec3b>(30, 40)[0] > 100);
  CHECK(out.pixels().at<cv::Vec3b>(30, 40)[1] == 30);
}

TEST_CASE("patch: a search area of which only a sliver is near") {
  const Image image = striped(300, 60, 12);
  const Mask hole = hole_in(300, 60, {{10, 20, 4, 4}});
  PatchOptions options;
  options.search_area = hole_in(300, 60, {{14 + 90, 0, 150, 60}});
  std::vector<FilledHole> report;
  const Image out = fill_patch(with_garbage_in(image, hole, 1), hole, options, &report);
  CHECK(mean_error(out, image, hole) < 3);
  REQUIRE(report.size() == 1);
  CHECK(report[0].reason == "");
}

TEST_CASE("patch: only values above 127 belong to the search area") {
  PatchOptions options;
  options.search_area = Mask(cv::Mat(height, width, CV_8U, cv::Scalar(127)));
  CHECK(message(painted_picture(width, height), middle_hole(), options) ==
        "no known pixel may be taken for the hole at 42,32 of 24 × 22: widen the search area");
  options.search_area = Mask(cv::Mat(height, width, CV_8U, cv::Scalar(128)));
  CHECK(message(painted_picture(width, height), middle_hole(), options) == "no ItemError");
}

TEST_CASE("patch: a search area within the hole has no known pixel") {
  PatchOptions options;
  options.search_area = hole_in(width, height, {{50, 40, 5, 5}});
  CHECK(message(painted_picture(width, height), middle_hole(), options) ==
        "no known pixel may be taken for the hole at 42,32 of 24 × 22: widen the search area");
}

TEST_CASE("patch: a search area with pixels but no whole patch falls back") {
  const Image flat = flat_picture(width, height, 40, 80, 120);
  for (const auto& [area, reason] :
       {std::pair(cv::Rect(3, 3, 5, 5), "no patch of 7 × 7 is known around it: patches of 5 × 5"),
        std::pair(cv::Rect(3, 3, 3, 4), "no patch of 7 × 7 is known around it: patches of 3 × 3"),
        std::pair(cv::Rect(3, 3, 2, 60), "no patch of 3 × 3 is known around it")}) {
    PatchOptions options;
    options.search_area = hole_in(width, height, {area});
    std::vector<FilledHole> report;
    const Image out = fill_patch(with_garbage_in(flat, middle_hole(), 1), middle_hole(), options, &report);
    CHECK(worst_error(out, flat, middle_hole()) <= 1);
    REQUIRE(report.size() == 1);
    CHECK(report[0].method == (area.width < 3 ? "navier-stokes" : "patch"));
    CHECK(report[0].reason == reason);
  }
}

TEST_CASE("patch: without any known patch of 3 × 3 diffusion fills, and the report says so") {
  const Image image = painted_picture(60, 50);
  const Mask mask = without_whole_patch(60, 50);
  for (const Image& picture : {image, with_painted_alpha(deep(image))}) {
    std::vector<FilledHole> report;
    const Image out = fill_patch(picture, mask, {}, &report);
    REQUIRE(report.size() == 1);
    CHECK(report[0].method == "navier-stokes");
    CHECK(report[0].reason == "no patch of 3 × 3 is known around it");
    CHECK(report[0].pixels == cv::countNonZero(mask.values()));
    CHECK(identical(out.pixels(), fill_diffusion(picture, mask, Diffusion::navier_stokes, 5).pixels()));
  }
}

TEST_CASE("patch: pictures smaller than a patch") {
  for (const cv::Size size :
       {cv::Size(5, 4), cv::Size(2, 40), cv::Size(40, 2), cv::Size(2, 1), cv::Size(6, 7), cv::Size(7, 7)}) {
    CAPTURE(size.width);
    CAPTURE(size.height);
    const Image flat = flat_picture(size.width, size.height, 40, 80, 120);
    const Mask mask = hole_in(size.width, size.height, {{0, 0, 1, 1}});
    std::vector<FilledHole> report;
    const Image out = fill_patch(with_garbage_in(flat, mask, 1), mask, {}, &report);
    CHECK(worst_error(out, flat, mask) <= 1);
    CHECK(report.size() == 1);
    CHECK_FALSE(report[0].reason.empty());
  }
}

TEST_CASE("patch: a mask without any known pixel fails") {
  const std::string expected = "the mask covers the whole picture: nothing is left to fill from";
  CHECK(message(painted_picture(30, 20), full_mask(30, 20), {}) == expected);
  CHECK(message(painted_picture(1, 1), drawn_mask({"1"}), {}) == expected);
  PatchOptions options;
  options.search_area = full_mask(30, 20);
  CHECK(message(painted_picture(30, 20), full_mask(30, 20), options) == expected);
}

TEST_CASE("patch: one known pixel is enough") {
  cv::Mat values(20, 30, CV_8U, cv::Scalar(255));
  values.at<uint8_t>(7, 9) = 0;
  const Image flat = flat_picture(30, 20, 40, 80, 120);
  CHECK(worst_error(fill_patch(with_garbage_in(flat, Mask(values), 1), Mask(values), {}), flat, Mask(values)) <= 1);
}

TEST_CASE("patch: sizes must agree and the patch size be one of those told") {
  const Image image = painted_picture(30, 20);
  PatchOptions options;
  CHECK_THROWS_WITH_AS(fill_patch(image, Mask(20, 30), options), "fill_patch: sizes differ", std::invalid_argument);
  options.search_area = Mask(31, 20);
  CHECK_THROWS_WITH_AS(fill_patch(image, Mask(30, 20), options), "fill_patch: sizes differ", std::invalid_argument);
  for (const int size : {-7, 0, 1, 2, 8, 14, 16, 17}) {
    CAPTURE(size);
    PatchOptions wrong;
    wrong.patch_size = size;
    CHECK_THROWS_WITH_AS(fill_patch(image, hole_in(30, 20, {{9, 9, 2, 2}}), wrong),
                         "fill_patch: the patch size must be odd, 3 to 15", std::invalid_argument);
  }
  for (const int size : {3, 5, 7, 9, 11, 13, 15}) {
    PatchOptions right;
    right.patch_size = size;
    CHECK(message(image, hole_in(30, 20, {{0, 9, 2, 2}}), right) == "no ItemError");
  }
}

TEST_CASE("patch: cancelled") {
  Cancel cancel;
  PatchOptions options;
  options.cancel = &cancel;
  CHECK(message(painted_picture(width, height), middle_hole(), options) == "no ItemError");
  cancel.request();
  CHECK(message(painted_picture(width, height), middle_hole(), options) == "cancelled");
}

TEST_CASE("patch: names told to watch are unique even if larger patches were tried in vain") {
  cv::Mat values = cv::Mat::zeros(130, 130, CV_8U);
  for (int y = 2; y < 130; y += 6) {
    for (int x = 2; x < 130; x += 6) values.at<uint8_t>(y, x) = 255;
  }
  values(cv::Rect(50, 50, 30, 30)).setTo(255);
  std::vector<std::string> names;
  PatchOptions options;
  options.watch = [&](const std::string& name, const Image&, const Image&) { names.push_back(name); };
  fill_patch(striped(130, 130, 12), Mask(values), options);
  CHECK(std::set<std::string>(names.begin(), names.end()).size() == names.size());
  CHECK_FALSE(names.empty());
}

}  // namespace inpaint::test
