#include "image/box.h"

#include <doctest/doctest.h>

namespace inpaint::test {
namespace {

BoxText box(const std::string& text) { return Codec<BoxText>::parse(text); }

template <class T>
std::string refusal(const std::string& text) {
  try {
    Codec<T>::parse(text);
  } catch (const BadValue& expected) {
    return expected.what();
  }
  return "accepted";
}

template <class T>
std::string reprinted(const std::string& text) {
  return Codec<T>::print(Codec<T>::parse(text));
}

}  // namespace

TEST_CASE("a box is half-open") {
  const Box a{2, 3, 5, 7};
  CHECK(a.width() == 3);
  CHECK(a.height() == 4);
  CHECK(a.rect() == cv::Rect(2, 3, 3, 4));
  CHECK_FALSE(a.empty());
  CHECK(Box{2, 3, 2, 7}.empty());
  CHECK(Box{2, 7, 5, 3}.empty());
  CHECK(Box{}.empty());
}

TEST_CASE("boxes that only touch do not overlap") {
  const Box a{2, 2, 4, 4};
  CHECK_FALSE(a.overlaps({4, 2, 6, 4}));
  CHECK_FALSE(a.overlaps({2, 4, 4, 6}));
  CHECK_FALSE(a.overlaps({0, 0, 2, 2}));
  CHECK(a.overlaps({3, 3, 6, 6}));
  CHECK(a.overlaps({0, 0, 9, 9}));
  CHECK(a.overlaps(a));
}

TEST_CASE("united spans both boxes") { CHECK(Box{2, 3, 4, 5}.united({0, 4, 3, 9}) == Box{0, 3, 4, 9}); }

TEST_CASE("grown is cut to the picture") {
  CHECK(Box{2, 3, 5, 7}.grown(1, 100, 100) == Box{1, 2, 6, 8});
  CHECK(Box{2, 3, 5, 7}.grown(10, 8, 9) == Box{0, 0, 8, 9});
  CHECK(Box{-3, -3, 4, 4}.grown(0, 8, 9) == Box{0, 0, 4, 4});
  CHECK(Box{20, 0, 30, 5}.grown(0, 8, 9).empty());
}

TEST_CASE("lengths are pixels or hundredths of the side they lie along") {
  CHECK(box("10,20,30,40").in(1000, 500) == Box{10, 20, 40, 60});
  CHECK(box("10%,20%,50%,25%").in(1000, 400) == Box{100, 80, 600, 180});
  CHECK(box("10%,5,50%,25").in(30, 9) == Box{3, 5, 18, 30});
  CHECK(box(" 1 , 2 , 3 , 4 ").in(10, 10) == Box{1, 2, 4, 6});
}

TEST_CASE("a box is rounded at its edges, so that boxes side by side neither overlap nor leave a gap") {
  CHECK(box("0,0,33.4%,1").in(10, 10).x1 == box("33.4%,0,33.3%,1").in(10, 10).x0);
  CHECK(box("33.4%,0,33.3%,1").in(10, 10) == Box{3, 0, 7, 1});  // 3.34 to 6.67
  CHECK(box("0.4,0.5,1,1").in(10, 10) == Box{0, 1, 1, 2});
  CHECK(box("-5,-2.6,10,10").in(10, 10) == Box{-5, -3, 5, 7});
  CHECK(box("1e30,0,1e30,5").in(10, 10).grown(0, 10, 10).empty());
}

TEST_CASE("a box needs four finite numbers and a positive size") {
  const std::string expected = "x,y,w,h in pixels or percent, with w and h above 0";
  for (const std::string text : {"", "1,2,3", "1,2,3,4,5", "1,2,0,4", "1,2,3,-4", "1,2,3,x", "1,2,3,%", "1,,3,4",
                                 "1,2,nan,4", "1,2,3,inf", "1;2;3;4", "1,2,3,4%%", "1,2,3 %,4"}) {
    CAPTURE(text);
    CHECK(refusal<BoxText>(text) == expected);
  }
}

TEST_CASE("a polygon needs at least three whole corners") {
  const std::string expected = "at least three corners x,y,x,y,x,y in pixels or percent";
  CHECK(Codec<PolygonText>::parse("0,0,10,0,50%,100%").coordinates.size() == 6);
  for (const std::string text : {"", "1,2,3,4", "1,2,3,4,5", "1,2,3,4,5,6,7", "1,2,3,4,5,y"}) {
    CAPTURE(text);
    CHECK(refusal<PolygonText>(text) == expected);
  }
}

TEST_CASE("a point lies on the subject unless it says 0") {
  CHECK(Codec<PointText>::parse("3,4").subject);
  CHECK(Codec<PointText>::parse("3,4,1").subject);
  const PointText background = Codec<PointText>::parse("25%,4,0");
  CHECK_FALSE(background.subject);
  CHECK(background.x.pixels(200) == 50);
  CHECK(background.y.pixels(200) == 4);
  for (const std::string text : {"", "3", "3,4,2", "3,4,1%", "3,4,1,1", "a,b"}) {
    CAPTURE(text);
    CHECK(refusal<PointText>(text) == "x,y or x,y,1 (subject) or x,y,0 (background), in pixels or percent");
  }
}

TEST_CASE("shapes print so that they read back") {
  CHECK(reprinted<BoxText>("10%, 20.5,30,4%") == "10%,20.5,30,4%");
  CHECK(reprinted<PolygonText>("0,0,10,0,50%,100%") == "0,0,10,0,50%,100%");
  CHECK(reprinted<PointText>("3,4%") == "3,4%,1");
  CHECK(reprinted<PointText>("3,4,0") == "3,4,0");
}

TEST_CASE("a single length is pixels or percent") {
  CHECK(Codec<Length>::parse("40").pixels(200) == 40);
  CHECK(Codec<Length>::parse("8%").pixels(200) == 16);
  CHECK(Codec<Length>::print(Codec<Length>::parse("8.5%")) == "8.5%");
  for (const char* text : {"", "%", "-1", "x", "1e9"})
    CHECK(refusal<Length>(text) == "a length of 0 or more in pixels or percent, such as 40 or 8%");
}

}  // namespace inpaint::test
