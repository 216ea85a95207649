#include "classic/mask/strokes.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "drawing.h"

namespace inpaint::test {
namespace {

std::string refusal(const std::string& json) {
  try {
    parse_strokes(json);
  } catch (const SpecError& error) {
    return error.what();
  }
  return "accepted";
}

double distance_to_segment(cv::Point2d p, cv::Point2d a, cv::Point2d b) {
  const cv::Point2d along = b - a;
  const double length2 = along.dot(along), t = length2 > 0 ? std::clamp((p - a).dot(along) / length2, 0.0, 1.0) : 0.0;
  return cv::norm(p - (a + t * along));
}

// How far, at most, a pixel centre that is wrongly in or out lies from the outline of the stroke.
double worst_outline_error(const Mask& mask, const Stroke& stroke) {
  double worst = 0;
  for (int y = 0; y < mask.height(); ++y) {
    for (int x = 0; x < mask.width(); ++x) {
      double distance = 1e9;
      for (size_t i = 0; i < stroke.points.size(); ++i) {
        distance =
            std::min(distance, distance_to_segment({x + 0.5, y + 0.5}, stroke.points[i ? i - 1 : 0], stroke.points[i]));
      }
      const double beyond = distance - stroke.width / 2;
      const bool selected = mask.values().at<uint8_t>(y, x) == 255;
      if (selected != (beyond <= 0)) worst = std::max(worst, std::abs(beyond));
    }
  }
  return worst;
}

}  // namespace

TEST_CASE("strokes are read with their defaults") {
  const auto strokes =
      parse_strokes(R"([{"points": [[1, 2.5], [-3, 4]]}, {"erase": true, "width": 7.5, "points": [[0, 0]]}])");
  REQUIRE(strokes.size() == 2);
  CHECK(strokes[0].points == std::vector<cv::Point2d>{{1, 2.5}, {-3, 4}});
  CHECK(strokes[0].width == 20);
  CHECK_FALSE(strokes[0].erase);
  CHECK(strokes[1].points == std::vector<cv::Point2d>{{0, 0}});
  CHECK(strokes[1].width == 7.5);
  CHECK(strokes[1].erase);
  CHECK(parse_strokes("[]").empty());
}

TEST_CASE("wrong strokes say what is wrong and where") {
  CHECK(refusal("").starts_with("not JSON: "));
  CHECK(refusal("[{]").starts_with("not JSON: "));
  CHECK(refusal(R"([{"points": [[1e999, 0]]}])").starts_with("not JSON: "));
  CHECK(refusal(R"({"points": [[1, 2]]})") == "expected a JSON list of strokes");
  CHECK(refusal("[3]") == "stroke 1: expected an object with \"points\"");
  CHECK(refusal(R"([{"points": [[1, 2]]}, {}])") == "stroke 2: a stroke needs at least one point");
  CHECK(refusal(R"([{"points": []}])") == "stroke 1: a stroke needs at least one point");
  for (const std::string points :
       {"[[1]]", "[[1, 2, 3]]", "[1, 2]", "[[\"1\", 2]]", "[[1, null]]", "7", "\"1,2\"", R"({"a": [1, 2]})", "null"}) {
    CAPTURE(points);
    CHECK(refusal(R"([{"points": )" + std::string(points) + "}]") == "stroke 1.points: expected a list of [x, y]");
  }
  for (const std::string width : {"0", "-1", "\"5\"", "null"}) {
    CHECK(refusal(R"([{"points": [[1, 2]], "width": )" + std::string(width) + "}]") ==
          "stroke 1.width: expected a number above 0");
  }
  CHECK(refusal(R"([{"points": [[1, 2]], "erase": 1}])") == "stroke 1.erase: expected true or false");
  CHECK(refusal(R"([{"points": [[1, 2]], "colour": 1}])") ==
        "stroke 1: unknown key 'colour' (known: points, width, erase)");
}

TEST_CASE("a dot is a disc around its point") {
  CHECK(drawing(draw_strokes(Mask(7, 7), {{{{3.5, 3.5}}, 5, false}})) ==
        rows({".......", "..###..", ".#####.", ".#####.", ".#####.", "..###..", "......."}));
  CHECK(drawing(draw_strokes(Mask(6, 6), {{{{3, 3}}, 4, false}})) ==
        rows({"......", "..##..", ".####.", ".####.", "..##..", "......"}));
  CHECK(drawing(draw_strokes(Mask(3, 3), {{{{1.5, 1.5}}, 1, false}})) == rows({"...", ".#.", "..."}));
}

TEST_CASE("a stroke covers what is within half its width of its line") {
  for (const double width : {1.0, 2.0, 3.0, 5.0, 8.5, 20.0}) {
    for (const std::vector<cv::Point2d>& points : std::vector<std::vector<cv::Point2d>>{{{30, 25}},
                                                                                        {{10, 10}, {50, 40}},
                                                                                        {{5.3, 30.8}, {55.2, 12.1}},
                                                                                        {{20, 5}, {20, 45}},
                                                                                        {{10, 40}, {30, 8}, {50, 40}},
                                                                                        {{-20, 25}, {90, 30}},
                                                                                        {{0, 0}, {0, 0}}}) {
      const Stroke stroke{points, width, false};
      CAPTURE(width);
      CAPTURE(points.front().x);
      CHECK(worst_outline_error(draw_strokes(Mask(60, 50), {stroke}), stroke) < 1e-6);
    }
  }
}

TEST_CASE("strokes are drawn in order over the mask, and may erase") {
  const Mask base = drawn_mask({"4....", "4....", "4...."});
  const Stroke line{{{0, 1.5}, {5, 1.5}}, 1, false}, eraser{{{2.5, 0}, {2.5, 3}}, 1, true};
  CHECK(drawing(draw_strokes(base, {line, eraser})) == rows({"4....", "##.##", "4...."}));
  CHECK(drawing(draw_strokes(base, {eraser, line})) == rows({"4....", "#####", "4...."}));
  CHECK(drawing(base) == rows({"4....", "4....", "4...."}));
  CHECK(drawing(draw_strokes(base, {})) == drawing(base));
}

TEST_CASE("strokes far outside and of any width do no harm") {
  CHECK(draw_strokes(Mask(8, 8), {{{{1e300, -1e300}}, 5, false}}).coverage() == 0);
  CHECK(draw_strokes(Mask(8, 8), {{{{-1e9, 4}, {1e9, 4}}, 20, false}}).coverage() == 1);
  CHECK(draw_strokes(Mask(8, 8), {{{{4, 4}}, 1e300, false}}).coverage() == 1);
  CHECK(draw_strokes(Mask(1, 1), {{{{0.5, 0.5}}, 0.5, false}}).coverage() == 1);
}

}  // namespace inpaint::test
