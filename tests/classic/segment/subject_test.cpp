#include "classic/segment/subject.h"

#include <doctest/doctest.h>

#include <opencv2/imgproc.hpp>

#include "classic/segment/subject/confidence_private.h"

using namespace inpaint;
using namespace inpaint::subject;

namespace {

constexpr int side = 160;

cv::Mat paper(const cv::Scalar& color) {
  cv::Mat rgb(side, side, CV_8UC3, color), grain(side, side, CV_8SC3);
  cv::RNG rng(7);
  rng.fill(grain, cv::RNG::NORMAL, 0, 2);
  cv::add(rgb, grain, rgb, {}, CV_8U);
  return rgb;
}

cv::Mat disc_mask(cv::Point centre, int radius) {
  cv::Mat mask(side, side, CV_8U, cv::Scalar(0));
  cv::circle(mask, centre, radius, cv::Scalar(255), cv::FILLED);
  return mask;
}

Image with_discs(const std::vector<cv::Point>& centres, int radius, const cv::Scalar& ground = {235, 235, 235}) {
  cv::Mat rgb = paper(ground);
  for (const cv::Point& centre : centres) cv::circle(rgb, centre, radius, cv::Scalar(40, 60, 160), cv::FILLED);
  return Image(rgb);
}

double iou(const cv::Mat& a, const cv::Mat& b) {
  return static_cast<double>(cv::countNonZero(a & b)) / std::max(1, cv::countNonZero(a | b));
}

}  // namespace

