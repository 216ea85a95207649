#include "image/color.h"

#include <doctest/doctest.h>

#include <opencv2/core.hpp>
#include <thread>
#include <vector>

namespace inpaint::test {
namespace {

Color color(const std::string& text) { return Codec<Color>::parse(text); }

}  // namespace

TEST_CASE("colours are read from hexadecimal digits") {
  CHECK(color("#ff8800") == Color{255, 136, 0});
  CHECK(color("#FF8801") == Color{255, 136, 1});
  CHECK(color("#f80") == Color{255, 136, 0});
  CHECK(color("010203") == Color{1, 2, 3});
}

TEST_CASE("colours are read from names as in CSS") {
  CHECK(color("black") == Color{0, 0, 0});
  CHECK(color("white") == Color{255, 255, 255});
  CHECK(color("grey") == Color{128, 128, 128});
  CHECK(color("gray") == color("grey"));
  CHECK(color("red") == Color{255, 0, 0});
  CHECK(color("green") == Color{0, 128, 0});
  CHECK(color("blue") == Color{0, 0, 255});
}

TEST_CASE("what is no colour is refused") {
  for (const std::string text :
       {"", "#", "#ff88", "#ff88000", "#ff88000000", "#gg8800", "0xff00", "-12345", "+12345", "#12345 ", "pink"}) {
    CAPTURE(text);
    CHECK_THROWS_WITH_AS(color(text), "a colour like '#ff8800' or white", BadValue);
  }
}

TEST_CASE("a colour prints so that it reads back") {
  CHECK(Codec<Color>::print({1, 171, 255}) == "#01abff");
  CHECK(color(Codec<Color>::print({1, 171, 255})) == Color{1, 171, 255});
}

TEST_CASE("Lab is the same from many threads at once, also the first time") {
  cv::Mat rgb(64, 64, CV_8UC3);
  for (int y = 0; y < 64; ++y) {
    for (int x = 0; x < 64; ++x)
      rgb.at<cv::Vec3b>(y, x) = {static_cast<uint8_t>(4 * x), static_cast<uint8_t>(4 * y),
                                 static_cast<uint8_t>(2 * (x + y))};
  }
  std::vector<cv::Mat> results(8);
  {
    std::vector<std::jthread> threads;
    for (cv::Mat& result : results) threads.emplace_back([&] { result = rgb_to_lab(rgb); });
  }
  for (const cv::Mat& result : results) CHECK(cv::norm(result, results[0], cv::NORM_INF) == 0);
  // Neutral colours have a = b = 0; white has L = 100.
  const cv::Vec3b white = rgb_to_lab(cv::Mat(1, 1, CV_8UC3, cv::Scalar(255, 255, 255))).at<cv::Vec3b>(0, 0);
  CHECK(white == cv::Vec3b(255, 128, 128));
}

}  // namespace inpaint::test
