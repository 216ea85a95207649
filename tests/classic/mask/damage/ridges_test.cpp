#include <doctest/doctest.h>

#include <cmath>
#include <opencv2/imgproc.hpp>

#include "classic/mask/damage/ridges_private.h"

namespace inpaint::damage {

TEST_CASE("a ridge is as strong as its line is lighter or darker than both sides") {
  // A line of one pixel weighs 1 / (1 + 2 exp(-2)) in a mean along it: the rows beside it weigh exp(-1 / 0.5) each.
  const double expected = 40 / (1 + 2 * std::exp(-2.0));
  for (const int sign : {1, -1}) {
    cv::Mat grey(40, 60, CV_32F, cv::Scalar(100));
    grey.row(20).setTo(100 + sign * 40);
    const Ridges ridges = find_ridges(grey);
    const cv::Mat& own = sign > 0 ? ridges.light : ridges.dark;
    const cv::Mat& other = sign > 0 ? ridges.dark : ridges.light;
    CHECK(own.at<float>(20, 30) == doctest::Approx(expected).epsilon(1e-5));
    CHECK((sign > 0 ? ridges.light_direction : ridges.dark_direction).at<uint8_t>(20, 30) == 0);
    CHECK(other.at<float>(20, 30) == 0);
    CHECK(own.at<float>(10, 30) == 0);
  }
}

TEST_CASE("an edge is no ridge") {
  cv::Mat grey(60, 60, CV_32F, cv::Scalar(50));
  grey.colRange(30, 60).setTo(200);
  const Ridges ridges = find_ridges(grey);
  double light = 0, dark = 0;
  cv::minMaxLoc(ridges.light, nullptr, &light);
  cv::minMaxLoc(ridges.dark, nullptr, &dark);
  CHECK(light < 0.001);
  CHECK(dark < 0.001);
}

TEST_CASE("the direction of a ridge is that of its line") {
  for (int direction = 0; direction < ridge_directions; ++direction) {
    cv::Mat grey(80, 80, CV_8U, cv::Scalar(100));
    const cv::Point2d way = ridge_course(direction) * 36;
    cv::line(grey, cv::Point2d(40, 40) - way, cv::Point2d(40, 40) + way, cv::Scalar(200), 1, cv::LINE_AA);
    grey.convertTo(grey, CV_32F);
    const Ridges ridges = find_ridges(grey);
    const int off = std::abs(ridges.light_direction.at<uint8_t>(40, 40) - direction);
    CHECK(std::min(off, ridge_directions - off) <= 1);
    CHECK(ridges.light.at<float>(40, 40) > 40);
  }
}

}  // namespace inpaint::damage
