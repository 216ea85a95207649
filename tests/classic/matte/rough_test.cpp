#include "classic/matte/rough.h"

#include <doctest/doctest.h>

#include <stdexcept>

#include "classic/matte/scenes.h"

namespace inpaint::test {
namespace {

// What a network of `side` pixels gives: small, and as soft as its last layers leave it.
Matte seen_small(const cv::Mat& alpha, int side, double softness = 1.5) {
  cv::Mat out;
  cv::resize(alpha, out, {side, side}, 0, 0, cv::INTER_AREA);
  cv::GaussianBlur(out, out, {0, 0}, softness);
  return Matte(out);
}

double bilinear_error(const Matte& rough, const Cut& cut) {
  cv::Mat enlarged;
  cv::resize(rough.values(), enlarged, cut.alpha.size(), 0, 0, cv::INTER_LINEAR);
  return mean_error(enlarged, cut.alpha);
}

cv::Mat shifted(const cv::Mat& values, double pixels) {
  const cv::Matx23d to_from(1, 0, pixels, 0, 1, 0);
  cv::Mat out;
  cv::warpAffine(values, out, to_from, values.size(), cv::INTER_LINEAR, cv::BORDER_REPLICATE);
  return out;
}

}  // namespace

TEST_CASE("a blurred edge becomes as sharp as the picture's") {
  const Cut cut = disc(200, 60);
  for (const int side : {200, 120, 60}) {
    CAPTURE(side);
    const Matte rough = seen_small(cut.alpha, side);
    const cv::Mat found = refine_rough_matte(cut.image, rough).values();
    REQUIRE(found.size() == cut.alpha.size());
    CHECK(mean_error(found, cut.alpha) < 0.3 * bilinear_error(rough, cut));
    // A map as large as the picture is solved once, which leaves the edge a little softer than the second time.
    CHECK(count_between(found, 0.05, 0.95) < (side == 200 ? 3 : 2) * count_between(cut.alpha, 0.05, 0.95));
  }
}

TEST_CASE("an edge that lies beside the picture's is moved to it") {
  const Cut cut = disc(200, 60);
  const Matte rough = seen_small(shifted(cut.alpha, 1.5), 200);
  CHECK(mean_error(refine_rough_matte(cut.image, rough).values(), cut.alpha) < 0.35 * bilinear_error(rough, cut));
}

TEST_CASE("hair stays soft") {
  const Cut cut = hairy_disc(200, 55, 8);
  const Matte rough = seen_small(cut.alpha, 200, 1.2);
  const cv::Mat found = refine_rough_matte(cut.image, rough).values();
  CHECK(mean_error(found, cut.alpha) < 0.6 * bilinear_error(rough, cut));
  CHECK(count_between(found, 0.1, 0.9) > count_between(disc(200, 55).alpha, 0.1, 0.9) * 2);
}

TEST_CASE("large pictures are solved small and follow the picture all the same") {
  const Cut cut = disc(1500, 450);
  const Matte rough = seen_small(cut.alpha, 160);
  const cv::Mat found = refine_rough_matte(cut.image, rough).values();
  CHECK(mean_error(found, cut.alpha) < 0.15 * bilinear_error(rough, cut));
  CHECK(found.at<float>(750, 750) == 1);
  CHECK(found.at<float>(20, 20) == 0);
}

TEST_CASE("where colours tell nothing the rough matte is kept") {
  cv::Mat grain(160, 160, CV_8UC3);
  cv::RNG(3).fill(grain, cv::RNG::UNIFORM, 100, 130);
  const Matte rough = seen_small(disc(160, 50).alpha, 160);
  const cv::Mat found = refine_rough_matte(Image(grain), rough).values();
  CHECK(mean_error(found, rough.values()) < 0.01);
  const double before = cv::countNonZero(rough.values() > 0.5f), after = cv::countNonZero(found > 0.5f);
  CHECK(after == doctest::Approx(before).epsilon(0.02));
}

TEST_CASE("without anything surely subject the rough matte is only enlarged") {
  const Image image = painted_picture(90, 60);
  const cv::Mat faint(30, 30, CV_32F, cv::Scalar(0.4));
  CHECK(largest_difference(refine_rough_matte(image, Matte(faint)).values(), cv::Mat(60, 90, CV_32F, cv::Scalar(0.4))) <
        1e-6);
  CHECK(cv::countNonZero(refine_rough_matte(image, Matte(cv::Mat::zeros(8, 8, CV_32F))).values()) == 0);
}

TEST_CASE("what is all subject stays so; 16 bits and alpha make no difference") {
  const Cut cut = disc(120, 35);
  const Matte all(cv::Mat(32, 32, CV_32F, cv::Scalar(1)));
  CHECK(cv::countNonZero(refine_rough_matte(cut.image, all).values() == 1) == 120 * 120);
  const Matte rough = seen_small(cut.alpha, 80);
  const cv::Mat found = refine_rough_matte(cut.image, rough).values();
  CHECK(identical(refine_rough_matte(with_painted_alpha(cut.image), rough).values(), found));
  cv::Mat wide;
  cut.image.pixels().convertTo(wide, CV_16U, 257);
  CHECK(largest_difference(refine_rough_matte(Image(wide), rough).values(), found) < 1e-5);
}

TEST_CASE("tiny pictures and mattes work, empty ones are refused") {
  for (const cv::Size size : {cv::Size(1, 1), cv::Size(2, 3), cv::Size(400, 1)}) {
    const Image image = painted_picture(size.width, size.height);
    CHECK(refine_rough_matte(image, Matte(cv::Mat(1, 1, CV_32F, cv::Scalar(1)))).values().size() == size);
    CHECK(refine_rough_matte(image, seen_small(disc(40, 12).alpha, 20)).values().size() == size);
  }
  CHECK_THROWS_AS(refine_rough_matte({}, Matte(cv::Mat::zeros(8, 8, CV_32F))), std::invalid_argument);
  CHECK_THROWS_AS(refine_rough_matte(painted_picture(8, 8), {}), std::invalid_argument);
}

}  // namespace inpaint::test
