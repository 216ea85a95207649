#include "classic/segment/subject/labelling_private.h"

#include <doctest/doctest.h>

#include "classic/segment/subject/pictures.h"
#include "drawing.h"

namespace inpaint::test {

using namespace inpaint::subject;
namespace {

double iou(const cv::Mat& a, const cv::Mat& b) {
  return static_cast<double>(cv::countNonZero(a & b)) / cv::countNonZero(a | b);
}

cv::Mat flat_prior(cv::Size size, double value) { return cv::Mat(size, CV_32F, cv::Scalar(value)); }

// Probable in the middle, roughly the square around a disc of this radius.
cv::Mat rough_prior(cv::Size size, int radius) {
  cv::Mat prior = flat_prior(size, 0.15);
  prior(cv::Rect(size.width / 2 - radius, size.height / 2 - radius, 2 * radius, 2 * radius)).setTo(0.8);
  return prior;
}

const DiscPicture& disc() {
  static const DiscPicture picture = disc_on_ground({200, 160}, 50, {170, 60, 40}, {190, 195, 200});
  return picture;
}

void check_shape(const Labelling& found, cv::Size size) {
  CHECK(found.mask.size() == size);
  CHECK(found.mask.type() == CV_8U);
  CHECK(cv::countNonZero((found.mask != 0) & (found.mask != 255)) == 0);
  CHECK(found.probability.size() == size);
  CHECK(found.probability.type() == CV_32F);
  CHECK(cv::checkRange(found.probability, true, nullptr, 0, 1.0000001));
}

TEST_SUITE("label_pixels") {
  TEST_CASE("finds a disc from a rough prior") {
    const cv::Mat prior = rough_prior(disc().rgb.size(), 50);
    CHECK(iou(prior > 0.5, disc().inside) < 0.8);
    const Labelling found = label_pixels(disc().rgb, prior, {});
    check_shape(found, disc().rgb.size());
    CHECK(iou(found.mask, disc().inside) > 0.97);
  }

  TEST_CASE("a prior that misses a part of it is mended, and the same is found each time") {
    cv::Mat prior = flat_prior(disc().rgb.size(), 0.1);
    prior.setTo(0.9, disc().inside);
    prior(cv::Rect(118, 60, 12, 12)).setTo(0.3);
    const Labelling found = label_pixels(disc().rgb, prior, {});
    CHECK(iou(found.mask, disc().inside) > 0.97);
    const Labelling again = label_pixels(disc().rgb, prior, {});
    CHECK(identical(again.mask, found.mask));
    CHECK(identical(again.probability, found.probability));
  }

  TEST_CASE("what is fixed stays, against all that is seen") {
    const cv::Mat prior = rough_prior(disc().rgb.size(), 50);
    cv::Mat fixed = cv::Mat::zeros(disc().rgb.size(), CV_8U);
    fixed(cv::Rect(90, 70, 20, 20)).setTo(surely_background);
    fixed(cv::Rect(5, 5, 15, 10)).setTo(surely_subject);
    fixed.at<uint8_t>(140, 190) = surely_subject;
    const Labelling found = label_pixels(disc().rgb, prior, fixed);
    CHECK(cv::countNonZero(found.mask & (fixed == surely_background)) == 0);
    CHECK(cv::countNonZero(~found.mask & (fixed == surely_subject)) == 0);
    const cv::Mat nothing_fixed = cv::Mat::zeros(fixed.size(), CV_8U);
    CHECK(identical(label_pixels(disc().rgb, prior, nothing_fixed).mask, label_pixels(disc().rgb, prior, {}).mask));
  }

  TEST_CASE("nothing and everything, if the prior says so") {
    const cv::Size size = disc().rgb.size();
    CHECK(cv::countNonZero(label_pixels(disc().rgb, flat_prior(size, 0), {}).mask) == 0);
    CHECK(cv::countNonZero(label_pixels(disc().rgb, flat_prior(size, 1), {}).mask) == size.area());
  }

  TEST_CASE("odd pictures with odd priors") {
    for (const NamedPicture& picture : odd_pictures()) {
      CAPTURE(picture.name);
      const cv::Size size = picture.rgb.size();
      cv::Mat random(size, CV_32F);
      cv::RNG(8).fill(random, cv::RNG::UNIFORM, 0, 1);
      check_shape(label_pixels(picture.rgb, random, {}), size);
      CHECK(cv::countNonZero(label_pixels(picture.rgb, flat_prior(size, 0), {}).mask) == 0);
      CHECK(cv::countNonZero(label_pixels(picture.rgb, flat_prior(size, 1), {}).mask) == size.area());
      const cv::Mat all(size, CV_8U, cv::Scalar(surely_background));
      CHECK(cv::countNonZero(label_pixels(picture.rgb, random, all).mask) == 0);
    }
  }
}

}  // namespace
}  // namespace inpaint::test
