#include "classic/segment/subject/superpixels_private.h"

#include <doctest/doctest.h>

#include <opencv2/imgproc.hpp>
#include <set>

#include "classic/segment/subject/pictures.h"
#include "drawing.h"

namespace inpaint::test {

using namespace inpaint::subject;
namespace {

constexpr float usual_compactness = 6;

cv::Mat lab_of(const cv::Mat& rgb) {
  cv::Mat unit, lab;
  rgb.convertTo(unit, CV_32F, 1 / 255.0);
  cv::cvtColor(unit, lab, cv::COLOR_RGB2Lab);
  return lab;
}

// Each label from 0 on is one connected part (4 neighbours).
bool is_partition(const Superpixels& pixels) {
  for (int k = 0; k < pixels.count; ++k) {
    cv::Mat parts;
    if (cv::connectedComponents(pixels.labels == k, parts, 4) != 2) return false;  // 2: the rest counts as one
  }
  double low = 0, high = 0;
  cv::minMaxLoc(pixels.labels, &low, &high);
  return low == 0 && high == pixels.count - 1;
}

TEST_SUITE("slic") {
  TEST_CASE("one colour is cut into the grid") {
    const Superpixels pixels = slic(lab_of(cv::Mat(60, 90, CV_8UC3, cv::Scalar(9, 99, 199))), 24, usual_compactness);
    CHECK(pixels.count == 24);  // cells of 15 × 15
    CHECK(is_partition(pixels));
    for (int k = 0; k < 24; ++k) CHECK(cv::countNonZero(pixels.labels == k) == doctest::Approx(225).epsilon(0.15));
  }

  TEST_CASE("a partition into connected parts for every odd picture") {
    for (const NamedPicture& picture : odd_pictures()) {
      CAPTURE(picture.name);
      for (const int wanted : {1, 50}) {
        const Superpixels pixels = slic(lab_of(picture.rgb), wanted, usual_compactness);
        CHECK(pixels.labels.size() == picture.rgb.size());
        CHECK(is_partition(pixels));
      }
    }
  }

  TEST_CASE("no superpixel crosses the edge of two colours") {
    const DiscPicture picture = disc_on_ground({120, 100}, 31, {200, 30, 40}, {225, 225, 220});
    const Superpixels pixels = slic(lab_of(picture.rgb), 80, usual_compactness);
    for (int k = 0; k < pixels.count; ++k) {
      const cv::Mat here = pixels.labels == k;
      const int inside = cv::countNonZero(here & picture.inside), all = cv::countNonZero(here);
      CHECK(std::min(inside, all - inside) == 0);
    }
  }

  TEST_CASE("about as many as wanted on a picture with content, and the same each time") {
    const cv::Mat lab = lab_of(painted_picture(200, 150).pixels());
    const Superpixels pixels = slic(lab, 300, usual_compactness);
    CHECK(pixels.count == doctest::Approx(300).epsilon(0.25));
    CHECK(identical(slic(lab, 300, usual_compactness).labels, pixels.labels));
  }
}

}  // namespace
}  // namespace inpaint::test
