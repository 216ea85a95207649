#include "classic/mask/shapes.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <cmath>

#include "drawing.h"

namespace inpaint::test {
namespace {

BoxText box(const std::string& text) { return Codec<BoxText>::parse(text); }
PolygonText polygon(const std::string& text) { return Codec<PolygonText>::parse(text); }

// Even-odd rule for the centre of each pixel, with a ray to the right: an edge belongs to the pixels on its right and
// below.
Mask naive_polygon(int width, int height, const PolygonText& shape) {
  const std::vector<Length>& v = shape.coordinates;
  const size_t corners = v.size() / 2;
  cv::Mat values = cv::Mat::zeros(height, width, CV_8UC1);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      const double px = x + 0.5, py = y + 0.5;
      bool inside = false;
      for (size_t i = 0; i < corners; ++i) {
        const size_t j = (i + 1) % corners;
        const double ax = v[2 * i].pixels(width), ay = v[2 * i + 1].pixels(height);
        const double bx = v[2 * j].pixels(width), by = v[2 * j + 1].pixels(height);
        if ((ay <= py) != (by <= py) && ax + (py - ay) / (by - ay) * (bx - ax) > px) inside = !inside;
      }
      if (inside) values.at<uint8_t>(y, x) = 255;
    }
  }
  return Mask(values);
}

}  // namespace

TEST_CASE("a rectangle covers x to x + w, y to y + h") {
  CHECK(drawing(rectangle_mask(6, 4, box("1,1,3,2"))) == rows({"......", ".###..", ".###..", "......"}));
  CHECK(drawing(rectangle_mask(6, 4, box("50%,25%,50%,50%"))) == rows({"......", "...###", "...###", "......"}));
}

TEST_CASE("a rectangle is cut at the picture's border") {
  CHECK(drawing(rectangle_mask(4, 3, box("-2,-2,4,4"))) == rows({"##..", "##..", "...."}));
  CHECK(drawing(rectangle_mask(4, 3, box("2,1,1000000,1000000"))) == rows({"....", "..##", "..##"}));
  CHECK(rectangle_mask(4, 3, box("4,0,5,3")).coverage() == 0);
  CHECK(rectangle_mask(4, 3, box("-9,0,9,3")).coverage() == 0);
  CHECK(rectangle_mask(1, 1, box("0,0,1,1")).coverage() == 1);
  CHECK(rectangle_mask(4, 3, box("0,0,100%,100%")).coverage() == 1);
}

TEST_CASE("an ellipse covers the pixels whose centres lie in it") {
  for (const std::string text :
       {"2,3,20,12", "0,0,9,9", "3.3,1.7,14.2,17.9", "-5,-4,20,15", "20,10,30,30", "0,0,100%,100%", "4,4,1,1"}) {
    CAPTURE(text);
    const BoxText shape = box(text);
    const double rx = shape.w.pixels(31) / 2, ry = shape.h.pixels(23) / 2;
    const double cx = shape.x.pixels(31) + rx, cy = shape.y.pixels(23) + ry;
    cv::Mat expected = cv::Mat::zeros(23, 31, CV_8UC1);
    for (int y = 0; y < 23; ++y) {
      for (int x = 0; x < 31; ++x) {
        const double u = (x + 0.5 - cx) / rx, v = (y + 0.5 - cy) / ry;
        if (u * u + v * v < 1) expected.at<uint8_t>(y, x) = 255;
      }
    }
    CHECK(drawing(ellipse_mask(31, 23, shape)) == drawing(Mask(expected)));
  }
}

TEST_CASE("a small ellipse is what one expects") {
  CHECK(drawing(ellipse_mask(6, 6, box("1,1,4,4"))) ==
        rows({"......", "..##..", ".####.", ".####.", "..##..", "......"}));
  CHECK(drawing(ellipse_mask(5, 3, box("0,0,5,3"))) == rows({".###.", "#####", ".###."}));
}

TEST_CASE("an ellipse far outside the picture selects nothing") {
  for (const std::string text :
       {"1e12,0,5,5", "-1e12,0,5,5", "0,1e12,5,5", "0,-1e12,5,5", "1.7e308,0,1.7e308,5", "1.7e308%,0,5,5"}) {
    CAPTURE(text);
    CHECK(ellipse_mask(8, 8, box(text)).coverage() == 0);
  }
}

TEST_CASE("a polygon along pixel edges is the rectangle between them") {
  CHECK(drawing(polygon_mask(6, 4, polygon("1,1,4,1,4,3,1,3"))) == rows({"......", ".###..", ".###..", "......"}));
  CHECK(polygon_mask(6, 4, polygon("0,0,100%,0,100%,100%,0,100%")).coverage() == 1);
  CHECK(polygon_mask(1, 1, polygon("0,0,1,0,1,1,0,1")).coverage() == 1);
}

