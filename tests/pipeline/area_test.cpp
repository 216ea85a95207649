#include "pipeline/area.h"

#include <doctest/doctest.h>

#include "core/error.h"
#include "drawing.h"
#include "pipeline/helpers.h"

namespace inpaint::test {
namespace {

std::string drawn(const std::string& text, int width, int height, const std::string& rel = "a.png") {
  Area area = Codec<Area>::parse(text);
  area.prepare("--search-area");
  Notes notes;
  return drawing(area.in(rel, painted_picture(width, height), notes));
}

std::string printed(const std::string& text) { return Codec<Area>::print(Codec<Area>::parse(text)); }

}  // namespace

TEST_CASE("an area may be given or not") {
  CHECK_FALSE(Area().given());
  CHECK(Codec<Area>::parse("1,2,3,4").given());
  CHECK(Codec<Area>::parse("masks").given());
}

TEST_CASE("a box in pixels or percent") {
  CHECK(drawn("1,1,3,2", 6, 4) == rows({"......", ".###..", ".###..", "......"}));
  CHECK(drawn("50%,0,50%,25%", 6, 4) == rows({"...###", "......", "......", "......"}));
  CHECK(drawn("0,50%,2,100%", 4, 4) == rows({"....", "....", "##..", "##.."}));
}

TEST_CASE("a box is cut to the picture") {
  CHECK(drawn("-2,-1,4,3", 5, 3) == rows({"##...", "##...", "....."}));
  CHECK(drawn("3,1,100,100", 5, 3) == rows({".....", "...##", "...##"}));
}

TEST_CASE("a box beside the picture is nowhere") {
  for (const std::string text : {"100,100,5,5", "-50,0,20,3", "0,3,5,1", "5,0,1,3", "99999999999,0,99999999999,1"}) {
    CAPTURE(text);
    CHECK(drawn(text, 5, 3) == rows({".....", ".....", "....."}));
  }
}

TEST_CASE("four numbers are a box, anything else a path") {
  CHECK(Codec<Area>::parse("10, 10, 20%, 5").box());
  CHECK(Codec<Area>::parse("./1,2,3,4").mask().path() == "./1,2,3,4");
  CHECK(Codec<Area>::parse("mask 1.png").mask().path() == "mask 1.png");
  for (const std::string text : {"1,2,3", "1,2,3,4,5", "1,2,0,4", "1,2,3,-4", "12", "-", "1,,2,3", " "}) {
    CAPTURE(text);
    CHECK(message_of<BadValue>([&] { Codec<Area>::parse(text); }) ==
          "x,y,w,h in pixels or percent, with w and h above 0");
  }
  CHECK(message_of<BadValue>([] { Codec<Area>::parse(""); }) ==
        "a box X,Y,W,H in pixels or percent, a mask file, or a directory of masks");
}

TEST_CASE("an area is printed as it can be read again") {
  for (const std::string text : {"1,2,3,4", "10%,20%,30.5%,40", "-5,0,20,20", "dir/mask.png"}) {
    CHECK(printed(text) == text);
  }
}

TEST_CASE("values above 127 of a mask belong to the area") {
  const ScratchFolder folder;
  cv::Mat values = (cv::Mat_<uint8_t>(1, 6) << 0, 1, 127, 128, 200, 255);
  write_mask(folder / "area.png", Mask(values));
  CHECK(drawn(folder / "area.png", 6, 1) == rows({"...###"}));
}

TEST_CASE("each picture has its own mask in a directory") {
  const ScratchFolder folder;
  write_mask(folder / "areas/sub/a.png", drawn_mask({"#.", ".."}));
  write_mask(folder / "areas/b_mask.png", drawn_mask({"..", ".#"}));
  CHECK(drawn(folder / "areas", 2, 2, "sub/a.jpg") == rows({"#.", ".."}));
  CHECK(drawn(folder / "areas", 2, 2, "b.jpg") == rows({"..", ".#"}));
  const std::string message = message_of<ItemError>([&] { drawn(folder / "areas", 2, 2, "c.jpg"); });
  CHECK(missing_of(message, {"--search-area", "areas", "c"}) == "");
}

TEST_CASE("a mask of another size is refused, by both sizes") {
  const ScratchFolder folder;
  write_mask(folder / "area.png", drawn_mask({"#.", ".."}));
  CHECK(message_of<ItemError>([&] { drawn(folder / "area.png", 3, 2); }) ==
        "--search-area: the mask is 2 × 2, the picture 3 × 2 (upright)");
}

TEST_CASE("a path that does not exist is refused before any picture is read") {
  Area area = Codec<Area>::parse("no/such/mask.png");
  CHECK(message_of<SpecError>([&] { area.prepare("--search-area"); }) ==
        "--search-area: no such file or directory: 'no/such/mask.png'");
  const ScratchFolder folder;
  write_file(folder / "empty/readme.txt", "");
  Area nothing = Codec<Area>::parse(folder / "empty");
  CHECK(missing_of(message_of<SpecError>([&] { nothing.prepare("--search-area"); }),
                   {"--search-area", "empty", "no usable file"}) == "");
}

TEST_CASE("a file that is no picture is refused by name") {
  const ScratchFolder folder;
  write_file(folder / "area.png", "no picture");
  CHECK(missing_of(message_of<ItemError>([&] { drawn(folder / "area.png", 2, 2); }), {"--search-area", "area.png"}) ==
        "");
}

}  // namespace inpaint::test
