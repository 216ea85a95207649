#include "classic/matte/refine.h"

#include <doctest/doctest.h>

#include <stdexcept>

#include "classic/matte/scenes.h"

namespace inpaint::test {
namespace {

Mask wider(const Mask& mask, int pixels) {
  cv::Mat out;
  cv::dilate(mask.values(), out, cv::getStructuringElement(cv::MORPH_ELLIPSE, {2 * pixels + 1, 2 * pixels + 1}));
  return Mask(out);
}

double error_of(const Mask& mask, const Cut& cut) { return mean_error(Matte(mask).values(), cut.alpha); }

}  // namespace

TEST_CASE("a hard edge stays a pixel wide, and a mask that is a pixel off is put right") {
  const Cut cut = disc(160, 50);
  for (const Mask& mask : {cut.subject, wider(cut.subject, 1)}) {
    const cv::Mat found = refine_matte(cut.image, mask).values();
    CHECK(mean_error(found, cut.alpha) < 0.5 * error_of(mask, cut));
    CHECK(count_between(found, 0.05, 0.95) < 1.8 * count_between(cut.alpha, 0.05, 0.95));
  }
}

TEST_CASE("hair becomes soft") {
  const Cut cut = hairy_disc(200, 55, 6);
  const cv::Mat found = refine_matte(cut.image, cut.subject).values();
  CHECK(mean_error(found, cut.alpha) < 0.5 * error_of(cut.subject, cut));
}

TEST_CASE("where subject and background look alike the result stays at the mask") {
  Cut cut = disc(120, 35);
  cv::Mat grain(120, 120, CV_8UC3);
  cv::RNG(3).fill(grain, cv::RNG::UNIFORM, 0, 12);
  const cv::Mat found = refine_matte(Image(cv::Mat(grain + cv::Scalar(100, 100, 100))), cut.subject).values();
  CHECK(mean_error(found, Matte(cut.subject).values()) < 0.02);
  CHECK(cv::countNonZero((found > 0.5f) != cut.subject.values()) < 110);
}

TEST_CASE("a large picture is solved small and gets an edge of full sharpness") {
  const Cut cut = disc(1500, 500);
  const Mask mask = wider(cut.subject, 2);
  const cv::Mat found = refine_matte(cut.image, mask).values();
  CHECK(mean_error(found, cut.alpha) < 0.5 * error_of(mask, cut));
  CHECK(found.at<float>(750, 750) == 1);
  CHECK(found.at<float>(20, 20) == 0);
}

TEST_CASE("an empty mask, a full one, tiny pictures, sizes that disagree") {
  const Image image = painted_picture(30, 20);
  CHECK(cv::countNonZero(refine_matte(image, Mask(30, 20)).values()) == 0);
  CHECK(cv::countNonZero(refine_matte(image, full_mask(30, 20)).values() != 1) == 0);
  for (const cv::Size size :
       {cv::Size(1, 1), cv::Size(2, 1), cv::Size(1, 40), cv::Size(2, 3), cv::Size(3, 3), cv::Size(2000, 1)}) {
    cv::Mat mask = cv::Mat::zeros(size, CV_8U);
    mask(cv::Rect(0, 0, (size.width + 1) / 2, (size.height + 1) / 2)).setTo(255);
    const cv::Mat found = refine_matte(painted_picture(size.width, size.height), Mask(mask)).values();
    CHECK(found.size() == size);
    CHECK(cv::checkRange(found, true, nullptr, 0, 1.0001));
  }
  CHECK_THROWS_AS(refine_matte(image, Mask(20, 30)), std::invalid_argument);
}

TEST_CASE("the same bits every time and with any number of threads, in 16 bits and with alpha") {
  const Cut cut = hairy_disc(120, 30, 5);
  const cv::Mat found = refine_matte(cut.image, cut.subject).values();
  const int threads = cv::getNumThreads();
  cv::setNumThreads(1);
  CHECK(identical(refine_matte(cut.image, cut.subject).values(), found));
  cv::setNumThreads(threads);
  cv::Mat deep;
  cut.image.pixels().convertTo(deep, CV_16U, 257.0);
  CHECK(identical(refine_matte(Image(deep), cut.subject).values(), found));
  CHECK(identical(refine_matte(with_painted_alpha(cut.image), cut.subject).values(), found));
}

}  // namespace inpaint::test
