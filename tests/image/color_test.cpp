#include "image/color.h"

#include <doctest/doctest.h>

namespace inpaint::test {
namespace {

Color color(const std::string& text) { return Codec<Color>::parse(text); }

}  // namespace

TEST_CASE("colours are read from hexadecimal digits") {
  CHECK(color("#ff8800") == Color{255, 136, 0});
  CHECK(color("#FF8801") == Color{255, 136, 1});
  CHECK(color("#f80") == Color{255, 136, 0});
  CHECK(color("010203") == Color{1, 2, 3});
}

TEST_CASE("colours are read from names as in CSS") {
  CHECK(color("black") == Color{0, 0, 0});
  CHECK(color("white") == Color{255, 255, 255});
  CHECK(color("grey") == Color{128, 128, 128});
  CHECK(color("gray") == color("grey"));
  CHECK(color("red") == Color{255, 0, 0});
  CHECK(color("green") == Color{0, 128, 0});
  CHECK(color("blue") == Color{0, 0, 255});
}

TEST_CASE("what is no colour is refused") {
  for (const std::string text : {"", "#", "#ff88", "#ff88000", "#ff88000000", "#gg8800", "0xff00", "-12345", "+12345", "#12345 ", "pink"}) {
    CAPTURE(text);
    CHECK_THROWS_WITH_AS(color(text), "a colour like '#ff8800' or white", BadValue);
  }
}

TEST_CASE("a colour prints so that it reads back") {
  CHECK(Codec<Color>::print({1, 171, 255}) == "#01abff");
  CHECK(color(Codec<Color>::print({1, 171, 255})) == Color{1, 171, 255});
}

}  // namespace inpaint::test
