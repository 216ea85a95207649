#include "classic/segment/subject/hints_private.h"

#include <doctest/doctest.h>

#include "classic/segment/subject/labelling_private.h"

using namespace inpaint;
using namespace inpaint::subject;

namespace {

PointText point(double x, double y, bool subject) { return {{x, false}, {y, false}, subject}; }

BoxText box(double x, double y, double w, double h) { return {{x, false}, {y, false}, {w, false}, {h, false}}; }

// Four regions in a row, each 10 × 10; all alike in colour but for the step between the second and the third.
RegionGraph row_of_four() {
  RegionGraph graph;
  graph.labels.create(10, 40, CV_32S);
  for (int y = 0; y < 10; ++y) {
    for (int x = 0; x < 40; ++x) graph.labels.at<int>(y, x) = x / 10;
  }
  graph.regions.resize(4);
  for (Region& region : graph.regions) region.area = 100;
  for (int i = 0; i < 3; ++i) {
    Link link;
    link.a = i, link.b = i + 1;
    link.color = link.gradient = i == 1 ? 20.0f : 0.5f;
    graph.links.push_back(link);
  }
  graph.links_of = {{0}, {0, 1}, {1, 2}, {2}};
  return graph;
}

}  // namespace

TEST_SUITE("hints") {
  TEST_CASE("without a box all of the picture is looked at") {
    CHECK(part_to_look_at({}, {200, 100}) == cv::Rect(0, 0, 200, 100));
  }

  TEST_CASE("with a box, the box and a fifth of its longer side around it, within the picture") {
    SubjectHints hints;
    hints.box = box(50, 40, 50, 30);
    CHECK(part_to_look_at(hints, {200, 100}) == cv::Rect(40, 30, 70, 50));
    hints.box = box(0, 0, 50, 30);
    CHECK(part_to_look_at(hints, {200, 100}) == cv::Rect(0, 0, 60, 40));
  }

  TEST_CASE("no hints fix nothing") { CHECK(fixed_by({}, {20, 20}, {0, 0, 20, 20}, {20, 20}).empty()); }

  TEST_CASE("outside the box is background, inside is free") {
    SubjectHints hints;
    hints.box = box(10, 10, 20, 20);
    const cv::Mat fixed = fixed_by(hints, {60, 60}, {2, 2, 36, 36}, {18, 18});  // half size
    for (int y = 0; y < 18; ++y) {
      for (int x = 0; x < 18; ++x) {
        const bool inside = x >= 4 && x < 14 && y >= 4 && y < 14;
        CHECK(fixed.at<uint8_t>(y, x) == (inside ? free_pixel : surely_background));
      }
    }
  }

  TEST_CASE("points fix where they are, in the part's own pixels") {
    SubjectHints hints;
    hints.points = {point(30, 30, true), point(50, 50, false)};
    const cv::Mat fixed = fixed_by(hints, {100, 100}, {20, 20, 40, 40}, {40, 40});
    CHECK(fixed.at<uint8_t>(10, 10) == surely_subject);
    CHECK(fixed.at<uint8_t>(30, 30) == surely_background);
    CHECK(fixed.at<uint8_t>(20, 20) == free_pixel);
  }

  TEST_CASE("a trimap fixes what it is sure of") {
    SubjectHints hints;
    cv::Mat trimap(8, 8, CV_8U, cv::Scalar(128));
    trimap(cv::Rect(0, 0, 8, 2)).setTo(0);
    trimap(cv::Rect(2, 4, 4, 2)).setTo(255);
    hints.trimap = Mask(trimap);
    const cv::Mat fixed = fixed_by(hints, {8, 8}, {0, 0, 8, 8}, {8, 8});
    CHECK(fixed.at<uint8_t>(0, 3) == surely_background);
    CHECK(fixed.at<uint8_t>(5, 3) == surely_subject);
    CHECK(fixed.at<uint8_t>(3, 3) == free_pixel);
  }

  TEST_CASE("a marked region pulls its like to its side, up to the next edge") {
    const RegionGraph graph = row_of_four();
    cv::Mat fixed(10, 40, CV_8U, cv::Scalar(free_pixel));
    fixed.at<uint8_t>(5, 5) = surely_subject;
    fixed.at<uint8_t>(5, 35) = surely_background;
    const std::vector<float> p = follow_hints(graph, {0.5f, 0.5f, 0.5f, 0.5f}, fixed);
    CHECK(p[0] == 1);
    CHECK(p[1] > 0.9f);
    CHECK(p[2] < 0.1f);
    CHECK(p[3] < p[2] + 0.01f);
  }

  TEST_CASE("a region that is mostly background is background for certain") {
    const RegionGraph graph = row_of_four();
    cv::Mat fixed(10, 40, CV_8U, cv::Scalar(free_pixel));
    fixed(cv::Rect(20, 0, 20, 10)).setTo(surely_background);
    const std::vector<float> p = follow_hints(graph, {0.9f, 0.9f, 0.9f, 0.9f}, fixed);
    CHECK(p[2] == 0);
    CHECK(p[3] == 0);
    CHECK(p[0] > 0.9f);
  }
}
