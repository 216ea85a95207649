// `inpaint inpaint` through the real program: its models, areas, facts, resume and debug pictures.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <opencv2/core.hpp>
#include <sstream>

#include "drawing.h"
#include "support.h"

namespace inpaint::test {
namespace fs = std::filesystem;
namespace {

using nlohmann::json;
using Words = std::vector<std::string>;

// A folder with in/a.png, in/sub/b.png (80 × 60 each) and mask.png with a hole in the middle; commands run in it.
class Shop : public ScratchFolder {
 public:
  Shop() {
    write_picture(*this / "in/a.png", painted_picture(80, 60, 1), Format::png);
    write_picture(*this / "in/sub/b.png", painted_picture(80, 60, 2), Format::png);
    write_mask(*this / "mask.png", Mask(hole()));
  }
  static cv::Mat hole() {
    cv::Mat values = cv::Mat::zeros(60, 80, CV_8UC1);
    values(box()).setTo(255);
    return values;
  }
  static cv::Rect box() { return {34, 24, 12, 10}; }

  RunResult run(const Words& arguments) const { return run_inpaint(arguments, "cd '" + path().string() + "' && "); }
  // `inpaint inpaint in --mask mask.png -o OUT`, and more.
  RunResult fill(const std::string& out, const Words& more = {}, const std::string& in = "in") const {
    Words arguments = {"inpaint", in, "--mask", "mask.png", "-o", out};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run(arguments);
  }
  RunResult fill_one(const Words& more = {}) const { return fill("one.png", more, "in/a.png"); }
  std::string bytes(const std::string& file) const { return file_text(*this / file); }
  bool exists(const std::string& file) const { return fs::exists(*this / file); }
};

std::vector<json> json_lines(const std::string& text) {
  std::vector<json> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(json::parse(line));
  return lines;
}

// Both pictures with the hole's pixels blackened.
bool same_outside(const Image& a, const Image& b, const cv::Mat& hole) {
  cv::Mat one = a.pixels().clone(), other = b.pixels().clone();
  for (cv::Mat* pixels : {&one, &other}) pixels->setTo(cv::Scalar::all(0), hole);
  return identical(one, other);
}

void check_says(const RunResult& result, int exit_code, const Words& words) {
  CAPTURE(result.err);
  CHECK(result.exit_code == exit_code);
  for (const std::string& word : words) {
    CAPTURE(word);
    CHECK(result.err.find(word) != std::string::npos);
  }
}

// Refused before any work: one line, nothing written.
void check_refused(const Shop& shop, const RunResult& result, const Words& words) {
  check_says(result, 2, words);
  CHECK(std::count(result.err.begin(), result.err.end(), '\n') == 1);
  CHECK(result.out.empty());
  CHECK_FALSE(shop.exists("out"));
  CHECK_FALSE(shop.exists("one.png"));
  CHECK_FALSE(shop.exists("debug"));
}

}  // namespace

TEST_CASE("one line fills a hole with the default model and says nothing") {
  const Shop shop;
  const RunResult result = shop.fill_one();
  CHECK(result.exit_code == 0);
  CHECK(result.out.empty());
  CHECK(result.err.empty());
  const Image before = painted_picture(80, 60, 1), after = load_picture(shop / "one.png");
  CHECK(same_outside(before, after, Shop::hole()));
  CHECK_FALSE(identical(before.pixels(), after.pixels()));
  REQUIRE(shop.fill("named.png", {"--model", "patch"}, "in/a.png").exit_code == 0);
  CHECK(shop.bytes("named.png") == shop.bytes("one.png"));
}

TEST_CASE("what was painted over is gone, and the texture goes on") {
  // Stripes four pixels wide with a magenta blot on them.
  const Shop shop;
  cv::Mat stripes(90, 120, CV_8UC3);
  for (int y = 0; y < stripes.rows; ++y)
    stripes.row(y).setTo(y / 4 % 2 ? cv::Scalar(210, 190, 40) : cv::Scalar(40, 60, 90));
  cv::Mat painted = stripes.clone();
  painted(cv::Rect(50, 30, 24, 28)).setTo(cv::Scalar(255, 0, 255));
  write_picture(shop / "blot.png", Image(painted), Format::png);
  REQUIRE(shop.run({"mask", "blot.png", "-o", "blot.mask.png", "--from-color", "#ff00ff"}).exit_code == 0);
  REQUIRE(shop.run({"inpaint", "blot.png", "--mask", "blot.mask.png", "-o", "clean.png"}).exit_code == 0);
  CHECK(largest_difference(load_picture(shop / "clean.png").pixels(), stripes) <= 3);
}

TEST_CASE("JSON tells each hole and its method") {
  const Shop shop;
  const RunResult result = shop.fill_one({"--json"});
  REQUIRE(result.exit_code == 0);
  const json line = json_lines(result.out).at(0);
  CHECK(line["facts"]["model"] == "patch");
  CHECK(line["facts"]["holes"].dump() == R"([{"box":[34,24,46,34],"method":"patch","pixels":120}])");
  CHECK(line["notes"].empty());
}

TEST_CASE("what auto chose stands in the JSON and in the ledger") {
  const Shop shop;
  cv::Mat holes = cv::Mat::zeros(60, 80, CV_8UC1);
  holes(cv::Rect(8, 4, 2, 50)).setTo(255);
  holes(cv::Rect(40, 20, 24, 20)).setTo(255);
  write_mask(shop / "mask.png", Mask(holes));
  cv::Mat noise(60, 80, CV_8UC3);
  cv::RNG(5).fill(noise, cv::RNG::UNIFORM, 0, 256);
  write_picture(shop / "in/a.png", Image(noise), Format::png);
  const auto methods = [](const json& facts) {
    CHECK(facts["model"] == "auto");
    Words names;
    for (const json& hole : facts["holes"]) names.push_back(hole["method"]);
    std::sort(names.begin(), names.end());
    return names;
  };
  const RunResult result = shop.fill("out", {"--model", "auto", "--json"});
  REQUIRE(result.exit_code == 0);
  for (const json& line : json_lines(result.out)) {
    if (line.contains("input") && line["input"] == "in/a.png")
      CHECK(methods(line["facts"]) == Words{"navier-stokes", "patch"});
  }
  const RunResult history = shop.run({"history", "out", "--input", "a.png", "--json"});
  REQUIRE(history.exit_code == 0);
  const json record = json_lines(history.out).at(0);
  CHECK(methods(record["facts"]) == Words{"navier-stokes", "patch"});
  CHECK(record["options"]["stages"][0]["options"]["model"] == "auto");
}

TEST_CASE("a hole filled by other means is noted and told with its reason") {
  const Shop shop;
  write_picture(shop / "in/a.png", painted_picture(80, 8), Format::png);
  cv::Mat band = cv::Mat::zeros(8, 80, CV_8UC1);
  band.rowRange(3, 5).setTo(255);
  write_mask(shop / "mask.png", Mask(band));
  const RunResult result = shop.fill_one({"--json"});
  const std::string reason = "no patch of 7 × 7 is known around it: patches of 3 × 3";
  check_says(result, 0, {"in/a.png: the hole at 0,3 was filled by patch: " + reason});
  CHECK(json_lines(result.out).at(0)["facts"]["holes"][0]["reason"] == reason);
}

TEST_CASE("inpaint: a mask of another size fails with both sizes and the cure, and the cure works") {
  const Shop shop;
  cv::Mat half = cv::Mat::zeros(30, 40, CV_8UC1);
  half(cv::Rect(17, 12, 6, 5)).setTo(255);
  write_mask(shop / "mask.png", Mask(half));
  check_says(shop.fill_one(), 1, {"in/a.png: ", "40 × 30", "80 × 60", "--mask-fit resize"});
  CHECK_FALSE(shop.exists("one.png"));
  REQUIRE(shop.fill_one({"--mask-fit", "resize"}).exit_code == 0);
  cv::Mat around = cv::Mat::zeros(60, 80, CV_8UC1);
  around(cv::Rect(32, 22, 16, 14)).setTo(255);  // scaling softens the rim
  const Image before = painted_picture(80, 60, 1), after = load_picture(shop / "one.png");
  CHECK(same_outside(before, after, around));
  CHECK_FALSE(identical(before.pixels(), after.pixels()));
}

TEST_CASE("an all-white mask fails its picture and not the others") {
  const Shop shop;
  write_mask(shop / "masks/a.png", full_mask(80, 60));
  write_mask(shop / "masks/sub/b.png", Mask(Shop::hole()));
  for (const std::string model : {"patch", "auto", "telea"}) {
    const std::string out = "out-" + model;
    check_says(shop.run({"inpaint", "in", "--mask", "masks", "-o", out, "--model", model}), 1,
               {"in/a.png: inpaint: the mask covers the whole picture: nothing is left to fill from", "1 done"});
    CHECK(shop.exists(out + "/sub/b.png"));
    CHECK_FALSE(shop.exists(out + "/a.png"));
  }
}

TEST_CASE("an empty mask leaves the picture as it is and says so") {
  const Shop shop;
  write_mask(shop / "mask.png", Mask(80, 60));
  check_says(shop.fill_one(), 0, {"in/a.png: the mask is empty: nothing was filled"});
  CHECK(identical(load_picture(shop / "one.png").pixels(), painted_picture(80, 60, 1).pixels()));
}

TEST_CASE("a search area without known pixels fails the picture and names the hole") {
  const Shop shop;
  for (const Words& options : {Words{"--search-area", "36,26,4,4"}, Words{"--avoid-area", "0,0,100%,100%"},
                               Words{"--search-area", "0,0,20,20", "--avoid-area", "0,0,30,30", "--model", "auto"}}) {
    check_says(shop.fill_one(options), 1,
               {"in/a.png: inpaint: no known pixel may be taken for the hole at 34,24 of 12 × 10"});
    CHECK_FALSE(shop.exists("one.png"));
  }
}

TEST_CASE("areas as box, mask and directory mean the same") {
  const Shop shop;
  cv::Mat left = cv::Mat::zeros(60, 80, CV_8UC1);
  left(cv::Rect(0, 0, 32, 60)).setTo(255);
  write_mask(shop / "left.png", Mask(left));
  write_mask(shop / "areas/a.png", Mask(left));
  write_mask(shop / "areas/sub/b-mask.png", Mask(left));
  REQUIRE(shop.fill("everywhere").exit_code == 0);
  REQUIRE(shop.fill("out", {"--search-area", "0,0,40%,100%"}).exit_code == 0);
  CHECK(shop.bytes("out/a.png") != shop.bytes("everywhere/a.png"));
  const std::vector<Words> ways = {{"--search-area", "0,0,32,60"},
                                   {"--search-area", "left.png"},
                                   {"--search-area", "areas"},
                                   {"--avoid-area", "32,0,48,60"},
                                   {"--search-area", "0,0,60,60", "--avoid-area", "32,0,28,60"}};
  for (size_t i = 0; i < ways.size(); ++i) {
    CAPTURE(i);
    const std::string out = fmt::format("out{}", i);
    REQUIRE(shop.fill(out, ways[i]).exit_code == 0);
    CHECK(shop.bytes(out + "/a.png") == shop.bytes("out/a.png"));
    CHECK(shop.bytes(out + "/sub/b.png") == shop.bytes("out/sub/b.png"));
  }
}

TEST_CASE("what cannot work is refused before any work") {
  const Shop shop;
  check_refused(shop, shop.fill("out", {"--search-area", "gone.png"}),
                {"--search-area: no such file or directory: 'gone.png'"});
  check_refused(shop, shop.fill("out", {"--avoid-area", "gone/"}), {"--avoid-area: no such file or directory"});
  check_refused(shop, shop.fill("out", {"--search-area", "1,2,3"}), {"--search-area: expected", "got '1,2,3'"});
  check_refused(shop, shop.fill("out", {"--search-area", "1,2,0,4"}), {"--search-area: expected", "above 0"});
  check_refused(shop, shop.fill("out", {"--search-area", ""}), {"--search-area"});
  check_refused(shop, shop.fill("out", {"--effort", "max"}), {"--effort: unknown value 'max'", "fast, normal, best"});
  check_refused(shop, shop.fill("out", {"--patch-size", "4"}), {"--patch-size: unknown value '4'", "3, 5, 7"});
  check_refused(shop, shop.fill("out", {"--patch-sice", "5"}), {"--patch-sice", "did you mean '--patch-size'"});
  check_refused(shop, shop.fill("out", {"--radius", "3"}), {"--radius", "--model telea", "patch has effort"});
  check_refused(shop, shop.fill("out", {"--model", "telea", "--effort", "best"}),
                {"--effort", "--model patch", "telea has radius"});
  check_refused(shop, shop.fill("out", {"--model", "navier-stokes", "--debug", "debug"}), {"--debug", "--model patch"});
  check_refused(shop, shop.fill("out", {"--model", "patches"}), {"--model", "did you mean 'patch'"});
}

TEST_CASE("an area that fits no picture fails each of them") {
  const Shop shop;
  write_mask(shop / "small.png", Mask(40, 30));
  check_says(shop.fill("out", {"--search-area", "small.png"}), 1,
             {"--search-area: the mask is 40 × 30, the picture 80 × 60", "2 failed"});
  write_file(shop / "text.png", "no picture");
  check_says(shop.fill("out", {"--avoid-area", "text.png"}), 1, {"--avoid-area text.png: not a picture", "2 failed"});
  write_mask(shop / "areas/a.png", full_mask(80, 60));
  check_says(shop.fill("out", {"--search-area", "areas"}), 1,
             {"in/sub/b.png", "'areas' has nothing for it (looked for sub/b.*)", "1 done, 1 failed"});
}

TEST_CASE("the help of inpaint lists its options with rules and defaults") {
  const std::string help = run_inpaint({"inpaint", "--help"}).out;
  for (const char* text : {"--model NAME", "--effort NAME", "--patch-size N", "--radius N", "--search-area MASK|BOX",
                           "--avoid-area MASK|BOX", "--feather N", "--debug DIR",
                           "(fast, normal, best; default: normal)", "default: 7)", "default: patch)"}) {
    CAPTURE(text);
    CHECK(help.find(text) != std::string::npos);
  }
}

TEST_CASE("the spec that flags amount to makes the same bytes") {
  const Shop shop;
  write_mask(shop / "left.png", full_mask(80, 60));
  const Words options = {
      "--effort",  "fast", "--patch-size", "9", "--search-area", "left.png", "--avoid-area", "60%,0,40%,100%",
      "--feather", "2",    "--seed",       "5", "--model",       "auto"};
  Words print = options;
  print.push_back("--print-spec");
  const RunResult printed = shop.fill("out", print);
  REQUIRE(printed.exit_code == 0);
  CHECK_FALSE(shop.exists("out"));
  write_file(shop / "spec.yaml", printed.out);
  REQUIRE(shop.fill("out", options).exit_code == 0);
  CHECK(shop.run({"run", "spec.yaml"}).err.find("nothing to do: 2 done already") != std::string::npos);
  REQUIRE(shop.run({"run", "spec.yaml", "-o", "other"}).exit_code == 0);
  for (const char* file : {"/a.png", "/sub/b.png"})
    CHECK(shop.bytes(std::string("out") + file) == shop.bytes(std::string("other") + file));
  check_says(shop.run({"run", "spec.yaml", "-o", "third", "--set", "inpaint.search-area=gone.png"}), 2,
             {"--search-area", "gone.png"});
  check_says(shop.run({"run", "spec.yaml", "-o", "third", "--set", "inpaint.patch-size=4"}), 2,
             {"--set inpaint.patch-size: unknown value '4'"});
}

TEST_CASE("a spec takes boxes, sizes and efforts as YAML writes them, and names the line of a wrong one") {
  const Shop shop;
  const auto check = [&](const std::string& options) {
    write_file(shop / "spec.yaml",
               "input: {paths: in, mask: mask.png}\noutput: out\nstages:\n  - inpaint:\n      " + options + "\n");
    return shop.run({"check", "spec.yaml"});
  };
  CHECK(check("patch-size: 5").exit_code == 0);
  CHECK(check("search-area: 0,0,20,30").exit_code == 0);
  CHECK(check("avoid-area: \"10%,0,20,30%\"").exit_code == 0);
  check_says(check("search-area: 1,2,3"), 2, {"spec.yaml:5: inpaint.search-area: expected", "got '1,2,3'"});
  check_says(check("patch-size: 6"), 2, {"spec.yaml:5: inpaint.patch-size: unknown value '6'"});
  check_says(check("effort: bset"), 2, {"spec.yaml:5: inpaint.effort: unknown value 'bset' (did you mean 'best'?)"});
  check_says(check("search-aera: in"), 2, {"spec.yaml:5", "did you mean 'search-area'"});
}

TEST_CASE("the same bytes whatever the number of jobs, and when done again") {
  const Shop shop;
  for (int i = 0; i < 4; ++i)
    write_picture(shop / fmt::format("in/more/{}.png", i), painted_picture(80, 60, 3 + i), Format::png);
  const auto outputs = [&](const std::string& out) {
    Words all;
    for (const std::string& file : files_below(shop / out)) {
      if (file.ends_with(".png")) all.push_back(file + ":" + shop.bytes(out + "/" + file));
    }
    return all;
  };
  REQUIRE(shop.fill("one", {"--jobs", "1"}).exit_code == 0);
  REQUIRE(shop.fill("two", {"--jobs", "2"}).exit_code == 0);
  const Words first = outputs("one");
  CHECK(first.size() == 6);
  CHECK((first == outputs("two")));
  CHECK(shop.fill("one", {"--jobs", "2", "--redo"}).err.find("6 done in") != std::string::npos);
  CHECK((first == outputs("one")));
}

TEST_CASE("another seed is another recipe; outside the mask nothing moves") {
  const Shop shop;
  REQUIRE(shop.fill("out").exit_code == 0);
  CHECK(shop.fill("out", {"--seed", "0"}).err.find("nothing to do: 2 done already") != std::string::npos);
  CHECK(shop.fill("out", {"--seed", "7"}).err.find("2 done in") != std::string::npos);
  CHECK(same_outside(load_picture(shop / "out/a.png"), painted_picture(80, 60, 1), Shop::hole()));
}

TEST_CASE("16 bits and transparency stay; outside the mask every bit") {
  const Shop shop;
  const std::vector<Image> pictures = {painted_16_bit(80, 60), with_painted_alpha(painted_picture(80, 60)),
                                       with_painted_alpha(painted_16_bit(80, 60))};
  for (size_t i = 0; i < pictures.size(); ++i) {
    for (const std::string model : {"patch", "auto"}) {
      CAPTURE(i);
      CAPTURE(model);
      write_picture(shop / "deep.png", pictures[i], Format::png);
      REQUIRE(shop.fill("one.png", {"--model", model}, "deep.png").exit_code == 0);
      const Image out = load_picture(shop / "one.png");
      CHECK(out.is_16_bit() == pictures[i].is_16_bit());
      CHECK(out.has_alpha() == pictures[i].has_alpha());
      CHECK(same_outside(out, pictures[i], Shop::hole()));
      CHECK_FALSE(identical(out.pixels(), pictures[i].pixels()));
      if (out.has_alpha()) CHECK(identical(out.alpha(), pictures[i].alpha()));
    }
  }
}

TEST_CASE("debug pictures are written, each picture's in a folder of its own, and change nothing else") {
  const Shop shop;
  REQUIRE(shop.fill("out", {"--debug", "debug"}).exit_code == 0);
  REQUIRE(shop.fill("plain").exit_code == 0);
  CHECK(shop.bytes("out/a.png") == shop.bytes("plain/a.png"));
  for (const char* file : {"debug/a.png/hole1-scale0-end-estimate.png", "debug/a.png/hole1-scale0-end-field.png",
                           "debug/sub/b.png/hole1-scale0-start-estimate.png"}) {
    CAPTURE(file);
    REQUIRE(shop.exists(file));
    CHECK(load_picture(shop / file).width() <= 80);
  }
  // It is no part of the recipe: what was done without is done.
  CHECK(shop.fill("plain", {"--debug", "later"}).err.find("nothing to do") != std::string::npos);
  CHECK_FALSE(shop.exists("later"));
}

TEST_CASE("debug pictures that cannot be written fail the picture with the reason") {
  const Shop shop;
  check_says(shop.fill("out", {"--debug", "mask.png"}), 1, {"inpaint: cannot make the folder 'mask.png/a.png'"});
  CHECK_FALSE(shop.exists("out/a.png"));
  CHECK(load_mask(shop / "mask.png").width() == 80);
}

TEST_CASE("a changed area redoes the pictures it belongs to") {
  const Shop shop;
  for (const char* name : {"areas/a.png", "areas/sub/b.png"}) write_mask(shop / name, full_mask(80, 60));
  const Words options = {"--search-area", "areas", "--avoid-area", "mask.png"};
  REQUIRE(shop.fill("out", options).exit_code == 0);
  CHECK(shop.fill("out", options).err.find("nothing to do: 2 done already") != std::string::npos);
  fs::last_write_time(shop / "areas/sub/b.png", fs::file_time_type::clock::now() + std::chrono::seconds(2));
  CHECK(shop.fill("out", options).err.find("1 done, 1 done already") != std::string::npos);
  fs::last_write_time(shop / "mask.png", fs::file_time_type::clock::now() + std::chrono::seconds(2));
  CHECK(shop.fill("out", options).err.find("2 done in") != std::string::npos);
  CHECK(shop.fill("out", {"--search-area", "0,0,60,60"}).err.find("2 done in") != std::string::npos);
  CHECK(shop.fill("out", {"--search-area", "0,0,60,60"}).err.find("nothing to do") != std::string::npos);
  CHECK(shop.fill("out", {"--search-area", "0,0,61,60"}).err.find("2 done in") != std::string::npos);
}

}  // namespace inpaint::test
