// segment and remove-bg: where the subject is, what is written of it, and what becomes of it in doubt.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>
#include <sstream>

#include "drawing.h"
#include "image/compare.h"
#include "support.h"

namespace inpaint::test {
namespace {

using nlohmann::json;
using Words = std::vector<std::string>;
const std::string mug = INPAINT_SOURCE_DIR "/examples/samples/mug.jpg";

std::vector<json> json_lines(const std::string& text) {
  std::vector<json> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(json::parse(line));
  return lines;
}

// Two products before a pale wall, 160 × 120: a red box and, to its right, a smaller blue disc.
Image two_products() {
  cv::Mat rgb(120, 160, CV_8UC3, cv::Scalar(226, 228, 230));
  rgb(cv::Rect(20, 30, 60, 60)).setTo(cv::Scalar(190, 30, 20));
  cv::circle(rgb, {120, 60}, 18, cv::Scalar(20, 40, 170), cv::FILLED, cv::LINE_AA);
  return Image(rgb);
}

Image noise(uint64_t seed) {
  cv::Mat pixels(60, 80, CV_8UC3);
  cv::RNG(seed).fill(pixels, cv::RNG::UNIFORM, 0, 256);
  return Image(pixels);
}

// A folder with one picture, and the program run in it.
struct Desk : ScratchFolder {
  explicit Desk(const Image& picture = two_products()) { write_picture(*this / "a.png", picture, Format::png); }
  RunResult run(const Words& arguments) const { return run_inpaint(arguments, "cd '" + path().string() + "' && "); }
  /// The files below a folder without the ledger.
  Words files(const std::string& folder) const {
    Words all = files_below(*this / folder);
    std::erase_if(all, [](const std::string& file) { return file.starts_with(".inpaint/"); });
    return all;
  }
  uint8_t at(const std::string& mask, int x, int y) const { return load_mask(*this / mask).values().at<uint8_t>(y, x); }
};

}  // namespace

TEST_CASE("auto is the model of segment and remove-bg, and tells what it took and its confidence") {
  const Desk desk;
  for (const std::string command : {"segment", "remove-bg"}) {
    const RunResult result = desk.run({command, "a.png", "-o", command + ".png", "--json"});
    REQUIRE(result.exit_code == 0);
    const json facts = json_lines(result.out).at(0)["facts"];
    CHECK(facts["model"] == "auto");
    const Words methods{"catalog-u2netp", "classic", "catalog-u2netp+classic"};
    CHECK(std::find(methods.begin(), methods.end(), facts["method"].get<std::string>()) != methods.end());
    CHECK(facts["confidence"].get<double>() >= 0);
    CHECK(facts["confidence"].get<double>() <= 1);
  }
  const std::string help = desk.run({"segment", "--help"}).out;
  CHECK(help.find("auto)") != std::string::npos);
}

TEST_CASE("segment writes crops, regions and an overlay beside the mask") {
  const Desk desk;
  REQUIRE(desk.run({"segment", "a.png", "-o", "out", "--model", "color-key", "--crops", "--regions", "--overlay"})
              .exit_code == 0);
  CHECK(desk.files("out") == Words{"a.crop-1.png", "a.crop-2.png", "a.png", "a.preview.jpg", "a.regions.json"});
  const Image box = load_picture(desk / "out/a.crop-1.png"), disc = load_picture(desk / "out/a.crop-2.png");
  CHECK(box.width() == 64);
  CHECK(box.pixels().at<cv::Vec4b>(30, 30) == cv::Vec4b(190, 30, 20, 255));
  CHECK(box.alpha().at<uint8_t>(0, 0) == 0);
  CHECK(disc.pixels().at<cv::Vec4b>(20, 20) == cv::Vec4b(20, 40, 170, 255));

  const json regions = json::parse(file_text(desk / "out/a.regions.json"));
  CHECK(regions["images"][0] == json({{"id", 1}, {"file_name", "a.png"}, {"width", 160}, {"height", 120}}));
  REQUIRE(regions["annotations"].size() == 2);
  const json red = regions["annotations"][0];
  CHECK(red["bbox"] == json({20, 30, 60, 60}));
  CHECK(red["area"] == 3600);
  CHECK(red["segmentation"] == json({{20, 30, 80, 30, 80, 90, 20, 90}}));
  // The disc's polygon, drawn again, is the disc of the mask.
  std::vector<cv::Point> polygon;
  const json corners = regions["annotations"][1]["segmentation"][0];
  for (size_t i = 0; i < corners.size(); i += 2)
    polygon.emplace_back(cvRound(corners[i].get<double>()), cvRound(corners[i + 1].get<double>()));
  cv::Mat drawn = cv::Mat::zeros(120, 160, CV_8U), mask = load_mask(desk / "out/a.png").values().clone();
  cv::fillPoly(drawn, std::vector{polygon}, cv::Scalar(255));
  mask.colRange(0, 90).setTo(0);
  CHECK(compare_masks(Mask(drawn), Mask(mask)).iou > 0.9);
}

TEST_CASE("what is written beside the mask is made up for when it is asked for later or lost") {
  const Desk desk;
  const Words plain = {"segment", "a.png", "-o", "out", "--model", "color-key"};
  const auto with = [&](const Words& more) {
    Words all = plain;
    all.insert(all.end(), more.begin(), more.end());
    all.push_back("--json");
    return json_lines(desk.run(all).out).back()["summary"];
  };
  CHECK(with({})["done"] == 1);
  CHECK(with({"--regions"})["done"] == 1);
  CHECK(with({"--crops", "--overlay"})["done"] == 1);
  CHECK(with({"--crops", "--overlay", "--regions"})["skipped"] == 1);
  std::filesystem::remove(desk / "out/a.crop-2.png");
  CHECK(with({"--crops"})["done"] == 1);
  CHECK(desk.files("out").size() == 5);
  CHECK(with({"--crops", "--preview"})["skipped"] == 1);
}

TEST_CASE("crops have no place on standard output") {
  check_failed(Desk().run({"segment", "a.png", "-o", "-", "--crops"}), 2,
               {"-o -", "standard output takes one picture"});
}

TEST_CASE("crops keep the picture's metadata unless it is to be stripped") {
  const Desk desk;
  const std::string photo = TEST_DATA "/orientation6_p3.jpg";
  const Words command = {"segment", photo, "-o", "out", "--model", "color-key", "--color", "#102030", "--crops"};
  REQUIRE(desk.run(command).exit_code == 0);
  const std::string crop = desk / "out/orientation6_p3.crop-1.png";
  CHECK(file_text(crop).find("TestCam") != std::string::npos);
  CHECK(file_text(crop).find("iCCP") != std::string::npos);
  Words strip = command;
  strip.insert(strip.end(), {"--metadata", "strip"});
  REQUIRE(desk.run(strip).exit_code == 0);
  CHECK(file_text(crop).find("TestCam") == std::string::npos);
  CHECK(file_text(crop).find("iCCP") != std::string::npos);
}

TEST_CASE("a box, points and keep-background lead to the part that is meant") {
  const Desk desk;
  REQUIRE(desk.run({"segment", "a.png", "-o", "box.png", "--box", "95,35,50,50"}).exit_code == 0);
  CHECK(desk.at("box.png", 120, 60) == 255);
  CHECK(desk.at("box.png", 50, 60) == 0);
  REQUIRE(desk.run({"segment", "a.png", "-o", "points.png", "--point", "50,60", "--point", "75%,50%,0"}).exit_code ==
          0);
  CHECK(desk.at("points.png", 50, 60) == 255);
  CHECK(desk.at("points.png", 120, 60) == 0);
  REQUIRE(desk.run({"segment", "a.png", "-o", "back.png", "--box", "95,35,50,50", "--keep-background"}).exit_code == 0);
  CHECK(cv::norm(load_mask(desk / "box.png").values() + load_mask(desk / "back.png").values(),
                 full_mask(160, 120).values(), cv::NORM_INF) == 0);
  REQUIRE(desk.run({"remove-bg", "a.png", "-o", "cut.png", "--box", "95,35,50,50", "--keep-background"}).exit_code ==
          0);
  const Image cut = load_picture(desk / "cut.png");
  CHECK(cut.alpha().at<uint8_t>(60, 120) == 0);
  CHECK(cut.alpha().at<uint8_t>(5, 5) == 255);
}

TEST_CASE("a hint belongs to its picture, and a changed hint makes it due again") {
  const Desk desk;
  write_picture(desk / "in/x/a.png", two_products(), Format::png);
  write_picture(desk / "in/b.png", two_products(), Format::png);
  const auto hint = [&](const std::string& name, const cv::Rect& subject) {
    cv::Mat values(120, 160, CV_8U, cv::Scalar(128));
    values(cv::Rect(0, 0, 160, 10)).setTo(0);
    values(subject).setTo(255);
    values(subject.x < 80 ? cv::Rect(90, 10, 70, 110) : cv::Rect(0, 10, 90, 110)).setTo(0);
    write_mask(desk / ("hints/" + name), Mask(values));
  };
  hint("x/a.png", {35, 45, 20, 20});
  hint("b.mask.png", {35, 45, 20, 20});
  const Words command = {"segment", "in", "-o", "out", "--hint", "hints", "--json"};
  REQUIRE(desk.run(command).exit_code == 0);
  CHECK(json_lines(desk.run(command).out).back()["summary"]["skipped"] == 2);
  hint("x/a.png", {115, 55, 10, 10});
  const json summary = json_lines(desk.run(command).out).back()["summary"];
  CHECK(summary["done"] == 1);
  CHECK(summary["skipped"] == 1);
}

TEST_CASE("what contradicts itself in every picture is refused before any is read") {
  const Desk desk;
  for (const std::string command : {"segment", "remove-bg"}) {
    check_failed(desk.run({command, "a.png", "-o", "out", "--point", "9,9", "--point", "9,9,0"}), 2,
                 {command + ": --point 9,9,1 and --point 9,9,0: one pixel cannot be both"});
    check_failed(desk.run({command, "a.png", "-o", "out", "--box", "0,0,9,9", "--point", "9,9"}), 2,
                 {"--point 9,9,1: on the subject, but outside --box 0,0,9,9"});
    check_failed(desk.run({command, "a.png", "-o", "out", "--hint", "gone.png"}), 2, {"--hint", "gone.png"});
    check_failed(desk.run({command, "a.png", "-o", "out", "--model", "grabcut", "--on-uncertain", "fail"}), 2,
                 {"--on-uncertain is an option of --model classic"});
  }
  CHECK(files_below(desk / "out").empty());
}

TEST_CASE("a box or point outside one picture fails that one and names its size") {
  const Desk desk;
  write_picture(desk / "in/a.png", two_products(), Format::png);
  write_picture(desk / "in/small.png", red_on_white(), Format::png);
  for (const std::string command : {"segment", "remove-bg"}) {
    const RunResult box = desk.run({command, "in", "-o", "box-" + command, "--box", "50,40,60,60"});
    check_failed(box, 1, {"small.png", "--box 50,40,60,60: covers no pixel of the picture, which is 40 × 30"});
    CHECK(desk.files("box-" + command) == Words{"a.png"});
    check_failed(desk.run({command, "in", "-o", "point-" + command, "--point", "120,60"}), 1,
                 {"small.png", "--point 120,60,1: outside the picture, which is 40 × 30"});
  }
}

TEST_CASE("hints that cannot be used fail their picture with the reason") {
  const Desk desk;
  write_mask(desk / "black.png", Mask(160, 120));
  write_mask(desk / "small.png", full_mask(20, 20));
  check_failed(desk.run({"segment", "a.png", "-o", "out", "--hint", "black.png"}), 1,
               {"--hint black.png: black all over, which leaves no place for a subject"});
  check_failed(desk.run({"remove-bg", "a.png", "-o", "out", "--hint", "small.png"}), 1,
               {"--hint small.png: the mask is 20 × 20, the picture 160 × 120"});
}

TEST_CASE("uncertain pictures are told on standard error, in JSON and in the history") {
  const Desk desk;
  for (const uint64_t seed : {1, 2, 3}) write_picture(desk / fmt::format("in/{}.png", seed), noise(seed), Format::png);
  const RunResult result = desk.run({"segment", "in", "-o", "out", "--uncertain-below", "1", "--json"});
  REQUIRE(result.exit_code == 0);
  CHECK(result.err.find("3 done (3 uncertain) in") != std::string::npos);
  CHECK(result.err.find("3 pictures: the subject is uncertain") != std::string::npos);
  const std::vector<json> lines = json_lines(result.out);
  REQUIRE(lines.size() == 4);
  CHECK(lines[0]["facts"]["uncertain"] == true);
  CHECK(lines[0]["facts"]["confidence"].is_number());
  CHECK(lines[3]["summary"]["uncertain"] == 3);
  CHECK(desk.run({"history", "out"}).out.find("1.png  (uncertain)") != std::string::npos);
  CHECK(json_lines(desk.run({"history", "out", "--json"}).out).at(0)["facts"]["uncertain"] == true);

  const RunResult sure = desk.run({"segment", "in", "-o", "sure", "--uncertain-below", "0", "--json"});
  CHECK(sure.err.find("uncertain") == std::string::npos);
  CHECK(json_lines(sure.out).back()["summary"]["uncertain"] == 0);
}

TEST_CASE("an uncertain picture fails or stays as it is if that is asked for") {
  const Desk desk(noise(7));
  for (const std::string command : {"segment", "remove-bg"}) {
    const Words fail = {command, "a.png", "-o", command, "--uncertain-below", "1", "--on-uncertain", "fail"};
    check_failed(desk.run(fail), 1, {command + ": the subject is uncertain: confidence 0", "wanted 1"});
    CHECK(desk.files(command).empty());
    CHECK(desk.run(fail).err.find("--retry-failed tries again") != std::string::npos);
  }
  const RunResult kept =
      desk.run({"remove-bg", "a.png", "-o", "same.png", "--uncertain-below", "1", "--on-uncertain", "original"});
  CHECK(kept.exit_code == 0);
  CHECK(kept.err.find("the picture was left as it is") != std::string::npos);
  const Image same = load_picture(desk / "same.png");
  CHECK(identical(same.rgb8(), noise(7).pixels()));
  CHECK(cv::countNonZero(same.alpha() != 255) == 0);
  check_failed(desk.run({"segment", "a.png", "-o", "m.png", "--on-uncertain", "original"}), 2,
               {"--on-uncertain: unknown value 'original' (known: keep, fail)"});
}

TEST_CASE("pictures without a subject give an empty result and a note") {
  const Desk desk(Image(cv::Mat(1, 1, CV_8UC3, cv::Scalar(9, 9, 9))));
  write_picture(desk / "flat.png", flat_picture(64, 48, 200, 190, 180), Format::png);
  write_picture(desk / "gone.png", two_products().with_alpha(cv::Mat::zeros(120, 160, CV_8U)), Format::png);
  for (const std::string name : {"a.png", "flat.png", "gone.png"}) {
    CAPTURE(name);
    const RunResult mask = desk.run({"segment", name, "-o", "out/m-" + name, "--crops", "--regions"});
    CHECK(mask.exit_code == 0);
    CHECK(cv::countNonZero(load_mask(desk / ("out/m-" + name)).values()) == 0);
    CHECK(mask.err.find(name == "gone.png" ? "the picture is all transparent" : "no subject found") !=
          std::string::npos);
    const RunResult cut = desk.run({"remove-bg", name, "-o", "out/c-" + name});
    CHECK(cut.exit_code == 0);
    CHECK(cv::countNonZero(load_picture(desk / ("out/c-" + name)).alpha()) == 0);
  }
  CHECK(json::parse(file_text(desk / "out/m-flat.regions.json"))["annotations"].empty());
  CHECK(desk.files("out").size() == 9);
}

TEST_CASE("remove-bg keeps size, depth, profile and metadata") {
  const Desk desk;
  const std::string photo = TEST_DATA "/orientation6_p3.jpg";
  for (const std::string model : {"classic", "color-key"}) {
    REQUIRE(desk.run({"remove-bg", photo, "-o", "p3.png", "--model", model}).exit_code == 0);
    CHECK(load_picture(desk / "p3.png").height() == 64);
    CHECK(file_text(desk / "p3.png").find("TestCam") != std::string::npos);
    CHECK(file_text(desk / "p3.png").find("iCCP") != std::string::npos);
    REQUIRE(desk.run({"remove-bg", TEST_DATA "/rgba16.png", "-o", "deep.png", "--model", model}).exit_code == 0);
    const Image before = load_picture(TEST_DATA "/rgba16.png"), after = load_picture(desk / "deep.png");
    REQUIRE(after.is_16_bit());
    CHECK(cv::countNonZero(after.alpha() > before.alpha()) == 0);  // never more opaque than it was
  }
}

TEST_CASE("a pipeline may cut out what it segments, each with its own options") {
  const Desk desk;
  write_file(desk / "spec.yaml",
             "stages:\n  - segment: {box: '95,35,50,50', crops: true, uncertain-below: 0}\n"
             "  - remove-bg: {model: color-key}\n");
  REQUIRE(desk.run({"run", "spec.yaml", "a.png", "-o", "out"}).exit_code == 0);
  CHECK(desk.files("out") == Words{"a.crop-1.png", "a.png"});
  CHECK(load_picture(desk / "out/a.crop-1.png").pixels().at<cv::Vec4b>(20, 20) == cv::Vec4b(20, 40, 170, 255));
  CHECK(load_picture(desk / "out/a.png").alpha().at<uint8_t>(60, 50) == 255);
}

}  // namespace inpaint::test
