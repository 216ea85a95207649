#include "classic/compose/layout.h"

#include <doctest/doctest.h>

#include "drawing.h"

namespace inpaint::test {
namespace {

template <class T>
std::string refusal(const std::string& text) {
  try {
    Codec<T>::parse(text);
  } catch (const BadValue& expected) {
    return expected.what();
  }
  return "accepted";
}

// A picture of this size whose alpha is `alpha` in the box and 0 outside.
Image boxed(cv::Size size, cv::Rect box, int alpha = 255) {
  cv::Mat rgba(size, CV_8UC4, cv::Scalar(10, 20, 30, 0));
  rgba(box).setTo(cv::Scalar(200, 100, 50, alpha));
  return Image(rgba);
}

// Where the box comes to lie, as "x y width height" in thousandths of a pixel rounded.
std::string place_of(const Layout& layout, const Box& box) {
  const cv::Rect2d at = layout.placed(cv::Rect2d(box.rect()));
  const auto text = [](double v) { return std::to_string(std::round(v * 1000) / 1000).substr(0, 7); };
  return text(at.x) + " " + text(at.y) + " " + text(at.width) + " " + text(at.height);
}

LayoutOptions on_canvas(int width, int height, Length margin = {}, bool fill = false,
                        const std::string& at = "centre") {
  LayoutOptions options;
  options.crop = true;
  options.canvas = CanvasSize{width, height};
  options.margin = margin;
  options.fill = fill;
  options.position = Codec<Position>::parse(at);
  return options;
}

const cv::Size picture{400, 300};
const Box subject{100, 40, 300, 140};  // 200 × 100

}  // namespace

TEST_CASE("a canvas size is read and printed") {
  CHECK(Codec<CanvasSize>::parse("2000x1500") == CanvasSize{2000, 1500});
  CHECK(Codec<CanvasSize>::print({20, 15}) == "20x15");
  for (const char* text : {"", "2000", "0x5", "5x-1", "20x30x40", "axb", "30001x1", "20000x20000", "9x9.5"}) {
    CAPTURE(text);
    CHECK(refusal<CanvasSize>(text).starts_with("WIDTHxHEIGHT in pixels"));
  }
}

TEST_CASE("positions are read in either order and printed in one") {
  for (const char* text : {"centre", "top", "bottom", "left", "right", "top-left", "bottom-right"})
    CHECK(Codec<Position>::print(Codec<Position>::parse(text)) == text);
  CHECK(Codec<Position>::print(Codec<Position>::parse("center")) == "centre");
  CHECK(Codec<Position>::print(Codec<Position>::parse("left-bottom")) == "bottom-left");
  for (const char* text : {"", "middle", "top-bottom", "left-left", "top-", "top-left-right"}) {
    CAPTURE(text);
    CHECK(refusal<Position>(text).starts_with("centre, top, bottom"));
  }
}

TEST_CASE("the subject's box leaves out what can hardly be seen") {
  CHECK(subject_box(boxed(picture, {100, 40, 200, 100})) == subject);
  CHECK(subject_box(boxed(picture, {100, 40, 200, 100}, 8)) == subject);
  CHECK(subject_box(boxed(picture, {100, 40, 200, 100}, 7)).empty());
  CHECK(subject_box(boxed(picture, {100, 40, 200, 100}, 1), 1 / 65535.0) == subject);
  CHECK(subject_box(boxed(picture, {399, 299, 1, 1})) == Box{399, 299, 400, 300});
  CHECK(subject_box(flat_picture(7, 5, 1, 2, 3)) == Box{0, 0, 7, 5});
}

TEST_CASE("without options everything stays where it is") {
  const Layout layout = layout_of(subject, picture, {});
  CHECK(layout.canvas == picture);
  CHECK(layout.scale == 1);
  CHECK(layout.dx == 0);
  CHECK(layout.dy == 0);
}

TEST_CASE("a crop has the subject's size and its margin") {
  LayoutOptions options;
  options.crop = true;
  CHECK(layout_of(subject, picture, options).canvas == cv::Size(200, 100));
  CHECK(layout_of(subject, picture, options).dx == -100);
  options.margin = {30, false};
  CHECK(layout_of(subject, picture, options).canvas == cv::Size(260, 160));
  CHECK(place_of(layout_of(subject, picture, options), subject) == "30.0000 30.0000 200.000 100.000");
  // 10 % of the result's shorter side: 100 + 2 m with m = 0.1 (100 + 2 m), so m = 12.5, rounded up.
  options.margin = {10, true};
  CHECK(layout_of(subject, picture, options).canvas == cv::Size(226, 126));
}

TEST_CASE("on a canvas the subject is as large as its margin allows") {
  CHECK(place_of(layout_of(subject, picture, on_canvas(2000, 2000)), subject) == "0.00000 500.000 2000.00 1000.00");
  const Layout layout = layout_of(subject, picture, on_canvas(2000, 1500, {8, true}));
  CHECK(layout.canvas == cv::Size(2000, 1500));
  CHECK(layout.scale == doctest::Approx(1760 / 200.0));  // 8 % of 1500 is 120
  CHECK(place_of(layout, subject) == "120.000 310.000 1760.00 880.000");
  CHECK(layout_of(subject, picture, on_canvas(100, 400)).scale == 0.5);
}

TEST_CASE("the position says where the room that is left goes") {
  const auto at = [](const std::string& position) {
    return place_of(layout_of(subject, picture, on_canvas(420, 500, {10, false}, false, position)), subject);
  };
  CHECK(at("centre") == "10.0000 150.000 400.000 200.000");
  CHECK(at("top") == "10.0000 10.0000 400.000 200.000");
  CHECK(at("bottom-right") == "10.0000 290.000 400.000 200.000");
}

TEST_CASE("a filled canvas is covered, and the position says what is seen") {
  const auto at = [](const std::string& position) {
    return place_of(layout_of(subject, picture, on_canvas(300, 300, {}, true, position)), subject);
  };
  CHECK(at("centre") == "-150.00 0.00000 600.000 300.000");
  CHECK(at("left") == "0.00000 0.00000 600.000 300.000");
}

TEST_CASE("without crop the whole picture is laid out") {
  LayoutOptions options = on_canvas(800, 800);
  options.crop = false;
  CHECK(place_of(layout_of(subject, picture, options), {0, 0, 400, 300}) == "0.00000 100.000 800.000 600.000");
}

TEST_CASE("a margin that leaves no room is refused") {
  CHECK_THROWS_AS(layout_of(subject, picture, on_canvas(100, 200, {50, false})), std::invalid_argument);
  CHECK_THROWS_AS(layout_of(subject, picture, on_canvas(100, 200, {50, true})), std::invalid_argument);
  CHECK_NOTHROW(layout_of(subject, picture, on_canvas(100, 200, {49, false})));
}

}  // namespace inpaint::test
