#include "classic/segment/subject/working_size_private.h"

#include <doctest/doctest.h>

#include "classic/segment/subject/pictures.h"
#include "drawing.h"

namespace inpaint::test {

using namespace inpaint::subject;
namespace {

TEST_SUITE("at_working_size") {
  TEST_CASE("small pictures stay as they are") {
    for (const cv::Size size : {cv::Size(1, 1), cv::Size(37, 21), cv::Size(400, 400), cv::Size(80'000, 2)}) {
      const cv::Mat rgb = noise(size, 1);
      CHECK(at_working_size(rgb).data == rgb.data);
    }
  }

  TEST_CASE("large ones are scaled to 0.16 MP in their own shape") {
    const auto scaled = [](int width, int height) {
      return at_working_size(cv::Mat(height, width, CV_8UC3, cv::Scalar(10, 20, 30))).size();
    };
    CHECK(scaled(800, 800) == cv::Size(400, 400));
    CHECK(scaled(2000, 1280) == cv::Size(500, 320));
    CHECK(scaled(4000, 250) == cv::Size(1600, 100));
    CHECK(scaled(401, 400).area() == doctest::Approx(160'000).epsilon(0.01));
    CHECK(scaled(60'000, 4) == cv::Size(48'990, 3));
    CHECK(scaled(1, 200'000).width == 1);
  }

  TEST_CASE("a scaled pixel is the mean of those it stands for") {
    cv::Mat rgb(800, 800, CV_8UC3, cv::Scalar(40, 0, 200));
    for (int x = 0; x < rgb.cols; x += 2) rgb.col(x).setTo(cv::Scalar(60, 100, 100));
    CHECK(identical(at_working_size(rgb), cv::Mat(400, 400, CV_8UC3, cv::Scalar(50, 50, 150))));
  }
}

}  // namespace
}  // namespace inpaint::test
