#include "classic/matte/trimap.h"

#include <doctest/doctest.h>

#include <stdexcept>

#include "classic/matte/scenes.h"

namespace inpaint::test {

TEST_CASE("along a sharp edge only some pixels are open") {
  const Cut cut = disc(160, 50);
  const cv::Mat found = make_trimap(cut.image, cut.subject).values();
  CHECK(cv::countNonZero((found != 0) & (found != 128) & (found != 255)) == 0);
  const double edge = 2 * CV_PI * 50;
  CHECK(cv::countNonZero(found == 128) > 2 * edge);
  CHECK(cv::countNonZero(found == 128) < 6 * edge);
  CHECK(cv::countNonZero((found == 255) & (cut.alpha < 0.5f)) == 0);
  CHECK(cv::countNonZero((found == 0) & (cut.alpha > 0.5f)) == 0);
}

TEST_CASE("along hair the band is wide enough for most of it, and bounded") {
  const Cut cut = hairy_disc(200, 55, 6), smooth = disc(200, 58);
  const cv::Mat found = make_trimap(cut.image, cut.subject).values();
  const int soft = count_between(cut.alpha, 0.1, 0.9);
  CHECK(cv::countNonZero((found == 128) & (cut.alpha > 0.1f) & (cut.alpha < 0.9f)) > 0.85 * soft);
  CHECK(cv::countNonZero(found == 128) >
        1.3 * cv::countNonZero(make_trimap(smooth.image, smooth.subject).values() == 128));
  CHECK(found.at<uint8_t>(100, 100) == 255);
  CHECK(found.at<uint8_t>(5, 5) == 0);
}

TEST_CASE("straps and wires keep their middle, gaps too") {
  for (const int width : {1, 2, 3}) {
    CAPTURE(width);
    cv::Mat alpha = cv::Mat::zeros(90, 120, CV_32F);
    cv::line(alpha, {10, 20}, {110, 70}, cv::Scalar(1), width);
    alpha(cv::Rect(20, 60, 40, 25)).setTo(1);
    cv::line(alpha, {40, 60}, {40, 84}, cv::Scalar(0), width);
    const Cut cut = mixed(plain(alpha.size(), {30, 30, 35}), plain(alpha.size(), {220, 215, 200}), alpha);
    const cv::Mat found = make_trimap(cut.image, cut.subject).values();
    cv::Mat near_subject;
    cv::dilate(found == 255, near_subject, cv::Mat::ones(5, 5, CV_8U));
    const int lost = cv::countNonZero(cut.subject.values() & ~near_subject);
    CHECK(lost < 0.02 * cv::countNonZero(cut.subject.values()));
    CHECK(cv::countNonZero(found(cv::Rect(38, 66, 5, 12)) == 0) >= 10);
  }
}

TEST_CASE("an empty mask, a full one, tiny pictures, sizes that disagree") {
  const Image image = painted_picture(30, 20);
  CHECK(cv::countNonZero(make_trimap(image, Mask(30, 20)).values()) == 0);
  CHECK(identical(make_trimap(image, full_mask(30, 20)).values(), full_mask(30, 20).values()));
  CHECK(make_trimap(painted_picture(1, 1), full_mask(1, 1)).values().at<uint8_t>(0, 0) == 255);
  CHECK(make_trimap(painted_picture(2, 1), drawn_mask({"#."})).width() == 2);
  CHECK_THROWS_AS(make_trimap(image, Mask(20, 30)), std::invalid_argument);
}

}  // namespace inpaint::test
