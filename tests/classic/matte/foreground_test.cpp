#include "classic/matte/foreground.h"

#include <doctest/doctest.h>

#include <stdexcept>

#include "classic/matte/scenes.h"

namespace inpaint::test {
namespace {

// Mean distance of an 8-bit picture's colours from `color`, where the mask is set.
double off_color(const Image& image, cv::Scalar color, const cv::Mat& where) {
  cv::Mat difference;
  cv::absdiff(image.rgb8(), color, difference);
  const cv::Scalar mean = cv::mean(difference, where);
  return (mean[0] + mean[1] + mean[2]) / 3;
}

}  // namespace

TEST_CASE("at the edge the background's colour is taken out, inside nothing changes") {
  const Cut cut = disc(120, 40);
  const Image clean = clean_colors(cut.image, Matte(cut.alpha));
  const cv::Mat soft = (cut.alpha > 0.05f) & (cut.alpha < 0.95f), inside = cut.alpha == 1;
  CHECK(off_color(clean, {205, 60, 50}, soft) < 6);
  CHECK(off_color(clean, {205, 60, 50}, soft) < 0.2 * off_color(cut.image, {205, 60, 50}, soft));
  cv::Mat changed;
  cv::absdiff(clean.pixels(), cut.image.pixels(), changed);
  CHECK(cv::countNonZero(
            (changed.reshape(1, 1) > 0) &
            cv::Mat(cv::repeat(inside.reshape(1, static_cast<int>(inside.total())), 1, 3)).reshape(1, 1)) == 0);
}

TEST_CASE("under alpha 0 lie the subject's colours, and far away one colour") {
  const Cut cut = disc(200, 30);
  const Image clean = clean_colors(cut.image, Matte(cut.alpha));
  CHECK(off_color(clean, {205, 60, 50}, cut.alpha == 0) < 4);
  const cv::Vec3b corner = clean.pixels().at<cv::Vec3b>(0, 0);
  CHECK(clean.pixels().at<cv::Vec3b>(199, 0) == corner);
  CHECK(clean.pixels().at<cv::Vec3b>(100, 199) == corner);
}

TEST_CASE("each part of the subject has its own colours around it") {
  cv::Mat alpha = cv::Mat::zeros(60, 160, CV_32F), subject(60, 160, CV_32FC3, cv::Scalar(220, 30, 30));
  alpha(cv::Rect(20, 20, 20, 20)).setTo(1);
  alpha(cv::Rect(120, 20, 20, 20)).setTo(1);
  subject(cv::Rect(80, 0, 80, 60)).setTo(cv::Scalar(30, 30, 220));
  cv::GaussianBlur(alpha, alpha, {5, 5}, 1);
  const Cut cut = mixed(subject, plain(alpha.size(), {240, 240, 240}), alpha);
  const Image clean = clean_colors(cut.image, Matte(cut.alpha));
  CHECK(clean.pixels().at<cv::Vec3b>(30, 16)[0] > 190);
  CHECK(clean.pixels().at<cv::Vec3b>(30, 16)[2] < 60);
  CHECK(clean.pixels().at<cv::Vec3b>(30, 143)[2] > 190);
  CHECK(clean.pixels().at<cv::Vec3b>(30, 143)[0] < 60);
}

TEST_CASE("a large picture is cleaned as well") {
  const Cut cut = disc(1600, 600);
  const Image clean = clean_colors(cut.image, Matte(cut.alpha));
  const cv::Mat soft = (cut.alpha > 0.05f) & (cut.alpha < 0.95f);
  CHECK(off_color(clean, {205, 60, 50}, soft) < 6);
}

TEST_CASE("16 bits stay 16 bits, alpha and greyness stay") {
  const Cut cut = disc(80, 25);
  cv::Mat deep;
  cut.image.pixels().convertTo(deep, CV_16U, 257.0);
  const Image wide = with_painted_alpha(Image(deep));
  const Image clean = clean_colors(wide, Matte(cut.alpha));
  REQUIRE(clean.pixels().type() == CV_16UC4);
  CHECK(identical(clean.alpha(), wide.alpha()));
  CHECK(largest_difference(clean.rgb8(), clean_colors(cut.image, Matte(cut.alpha)).pixels()) <= 1);
  const Image grey(cv::Mat(80, 80, CV_8UC3, cv::Scalar(90, 90, 90)), nullptr, true);
  CHECK(clean_colors(grey, Matte(cut.alpha)).grey());
}

TEST_CASE("no subject, all subject, one pixel, sizes that disagree") {
  const Image image = painted_picture(30, 20);
  CHECK(identical(clean_colors(image, Matte(Mask(30, 20))).pixels(), image.pixels()));
  CHECK(identical(clean_colors(image, Matte(full_mask(30, 20))).pixels(), image.pixels()));
  CHECK(clean_colors(painted_picture(1, 1), Matte(cv::Mat(1, 1, CV_32F, cv::Scalar(0.4)))).width() == 1);
  CHECK_THROWS_AS(clean_colors(image, Matte(Mask(20, 30))), std::invalid_argument);
}

TEST_CASE("a subject that is nowhere opaque keeps sensible colours") {
  Cut cut = disc(60, 20);
  const cv::Mat thin = cut.alpha * 0.5f;
  const Cut glass = mixed(plain(thin.size(), {205, 60, 50}), plain(thin.size(), {80, 120, 170}), thin);
  const Image clean = clean_colors(glass.image, Matte(thin));
  const cv::Mat edge = (thin > 0.05f) & (thin < 0.45f);
  CHECK(off_color(clean, {205, 60, 50}, edge) < off_color(glass.image, {205, 60, 50}, edge));
}

}  // namespace inpaint::test
