#include "classic/compose/place.h"

#include <doctest/doctest.h>

#include <opencv2/core/utility.hpp>

#include "drawing.h"

namespace inpaint::test {
namespace {

Layout scaled(cv::Size canvas, double scale, double dx = 0, double dy = 0) { return {canvas, scale, dx, dy}; }

cv::Mat canvas_of(cv::Size size, int type, const cv::Scalar& value) { return cv::Mat(size, type, value); }

// A disc of one colour with a soft edge; glaring green where it is fully transparent.
Image disc(int side, const cv::Scalar& color, bool wide = false) {
  cv::Mat rgba(side, side, CV_8UC4, cv::Scalar(0, 255, 0, 0));
  for (int y = 0; y < side; ++y) {
    for (int x = 0; x < side; ++x) {
      const double inside = 0.4 * side - std::hypot(x + 0.5 - side / 2.0, y + 0.5 - side / 2.0) + 0.5;
      const double alpha = std::clamp(inside, 0.0, 1.0);
      if (alpha > 0) rgba.at<cv::Vec4b>(y, x) = cv::Scalar(color[0], color[1], color[2], std::round(alpha * 255));
    }
  }
  if (wide) rgba.convertTo(rgba, CV_16U, 257);
  return Image(rgba);
}

}  // namespace

TEST_CASE("at scale 1 opaque pixels arrive bit for bit") {
  for (const Image& picture : {painted_picture(40, 30), painted_16_bit(40, 30)}) {
    const int depth = picture.pixels().depth();
    for (const int channels : {3, 4}) {
      cv::Mat canvas = canvas_of({60, 50}, CV_MAKETYPE(depth, channels), cv::Scalar(9, 8, 7, 0));
      place(picture, scaled(canvas.size(), 1, 5, 7), canvas);
      const Image result{canvas};
      cv::Mat rgb;
      channels == 3 ? canvas.copyTo(rgb) : cv::cvtColor(canvas, rgb, cv::COLOR_RGBA2RGB);
      CHECK(identical(rgb(cv::Rect(5, 7, 40, 30)), picture.pixels()));
      CHECK(cv::countNonZero(result.alpha() == 0) == (channels == 3 ? 0 : 60 * 50 - 40 * 30));
      CHECK(rgb.at<cv::Vec3b>(0, 0) == cv::Mat(1, 1, rgb.type(), cv::Scalar(9, 8, 7)).at<cv::Vec3b>(0, 0));
    }
  }
}

TEST_CASE("what reaches beyond the canvas is cut off") {
  const Image picture = painted_picture(40, 30);
  cv::Mat canvas = canvas_of({20, 10}, CV_8UC3, {});
  place(picture, scaled(canvas.size(), 1, -15, -12), canvas);
  CHECK(identical(canvas, picture.pixels()(cv::Rect(15, 12, 20, 10))));
  place(picture, scaled(canvas.size(), 1, 100, 0), canvas);
  CHECK(identical(canvas, picture.pixels()(cv::Rect(15, 12, 20, 10))));
}

TEST_CASE("half transparent pixels are mixed as they should") {
  cv::Mat rgba(1, 3, CV_8UC4, cv::Scalar(200, 0, 255, 128));
  rgba.at<cv::Vec4b>(0, 2)[3] = 0;
  cv::Mat canvas = canvas_of({3, 1}, CV_8UC3, {100, 100, 100});
  place(Image(rgba), scaled(canvas.size(), 1), canvas);
  // 128 / 255 of the one and 127 / 255 of the other.
  CHECK(canvas.at<cv::Vec3b>(0, 0) == cv::Vec3b(150, 50, 178));
  CHECK(canvas.at<cv::Vec3b>(0, 2) == cv::Vec3b(100, 100, 100));
}

TEST_CASE("over its own colour nothing of a subject's edge can be seen, at any scale") {
  const cv::Scalar color(180, 60, 20);
  for (const bool wide : {false, true}) {
    for (const double scale : {0.13, 0.5, 0.77, 1.0, 1.31, 3.7}) {
      CAPTURE(scale);
      const Image picture = disc(61, color, wide);
      cv::Mat canvas = canvas_of({240, 240}, wide ? CV_16UC3 : CV_8UC3, color * (wide ? 257.0 : 1.0));
      const cv::Mat before = canvas.clone();
      place(picture, scaled(canvas.size(), scale, 3.3, 4.7), canvas);
      CHECK(largest_difference(canvas, before) <= 1);
    }
  }
}

TEST_CASE("a subject's edge overshoots neither into the subject nor out of it") {
  for (const double scale : {0.4, 2.5}) {
    cv::Mat canvas = canvas_of({160, 160}, CV_8UC3, cv::Scalar::all(240));
    place(disc(61, cv::Scalar::all(60)), scaled(canvas.size(), scale), canvas);
    double least = 0, most = 0;
    cv::minMaxLoc(canvas.reshape(1), &least, &most);
    CHECK(least >= 59);
    CHECK(most == 240);
  }
}

TEST_CASE("scaling keeps smooth pictures as they are") {
  cv::Mat ramp(80, 100, CV_8UC3);
  for (int y = 0; y < ramp.rows; ++y) {
    for (int x = 0; x < ramp.cols; ++x)
      ramp.at<cv::Vec3b>(y, x) = cv::Vec3b(cv::saturate_cast<uint8_t>(x * 2), cv::saturate_cast<uint8_t>(y * 3), 100);
  }
  for (const double scale : {0.25, 0.5, 2.0, 3.0}) {
    CAPTURE(scale);
    const cv::Size size(cvRound(100 * scale), cvRound(80 * scale));
    cv::Mat canvas = canvas_of(size, CV_8UC3, {}), reference;
    place(Image(ramp), scaled(size, scale), canvas);
    cv::resize(ramp, reference, size, 0, 0, scale < 1 ? cv::INTER_AREA : cv::INTER_LINEAR);
    const cv::Rect inner(cv::Point(size.width / 10, size.height / 10),
                         cv::Size(size.width * 8 / 10, size.height * 8 / 10));
    CHECK(largest_difference(canvas(inner), reference(inner)) <= 1);
  }
}

TEST_CASE("a picture without alpha covers its place up to the last row and column") {
  cv::Mat canvas = canvas_of({100, 100}, CV_8UC3, cv::Scalar::all(255));
  place(flat_picture(37, 37, 0, 0, 0), scaled(canvas.size(), 100 / 37.0), canvas);
  CHECK(cv::countNonZero(canvas.reshape(1)) == 0);
}

TEST_CASE("on a transparent canvas a picture stays as it is, colours under alpha 0 too") {
  for (const Image& picture :
       {with_painted_alpha(painted_picture(40, 30)), with_painted_alpha(painted_16_bit(40, 30))}) {
    cv::Mat canvas = cv::Mat::zeros(picture.pixels().size(), picture.pixels().type());
    place(picture, scaled(canvas.size(), 1), canvas);
    CHECK(largest_difference(canvas, picture.pixels()) == 0);
  }
}

TEST_CASE("scaled onto a transparent canvas a subject keeps its colour to the end of its edge") {
  for (const double scale : {0.5, 2.7}) {
    cv::Mat canvas = cv::Mat::zeros(180, 180, CV_8UC4);
    place(disc(61, {180, 60, 20}), scaled(canvas.size(), scale), canvas);
    double worst = 0;
    for (int y = 0; y < canvas.rows; ++y) {
      for (int x = 0; x < canvas.cols; ++x) {
        const cv::Vec4b at = canvas.at<cv::Vec4b>(y, x);
        if (at[3] > 12)
          worst = std::max({worst, std::abs(at[0] - 180.0), std::abs(at[1] - 60.0), std::abs(at[2] - 20.0)});
      }
    }
    CHECK(worst <= 12);  // at alpha 12 the colour beside it weighs a twenty-fourth
    CHECK(canvas.at<cv::Vec4b>(0, 0)[3] == 0);
  }
}

TEST_CASE("a subject lies over what a transparent canvas holds already") {
  cv::Mat rgba(1, 1, CV_8UC4, cv::Scalar(255, 255, 255, 51));
  cv::Mat canvas = canvas_of({1, 1}, CV_8UC4, {0, 0, 0, 102});
  place(Image(rgba), scaled({1, 1}, 1), canvas);
  // alpha = 0.2 + 0.4 × 0.8 = 0.52, colour = 0.2 / 0.52 of white
  CHECK(cv::norm(canvas.at<cv::Vec4b>(0, 0), cv::Vec4b(98, 98, 98, 133), cv::NORM_INF) <= 1);
}

TEST_CASE("depths meet: 8 bits on 16 and 16 on 8") {
  cv::Mat wide = canvas_of({40, 30}, CV_16UC3, {}), narrow = canvas_of({40, 30}, CV_8UC3, {}), expected;
  place(painted_picture(40, 30), scaled({40, 30}, 1), wide);
  painted_picture(40, 30).pixels().convertTo(expected, CV_16U, 257);
  CHECK(identical(wide, expected));
  place(Image(expected), scaled({40, 30}, 1), narrow);
  CHECK(identical(narrow, painted_picture(40, 30).pixels()));
}

TEST_CASE("any number of threads gives the same") {
  const Image picture = with_painted_alpha(painted_picture(70, 90));
  std::vector<cv::Mat> results;
  const int before = cv::getNumThreads();
  for (const int threads : {1, 2}) {
    cv::setNumThreads(threads);
    results.push_back(canvas_of({200, 200}, CV_8UC3, {40, 50, 60}));
    place(picture, scaled({200, 200}, 2.3, -5.5, 1.25), results.back());
  }
  cv::setNumThreads(before);
  CHECK(identical(results[0], results[1]));
}

TEST_CASE("one pixel can be scaled") {
  cv::Mat canvas = canvas_of({50, 50}, CV_8UC3, cv::Scalar::all(255));
  place(flat_picture(1, 1, 10, 20, 30), scaled(canvas.size(), 50), canvas);
  CHECK(identical(canvas, flat_picture(50, 50, 10, 20, 30).pixels()));
  cv::Mat tiny = canvas_of({1, 1}, CV_8UC3, cv::Scalar::all(255));
  place(flat_picture(300, 300, 10, 20, 30), scaled({1, 1}, 1 / 300.0), tiny);
  CHECK(tiny.at<cv::Vec3b>(0, 0) == cv::Vec3b(10, 20, 30));
}

TEST_CASE("a mask goes along") {
  const Mask mask = drawn_mask({"##..", "##.."});
  CHECK(drawing(placed_mask(mask, scaled({6, 4}, 1, 2, 1))) == rows({"......", "..##..", "..##..", "......"}));
  CHECK(placed_mask(mask, scaled({40, 20}, 10)).coverage() == doctest::Approx(0.5).epsilon(0.05));
}

TEST_CASE("a canvas of another size is a mistake") {
  cv::Mat canvas = canvas_of({5, 5}, CV_8UC3, {});
  CHECK_THROWS_AS(place(painted_picture(4, 4), scaled({4, 4}, 1), canvas), std::invalid_argument);
}

}  // namespace inpaint::test
