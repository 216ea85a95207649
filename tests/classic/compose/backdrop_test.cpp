#include "classic/compose/backdrop.h"

#include <doctest/doctest.h>

#include "drawing.h"

namespace inpaint::test {
namespace {

cv::Vec3b at(const cv::Mat& rgb, int x, int y) { return rgb.at<cv::Vec3b>(y, x); }

// A red disc in the middle of a ground that gets lighter to the right; its alpha.
std::pair<Image, cv::Mat> disc_on_ramp(int width, int height) {
  cv::Mat rgb(height, width, CV_8UC3), alpha = cv::Mat::zeros(height, width, CV_8U);
  for (int x = 0; x < width; ++x) rgb.col(x).setTo(cv::Scalar::all(80 + 100.0 * x / width));
  const cv::Point middle(width / 2, height / 2);
  cv::circle(rgb, middle, height / 4, cv::Scalar(255, 0, 0), cv::FILLED, cv::LINE_AA);
  cv::circle(alpha, middle, height / 4, cv::Scalar(255), cv::FILLED, cv::LINE_AA);
  return {Image(rgb), alpha};
}

}  // namespace

TEST_CASE("one colour, 8 or 16 bits") {
  const cv::Mat narrow = flat_backdrop({255, 136, 0}, {5, 4}, CV_8U),
                wide = flat_backdrop({255, 136, 0}, {5, 4}, CV_16U);
  CHECK(identical(narrow, flat_picture(5, 4, 255, 136, 0).pixels()));
  CHECK(wide.size() == cv::Size(5, 4));
  CHECK(wide.at<cv::Vec3w>(3, 4) == cv::Vec3w(65535, 136 * 257, 0));
}

TEST_CASE("gradients run from the one colour to the other") {
  const Color from{250, 0, 100}, to{50, 200, 100};
  const cv::Mat down = gradient_backdrop({from, to}, {20, 101}, CV_8U);
  CHECK(cv::norm(at(down, 3, 0), cv::Vec3b(250, 0, 100), cv::NORM_INF) <= 1);
  CHECK(at(down, 3, 50) == cv::Vec3b(150, 100, 100));
  CHECK(cv::norm(at(down, 19, 100), cv::Vec3b(50, 200, 100), cv::NORM_INF) <= 1);
  CHECK(identical(down.col(0), down.col(19)));
  const cv::Mat across = gradient_backdrop({from, to, Gradient::Shape::horizontal}, {101, 20}, CV_8U);
  CHECK(identical(across, down.t()));
  const cv::Mat radial = gradient_backdrop({from, to, Gradient::Shape::radial}, {101, 101}, CV_8U);
  CHECK(at(radial, 50, 50) == cv::Vec3b(250, 0, 100));
  CHECK(cv::norm(at(radial, 0, 0), cv::Vec3b(50, 200, 100), cv::NORM_INF) <= 2);
  CHECK(at(radial, 0, 50) == at(radial, 50, 100));
  const cv::Mat wide = gradient_backdrop({{0, 0, 0}, {255, 255, 255}}, {1, 1000}, CV_16U);
  CHECK(wide.at<cv::Vec3w>(500, 0)[0] == doctest::Approx(65535 * 0.5005).epsilon(0.0001));
}

TEST_CASE("a picture covers the place with its middle in the middle") {
  cv::Mat rgb(100, 300, CV_8UC3, cv::Scalar(0, 0, 0));
  rgb(cv::Rect(100, 0, 100, 100)).setTo(cv::Scalar(10, 200, 30));
  const cv::Mat square = covering_backdrop(Image(rgb), {50, 50}, CV_8U);
  CHECK(cv::norm(at(square, 25, 25), cv::Vec3b(10, 200, 30), cv::NORM_INF) <= 1);
  CHECK(at(square, 2, 2)[1] > 190);
  const cv::Mat tall = covering_backdrop(Image(rgb), {100, 400}, CV_16U);
  CHECK(tall.type() == CV_16UC3);
  CHECK(tall.at<cv::Vec3w>(399, 99)[1] == doctest::Approx(200 * 257).epsilon(0.01));
  cv::Mat clear(10, 10, CV_8UC4, cv::Scalar(1, 2, 3, 0));
  CHECK(at(covering_backdrop(Image(clear), {20, 20}, CV_8U), 10, 10) == cv::Vec3b(255, 255, 255));
}

TEST_CASE("a blurred original holds nothing of the subject") {
  const auto [original, alpha] = disc_on_ramp(240, 160);
  const cv::Mat blurred = blurred_backdrop(original, alpha, 6, {240, 160}, CV_8U);
  for (int y = 10; y < 150; y += 5) {
    for (int x = 10; x < 230; x += 5) {
      const cv::Vec3b color = at(blurred, x, y);
      CHECK(std::abs(color[0] - color[1]) <= 1);  // no red
      CHECK(std::abs(color[0] - (80 + 100.0 * x / 240)) < 8);
    }
  }
}

TEST_CASE("a blur smooths, the more the larger it is, at any size of the result") {
  const Image busy = painted_picture(300, 200);
  const cv::Mat nothing = cv::Mat::zeros(200, 300, CV_8U);
  const auto roughness = [&](double sigma, cv::Size size) {
    cv::Mat grey, edges;
    cv::cvtColor(blurred_backdrop(busy, nothing, sigma, size, CV_16U), grey, cv::COLOR_RGB2GRAY);
    cv::Laplacian(grey, edges, CV_32F);
    return cv::mean(cv::abs(edges))[0] / 257;
  };
  CHECK(roughness(3, {300, 200}) < 0.5 * roughness(0.5, {300, 200}));
  CHECK(roughness(20, {300, 200}) < 0.5 * roughness(3, {300, 200}));
  CHECK(roughness(20, {900, 900}) < 0.2);
  CHECK(blurred_backdrop(busy, nothing, 1e6, {30, 20}, CV_16U).type() == CV_16UC3);
}

TEST_CASE("where the subject covers everything, the picture itself is blurred") {
  const Image busy = flat_picture(60, 40, 90, 120, 150);
  const cv::Mat all(40, 60, CV_16U, cv::Scalar(65535));
  const cv::Mat blurred = blurred_backdrop(busy, all, 5, {60, 40}, CV_8U);
  CHECK(largest_difference(blurred, busy.pixels()) <= 1);
}

}  // namespace inpaint::test