TEST_CASE("a triangle covers the pixels whose centres lie in it") {
  CHECK(drawing(polygon_mask(6, 6, polygon("0,0,6,0,0,6"))) ==
        rows({"#####.", "####..", "###...", "##....", "#.....", "......"}));
}

TEST_CASE("a polygon follows the even-odd rule, pixel centre by pixel centre") {
  for (const std::string text :
       {"3,2,27,8,14,21", "15.2,1.1,20.7,20.3,2.4,8.2,28.9,7.7,7.5,21.6",  // a star that crosses itself
        "2,2,20,2,20,15,2,15,2,2,6,5,14,5,14,11,6,11,6,5,2,2",             // a hole, reached by a bridge
        "-10,-10,50,5,10,60", "5,5,5,18,25,5", "30%,10%,90%,50%,20%,95%", "0.5,0.5,10.5,0.5,10.5,10.5,0.5,10.5"}) {
    CAPTURE(text);
    CHECK(drawing(polygon_mask(31, 23, polygon(text))) == drawing(naive_polygon(31, 23, polygon(text))));
  }
}

TEST_CASE("polygons side by side share no pixel and leave no gap") {
  const Mask left = polygon_mask(20, 20, polygon("0,0,13.7,0,5.5,20,0,20")),
             right = polygon_mask(20, 20, polygon("13.7,0,20,0,20,20,5.5,20"));
  CHECK(cv::countNonZero(left.values() & right.values()) == 0);
  CHECK(cv::countNonZero(left.values() | right.values()) == 400);
}

TEST_CASE("a polygon outside the picture or without area selects nothing") {
  CHECK(polygon_mask(8, 8, polygon("20,20,30,20,30,30")).coverage() == 0);
  CHECK(polygon_mask(8, 8, polygon("1,1,7,7,1,1")).coverage() == 0);
  CHECK(polygon_mask(8, 8, polygon("1e12,0,2e12,0,2e12,8")).coverage() == 0);
  for (const std::string far : {"1e12", "1.7e308", "1.7e308%"}) {
    const std::string square = fmt::format("-{0},-{0},{0},-{0},{0},{0},-{0},{0}", far);
    CHECK(polygon_mask(8, 8, polygon(square)).coverage() == 1);
  }
}

TEST_CASE("color_mask takes every channel within the tolerance") {
  const cv::Mat rgb =
      (cv::Mat_<cv::Vec3b>(1, 6) << cv::Vec3b(100, 100, 100), cv::Vec3b(110, 90, 100), cv::Vec3b(111, 100, 100),
       cv::Vec3b(100, 89, 100), cv::Vec3b(100, 100, 110), cv::Vec3b(0, 255, 0));
  CHECK(drawing(color_mask(Image(rgb), {100, 100, 100}, 10)) == rows({"##..#."}));
  CHECK(drawing(color_mask(Image(rgb), {100, 100, 100}, 10.9)) == rows({"##..#."}));
  CHECK(drawing(color_mask(Image(rgb), {100, 100, 100}, 0)) == rows({"#....."}));
  CHECK(drawing(color_mask(Image(rgb), {0, 0, 0}, 255)) == rows({"######"}));
  CHECK(drawing(color_mask(Image(rgb), {0, 255, 0}, 5)) == rows({".....#"}));
}

TEST_CASE("color_mask works in 16 bits and looks past alpha") {
  const cv::Mat rgba = (cv::Mat_<cv::Vec<uint16_t, 4>>(1, 4) << cv::Vec<uint16_t, 4>(25700, 0, 65535, 0),
                        cv::Vec<uint16_t, 4>(28270, 0, 65535, 9), cv::Vec<uint16_t, 4>(28271, 0, 65535, 65535),
                        cv::Vec<uint16_t, 4>(25700, 2571, 65535, 0));
  CHECK(drawing(color_mask(Image(rgba), {100, 0, 255}, 10)) == rows({"##.."}));
}

TEST_CASE("transparency_mask is the reverse of alpha") {
  const cv::Mat rgba =
      (cv::Mat_<cv::Vec4b>(1, 3) << cv::Vec4b(1, 2, 3, 0), cv::Vec4b(1, 2, 3, 155), cv::Vec4b(1, 2, 3, 255));
  CHECK(drawing(transparency_mask(Image(rgba))) == rows({"#4."}));
  cv::Mat wide;
  rgba.convertTo(wide, CV_16U, 257.0);
  CHECK(drawing(transparency_mask(Image(wide))) == rows({"#4."}));
  CHECK(transparency_mask(painted_picture(5, 4)).coverage() == 0);
}

}  // namespace inpaint::test
