#include <doctest/doctest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "classic/mask/combine.h"
#include "drawing.h"
#include "pipeline/helpers.h"
#include "support.h"

namespace inpaint::test {
namespace {
namespace fs = std::filesystem;

std::string refused(const Words& options) {
  return message_of<SpecError>([&] { ReadyStage("mask", options); });
}

// The mask that the stage makes for an 8 x 4 picture.
std::string drawn(const Words& options, const Mask& before = {}) {
  return drawing(ReadyStage("mask", options).run(flat_picture(8, 4, 50, 60, 70), before).mask);
}

}  // namespace

TEST_CASE("shapes are drawn together") {
  CHECK(drawn({"rect=1,1,2,2"}) == rows({"........", ".##.....", ".##.....", "........"}));
  CHECK(drawn({"rect=1,1,2,2", "rect=50%,0,50%,25%"}) == rows({"....####", ".##.....", ".##.....", "........"}));
  CHECK(drawn({"rect=0,0,1,1", "polygon=4,0,8,0,8,4,4,4"}) == rows({"#...####", "....####", "....####", "....####"}));
  CHECK(drawn({"ellipse=0,0,4,4"}) == rows({".##.....", "####....", "####....", ".##....."}));
}

TEST_CASE("shapes are added to the mask that came") {
  CHECK(drawn({"rect=0,0,2,1"}, drawn_mask({"........", "........", "....5...", "......##"})) ==
        rows({"##......", "........", "....5...", "......##"}));
}

TEST_CASE("a colour is selected within its tolerance") {
  cv::Mat rgb(1, 4, CV_8UC3, cv::Scalar(255, 0, 0));
  rgb.at<cv::Vec3b>(0, 1) = {215, 40, 0};
  rgb.at<cv::Vec3b>(0, 2) = {214, 0, 0};
  rgb.at<cv::Vec3b>(0, 3) = {0, 0, 255};
  const Image picture(rgb);
  CHECK(drawing(ReadyStage("mask", {"from-color=red"}).run(picture).mask) == rows({"##.."}));
  CHECK(drawing(ReadyStage("mask", {"from-color=red", "tolerance=0"}).run(picture).mask) == rows({"#..."}));
  CHECK(drawing(ReadyStage("mask", {"from-color=red", "from-color=#0000ff", "tolerance=41"}).run(picture).mask) ==
        rows({"####"}));
}

TEST_CASE("what is transparent is selected") {
  cv::Mat rgba(1, 3, CV_8UC4, cv::Scalar(9, 9, 9, 255));
  rgba.at<cv::Vec4b>(0, 1)[3] = 0;
  rgba.at<cv::Vec4b>(0, 2)[3] = 155;
  CHECK(drawing(ReadyStage("mask", {"from-alpha"}).run(Image(rgba)).mask) == rows({".#4"}));
}

TEST_CASE("a random mask covers its share, differs between pictures and not between runs") {
  for (const std::string kind : {"strokes", "boxes"}) {
    const ReadyStage stage("mask", {"random=" + kind, "ratio=0.3"});
    const Image picture = painted_picture(40, 30);
    const Item first = stage.run(picture, {}, "a.png", 1);
    CHECK(first.mask.coverage() >= 0.3);
    CHECK(first.mask.coverage() < 0.6);
    CHECK(identical(first.mask.values(), stage.run(picture, {}, "a.png", 1).mask.values()));
    CHECK_FALSE(identical(first.mask.values(), stage.run(picture, {}, "b.png", 2).mask.values()));
  }
}

TEST_CASE("strokes are read from the picture's own file and drawn last, so that they can erase") {
  const ScratchFolder folder;
  write_file(folder / "strokes/a/b.json", R"([{"points": [[6, 1]], "width": 40, "erase": true}])");
  const std::string strokes = "strokes=" + folder / "strokes";
  CHECK(drawn({"rect=0,0,8,4", strokes}) == rows({"........", "........", "........", "........"}));
  CHECK(ReadyStage("mask", {strokes}).stage->companions().at(0)->find("a/b.jpg").value_or("") ==
        folder / "strokes/a/b.json");
  const ReadyStage stage("mask", {strokes});
  CHECK(message_of<ItemError>([&] { stage.run(flat_picture(8, 4, 1, 2, 3), {}, "a/c.png"); }) ==
        "--strokes: '" + folder / "strokes" + "' has nothing for it (looked for a/c.*)");
}

TEST_CASE("strokes that are wrong name their file and place") {
  const ScratchFolder folder;
  write_file(folder / "s.json", R"([{"points": [[1, 1]]}, {"point": [[1, 1]]}])");
  const ReadyStage stage("mask", {"strokes=" + folder / "s.json"});
  const std::string message = message_of<ItemError>([&] { stage.run(flat_picture(8, 4, 1, 2, 3)); });
  CHECK(message.starts_with("--strokes " + folder / "s.json" + ": stroke 2: unknown key 'point'"));
}

TEST_CASE("operations are applied in the order given") {
  const std::string grown = rows({"........", "...#....", "..###...", "...#...."});
  CHECK(drawn({"rect=3,2,1,1", "grow=1"}) == grown);
  CHECK(drawn({"grow=1", "rect=3,2,1,1"}) == grown);  // drawing comes before all operations
  CHECK(drawn({"rect=3,2,1,1", "invert", "shrink=1", "invert"}) == grown);
  CHECK(drawn({"rect=3,2,1,1", "grow=1", "shrink=1", "grow=1"}) == grown);
  CHECK(drawn({"rect=3,2,1,1", "invert", "grow=1"}) == rows({"########", "########", "########", "########"}));
  CHECK(drawn({"rect=3,2,1,1", "grow=1", "invert"}) == rows({"########", "###.####", "##...###", "###.####"}));
}

TEST_CASE("an operation that is switched off does nothing") {
  CHECK(drawn({"rect=3,2,1,1", "invert=false"}) == drawn({"rect=3,2,1,1"}));
}

TEST_CASE("each operation is the one of its name") {
  const Mask before = drawn_mask({"###....#", "#.#.....", "###.....", "........"});
  CHECK(drawn({"fill-holes"}, before) == rows({"###....#", "###.....", "###.....", "........"}));
  CHECK(drawn({"keep-largest"}, before) == rows({"###.....", "#.#.....", "###.....", "........"}));
  CHECK(drawn({"invert"}, before) == rows({"...####.", ".#.#####", "...#####", "########"}));
  CHECK(drawn({"feather=3"}, before) == drawing(feather(before, 3)));
  CHECK(drawn({"shrink=1"}, before) == drawing(shrink(before, 1)));
}

TEST_CASE("other masks are added, taken away or intersected") {
  const ScratchFolder folder;
  write_mask(folder / "m/a/b.png", drawn_mask({"####....", "####....", "........", "........"}));
  const Mask before = drawn_mask({"..####..", "........", "..####..", "........"});
  const std::string other = folder / "m";
  CHECK(drawn({"union=" + other}, before) == rows({"######..", "####....", "..####..", "........"}));
  CHECK(drawn({"subtract=" + other}, before) == rows({"....##..", "........", "..####..", "........"}));
  CHECK(drawn({"intersect=" + other}, before) == rows({"..##....", "........", "........", "........"}));
  CHECK(drawn({"subtract=" + other, "union=" + other}, before) == drawn({"union=" + other}, before));
}

TEST_CASE("another mask of another size is the picture's failure") {
  const ScratchFolder folder;
  write_mask(folder / "m.png", Mask(5, 4));
  const ReadyStage stage("mask", {"union=" + folder / "m.png", "rect=0,0,1,1"});
  CHECK(missing_of(message_of<ItemError>([&] { stage.run(flat_picture(8, 4, 1, 2, 3)); }), {"5 × 4", "8 × 4"}) == "");
}

TEST_CASE("other masks and strokes that do not exist are refused before any work") {
  CHECK(refused({"rect=0,0,1,1", "union=/nowhere"}) == "--union: no such file or directory: '/nowhere'");
  CHECK(refused({"strokes=/nowhere"}) == "--strokes: no such file or directory: '/nowhere'");
}

TEST_CASE("every other mask counts among the stage's companions") {
  const ScratchFolder folder;
  write_mask(folder / "u.png", Mask(8, 4));
  write_mask(folder / "s.png", Mask(8, 4));
  const ReadyStage stage("mask",
                         {"rect=0,0,1,1", "union=" + folder / "u.png", "grow=1", "subtract=" + folder / "s.png"});
  Words given;
  for (const Companion* companion : stage.stage->companions()) {
    if (companion->given()) given.push_back(companion->path());
  }
  CHECK(given == Words{folder / "u.png", folder / "s.png"});
}

TEST_CASE("options that wait for another one are refused alone") {
  CHECK(refused({"rect=0,0,1,1", "tolerance=5"}) == "mask: --tolerance belongs to --from-color");
  CHECK(refused({"rect=0,0,1,1", "ratio=0.5"}) == "mask: --ratio belongs to --random");
  CHECK_NOTHROW(ReadyStage("mask", {"from-color=red", "tolerance=5", "random=boxes", "ratio=0.5"}));
}

TEST_CASE("wrong values are refused with what was expected") {
  CHECK(refused({"grow=-1"}) == "--grow: expected 0 to 10000, got -1");
  CHECK(refused({"ratio=0.96"}) == "--ratio: expected 0 to 0.95, got 0.96");
  CHECK(refused({"random=circles"}) == "--random: unknown value 'circles' (known: strokes, boxes)");
  CHECK(missing_of(refused({"rect=1,2,3,0"}), {"--rect: expected x,y,w,h", "got '1,2,3,0'"}) == "");
  CHECK(refused({"invert=perhaps"}) == "--invert: expected true or false, got 'perhaps'");
}

TEST_CASE("a mask stage needs a mask only if it draws nothing itself") {
  using Ports = std::vector<Port>;
  CHECK(ReadyStage("mask").stage->needs() == Ports{Port::mask});
  CHECK(ReadyStage("mask", {"grow=2", "from-alpha=false"}).stage->needs() == Ports{Port::mask});
  for (const std::string source :
       {"rect=0,0,1,1", "ellipse=0,0,1,1", "polygon=0,0,1,0,1,1", "from-color=red", "random=boxes", "from-alpha"}) {
    CAPTURE(source);
    const ReadyStage stage("mask", {source});
    CHECK(stage.stage->needs().empty());
    CHECK(stage.stage->uses() == Ports{Port::mask});
  }
  const ReadyStage stage("mask");
  CHECK(stage.stage->gives() == Ports{Port::mask});
  CHECK(stage.stage->result() == Port::mask);
  CHECK_FALSE(stage.stage->makes_alpha());
}

TEST_CASE("the mask is told in the item's facts") {
  const Item item = ReadyStage("mask", {"rect=1,1,2,2"}).run(flat_picture(8, 4, 1, 2, 3));
  CHECK(item.facts.dump() == R"({"box":[1,1,3,3],"coverage":0.125})");
  const Item empty = ReadyStage("mask", {"rect=20,20,2,2"}).run(flat_picture(8, 4, 1, 2, 3));
  CHECK(empty.facts.dump() == R"({"box":null,"coverage":0.0})");
}

TEST_CASE("the picture itself is left as it is") {
  const Image picture = painted_picture(40, 30);
  CHECK(identical(ReadyStage("mask", {"rect=1,1,20,20", "grow=3"}).run(picture).image.pixels(), picture.pixels()));
}

TEST_CASE("a preview is made when asked for") {
  CHECK(ReadyStage("mask", {"rect=1,1,2,2"}).run(flat_picture(8, 4, 1, 2, 3)).extras.empty());
  const ReadyStage stage("mask", {"rect=1,1,2,2", "preview"});
  CHECK(stage.stage->extras() == Words{".preview.jpg"});
  const Item item = stage.run(flat_picture(8, 4, 1, 2, 3));
  REQUIRE(item.extras.size() == 1);
  CHECK(item.extras[0].suffix == ".preview.jpg");
  CHECK(std::get<Image>(item.extras[0].content).width() == 8);
  CHECK_FALSE(identical(std::get<Image>(item.extras[0].content).pixels(), item.image.pixels()));
}

}  // namespace inpaint::test