TEST_SUITE("find_subject") {
  TEST_CASE("a product on studio paper is found, and trusted") {
    const FoundSubject found = find_subject(with_discs({{80, 85}}, 35), {});
    CHECK(iou(found.mask.values(), disc_mask({80, 85}, 35)) > 0.97);
    CHECK(found.confidence > 0.5);
    CHECK(found.confidence <= 1);
  }

  TEST_CASE("a graded background is background") {
    cv::Mat rgb(side, side, CV_8UC3);
    for (int y = 0; y < side; ++y) rgb.row(y).setTo(cv::Scalar(120 + y / 2, 130 + y / 2, 150 + y / 2));
    cv::circle(rgb, {80, 80}, 30, cv::Scalar(200, 40, 30), cv::FILLED);
    CHECK(iou(find_subject(Image(rgb), {}).mask.values(), disc_mask({80, 80}, 30)) > 0.95);
  }

  TEST_CASE("two subjects are both kept") {
    const cv::Mat both = disc_mask({50, 80}, 22) | disc_mask({112, 80}, 22);
    CHECK(iou(find_subject(with_discs({{50, 80}, {112, 80}}, 22), {}).mask.values(), both) > 0.95);
  }

  TEST_CASE("what a handle encloses is background") {
    cv::Mat rgb = paper({235, 235, 235}), ring(side, side, CV_8U, cv::Scalar(0));
    cv::circle(rgb, {80, 80}, 40, cv::Scalar(40, 60, 160), 14);
    cv::circle(ring, {80, 80}, 40, cv::Scalar(255), 14);
    CHECK(iou(find_subject(Image(rgb), {}).mask.values(), ring) > 0.9);
  }

  TEST_CASE("a box chooses one of two") {
    SubjectHints hints;
    hints.box = BoxText{{80, false}, {50, false}, {64, false}, {60, false}};
    const FoundSubject found = find_subject(with_discs({{45, 80}, {112, 80}}, 22), hints);
    CHECK(iou(found.mask.values(), disc_mask({112, 80}, 22)) > 0.95);
  }

  TEST_CASE("a point on the background takes a part away") {
    SubjectHints hints;
    hints.points = {{{45, false}, {80, false}, false}, {{112, false}, {80, false}, true}};
    const FoundSubject found = find_subject(with_discs({{45, 80}, {112, 80}}, 22), hints);
    CHECK(found.mask.values().at<uint8_t>(80, 45) == 0);
    CHECK(iou(found.mask.values(), disc_mask({112, 80}, 22)) > 0.9);
  }

  TEST_CASE("a trimap is obeyed") {
    SubjectHints hints;
    cv::Mat trimap(side, side, CV_8U, cv::Scalar(128));
    trimap(cv::Rect(0, 0, 78, side)).setTo(0);
    trimap(cv::Rect(100, 70, 20, 20)).setTo(255);
    hints.trimap = Mask(trimap);
    const FoundSubject found = find_subject(with_discs({{45, 80}, {112, 80}}, 22), hints);
    CHECK(cv::countNonZero(found.mask.values()(cv::Rect(0, 0, 78, side))) == 0);
    CHECK(iou(found.mask.values(), disc_mask({112, 80}, 22)) > 0.9);
  }

  TEST_CASE("empty scenes give an empty mask and no confidence") {
    cv::Mat graded(side, side, CV_8UC3);
    for (int y = 0; y < side; ++y) graded.row(y).setTo(cv::Scalar(100 + y / 3, 110 + y / 3, 120 + y / 3));
    for (const cv::Mat& scene :
         {cv::Mat(side, side, CV_8UC3, cv::Scalar(200, 30, 90)), paper({235, 235, 235}), paper({20, 20, 20}), graded}) {
      const FoundSubject found = find_subject(Image(scene), {});
      CHECK(cv::countNonZero(found.mask.values()) == 0);
      CHECK(found.confidence == 0);
    }
  }

  TEST_CASE("pictures too small to have a background") {
    for (const cv::Size size : {cv::Size(1, 1), cv::Size(7, 50), cv::Size(50, 7)}) {
      cv::Mat rgb(size, CV_8UC3);
      cv::randu(rgb, 0, 255);
      const FoundSubject found = find_subject(Image(rgb), {});
      CHECK(found.mask.values().size() == size);
      CHECK(cv::countNonZero(found.mask.values()) == 0);
    }
  }

  TEST_CASE("a picture that is cut out already keeps its outline") {
    const cv::Mat outline = disc_mask({80, 80}, 30);
    const Image image = with_discs({{80, 80}}, 30).with_alpha(outline);
    const FoundSubject found = find_subject(image, {});
    CHECK(cv::countNonZero(found.mask.values() != outline) == 0);
    CHECK(found.confidence == 1);
  }

  TEST_CASE("large pictures: the mask has their size and follows the subject") {
    cv::Mat rgb, truth;
    cv::resize(with_discs({{80, 85}}, 35).pixels(), rgb, {1280, 1280}, 0, 0, cv::INTER_CUBIC);
    cv::resize(disc_mask({80, 85}, 35), truth, rgb.size(), 0, 0, cv::INTER_CUBIC);
    truth = truth > 127;
    CHECK(iou(find_subject(Image(rgb), {}).mask.values(), truth) > 0.97);
  }

  TEST_CASE("16 bits are looked at like 8") {
    const Image small = with_discs({{80, 85}}, 35);
    cv::Mat deep;
    small.pixels().convertTo(deep, CV_16U, 257);
    const cv::Mat difference = find_subject(small, {}).mask.values() != find_subject(Image(deep), {}).mask.values();
    CHECK(cv::countNonZero(difference) == 0);
  }

  TEST_CASE("doubt lowers confidence") {
    const cv::Mat rgb = with_discs({{80, 80}}, 35).pixels(), mask = disc_mask({80, 80}, 35);
    const auto confidence = [&](float inside) {
      Labelling labelling{mask, cv::Mat(mask.size(), CV_32F, cv::Scalar(0.02f))};
      labelling.probability.setTo(inside, mask);
      return confidence_from(signs_of_success(rgb, labelling.probability, labelling));
    };
    CHECK(confidence(0.98f) > 0.5);
    CHECK(confidence(0.55f) < 0.5);
  }
}
