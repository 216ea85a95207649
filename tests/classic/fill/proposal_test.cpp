#include "classic/fill/proposal.h"

#include <doctest/doctest.h>

#include "classic/fill/patch/helpers.h"
#include "support.h"

using namespace inpaint;
using namespace inpaint::test;

TEST_CASE("a proposal is a fill of any depth that differs by its variant alone, and leaves known pixels as they are") {
  for (const Image& image : {painted_picture(60, 50), painted_16_bit(60, 50)}) {
    cv::Mat hole(50, 60, CV_8U, cv::Scalar(0));
    hole(cv::Rect(20, 15, 20, 20)).setTo(100);  // soft pixels are hole
    const cv::Mat filled = fill_proposal(image, Mask(hole), 1).pixels();
    CHECK(identical(filled, fill_proposal(image, Mask(hole > 0), 1).pixels()));
    CHECK(!identical(filled, fill_proposal(image, Mask(hole), 0).pixels()));
    CHECK(!identical(filled, image.pixels()));
    cv::Mat known = filled.clone();
    image.pixels().copyTo(known, hole);
    CHECK(identical(known, image.pixels()));
  }
}

TEST_CASE("where nothing is known, a proposal is grey") {
  const Image image = painted_picture(30, 20);
  const cv::Mat filled = fill_proposal(image, Mask(cv::Mat(20, 30, CV_8U, cv::Scalar(9))), 0).pixels();
  CHECK(identical(filled, cv::Mat(20, 30, CV_8UC3, cv::Scalar::all(128))));
  cv::Mat almost(20, 30, CV_8U, cv::Scalar(255));
  almost.at<uint8_t>(3, 4) = 0;
  CHECK(fill_proposal(image, Mask(almost), 0).pixels().at<cv::Vec3b>(3, 4) == image.pixels().at<cv::Vec3b>(3, 4));
}
