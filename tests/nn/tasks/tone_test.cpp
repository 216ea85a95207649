#include <doctest/doctest.h>

#include "drawing.h"
#include "nn/tasks/tone_private.h"

using namespace inpaint;
using namespace inpaint::test;

namespace {

cv::Mat picture_of(cv::Size size) {
  cv::Mat values;
  painted_picture(size.width, size.height).pixels().convertTo(values, CV_32F, 1 / 255.0);
  return values;
}

cv::Mat hole_in(cv::Size size, cv::Rect box) {
  cv::Mat hole(size, CV_8U, cv::Scalar(0));
  hole(box).setTo(255);
  return hole;
}

}  // namespace

TEST_CASE("a constant difference of tone goes away in the hole, and nothing else changes") {
  const cv::Size size(90, 70);
  for (const cv::Rect& box : {cv::Rect(30, 20, 40, 30), cv::Rect(0, 0, 20, 20), cv::Rect(0, 0, 89, 70)}) {
    const cv::Mat picture = picture_of(size), hole = hole_in(size, box);
    cv::Mat fill = picture + cv::Scalar(0.1, -0.05, 0.02);
    const cv::Mat before = fill.clone();
    match_tone(fill, picture, hole);
    CHECK(cv::norm(fill, picture, cv::NORM_INF, hole) < 1e-4);
    CHECK(cv::norm(fill, before, cv::NORM_INF, hole == 0) == 0);
  }
}

TEST_CASE("a difference that changes along the picture is followed across the hole") {
  const cv::Size size(160, 120);
  const cv::Mat picture = picture_of(size), hole = hole_in(size, {50, 40, 60, 40});
  cv::Mat fill = picture.clone();
  for (int y = 0; y < size.height; ++y) {
    for (int x = 0; x < size.width; ++x) fill.at<cv::Vec3f>(y, x) += cv::Vec3f::all(0.001f * static_cast<float>(x));
  }
  match_tone(fill, picture, hole);  // 0.05 to 0.11 too bright before
  CHECK(cv::norm(fill, picture, cv::NORM_INF, hole) < 0.025);
  CHECK(cv::norm(fill, picture, cv::NORM_L1, hole) / (3.0 * 60 * 40) < 0.008);
}

TEST_CASE("without known pixels nothing is matched") {
  const cv::Mat picture = picture_of({20, 10});
  cv::Mat fill = picture * 0.5;
  const cv::Mat before = fill.clone();
  match_tone(fill, picture, cv::Mat(10, 20, CV_8U, cv::Scalar(255)));
  CHECK(identical(fill, before));
}
