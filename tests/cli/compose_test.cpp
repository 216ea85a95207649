// compose and the composing options of remove-bg, through the real program.
#include <doctest/doctest.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <opencv2/core.hpp>

#include "support.h"

namespace inpaint::test {
namespace {

namespace fs = std::filesystem;
const std::string samples = INPAINT_SOURCE_DIR "/examples/samples/";

// A red block from (20,10) to (60,50), 100 × 80, cut out and as it was photographed on grey paper.
Image block(bool cut_out) {
  cv::Mat pixels(80, 100, cut_out ? CV_8UC4 : CV_8UC3, cut_out ? cv::Scalar(0, 0, 0, 0) : cv::Scalar(210, 210, 210));
  pixels(cv::Rect(20, 10, 40, 40)).setTo(cv::Scalar(200, 20, 30, 255));
  return Image(pixels);
}

cv::Vec3b rgb_at(const Image& image, int x, int y) { return image.rgb8().at<cv::Vec3b>(y, x); }

}  // namespace

TEST_CASE("a folder of cut-outs becomes a folder of catalogue pictures") {
  const ScratchFolder folder;
  write_picture(folder / "cut/a/1.png", block(true), Format::png);
  write_picture(folder / "cut/2.png", block(true), Format::png);
  const RunResult result =
      run_inpaint({"compose", folder / "cut", "-o", folder / "shop", "--background", "white", "--canvas", "300x200",
                   "--margin", "10%", "--shadow", "contact", "--format", "jpeg", "--json"});
  CAPTURE(result.err);
  REQUIRE(result.exit_code == 0);
  for (const char* name : {"shop/a/1.jpg", "shop/2.jpg"}) {
    const Image picture = load_picture(folder / name);
    CHECK(picture.pixels().size() == cv::Size(300, 200));
    CHECK(rgb_at(picture, 10, 10) == cv::Vec3b(255, 255, 255));
    CHECK(cv::norm(rgb_at(picture, 150, 100), cv::Vec3b(200, 20, 30), cv::NORM_INF) < 6);
  }
  const auto facts = nlohmann::json::parse(result.out.substr(0, result.out.find('\n')))["facts"];
  CHECK(facts["subject"] == std::vector{70, 20, 230, 180});
  CHECK(facts["scale"] == 4.0);
  CHECK(facts["canvas"] == std::vector{300, 200});
}

TEST_CASE("the output keeps the input's format, transparent or not") {
  const ScratchFolder folder;
  write_picture(folder / "a.webp", block(true), Format::webp);
  REQUIRE(run_inpaint({"compose", folder / "a.webp", "-o", folder / "out/", "--crop"}).exit_code == 0);
  CHECK(load_picture(folder / "out/a.webp").alpha().at<uint8_t>(20, 20) == 255);
  write_picture(folder / "photo.jpg", block(false), Format::jpeg);
  REQUIRE(run_inpaint({"remove-bg", folder / "photo.jpg", "-o", folder / "out/", "--model", "color-key", "--background",
                       "#00ff00", "--crop"})
              .exit_code == 0);
  const Image cropped = load_picture(folder / "out/photo.jpg");
  CHECK(std::abs(cropped.width() - 40) <= 2);
}

TEST_CASE("a cut-out gets its original's blurred background back") {
  const ScratchFolder folder;
  write_picture(folder / "cut/1.png", block(true), Format::png);
  write_picture(folder / "photos/1.jpg", block(false), Format::jpeg);
  REQUIRE(run_inpaint({"compose", folder / "cut", "-o", folder / "out", "--background", "blur:10", "--original",
                       folder / "photos"})
              .exit_code == 0);
  const Image result = load_picture(folder / "out/1.png");
  CHECK(cv::norm(rgb_at(result, 10, 60), cv::Vec3b(210, 210, 210), cv::NORM_INF) <= 3);
  CHECK(cv::norm(rgb_at(result, 61, 30), cv::Vec3b(210, 210, 210), cv::NORM_INF) <= 3);  // beside the edge, too
  CHECK(rgb_at(result, 40, 30) == cv::Vec3b(200, 20, 30));
}

TEST_CASE("the same command does nothing again until the background file changes") {
  const ScratchFolder folder;
  write_picture(folder / "cut/1.png", block(true), Format::png);
  write_picture(folder / "sea.png", painted_picture(30, 20), Format::png);
  const auto run = [&] {
    return run_inpaint({"compose", folder / "cut", "-o", folder / "out", "--background", folder / "sea.png"}).err;
  };
  run();
  CHECK(run().find("nothing to do: 1 done already") != std::string::npos);
  write_picture(folder / "sea.png", painted_picture(31, 20), Format::png);
  CHECK(run().find("nothing to do") == std::string::npos);
}

TEST_CASE("what cannot be composed is said before or after the first picture, as early as can be") {
  const ScratchFolder folder;
  write_picture(folder / "photo.png", block(false), Format::png);
  const auto run = [&](std::vector<std::string> options) {
    options.insert(options.begin(), {"compose", folder / "photo.png", "-o", folder / "out/"});
    return run_inpaint(options);
  };
  const RunResult unknown = run({"--background", "whiet"});
  CHECK(unknown.exit_code == 2);
  CHECK(unknown.err.find("--background whiet") != std::string::npos);
  CHECK(run({"--shadow", "keep"}).exit_code == 2);
  CHECK(run({"--position", "top"}).exit_code == 2);
  CHECK_FALSE(fs::exists(folder / "out"));
  const RunResult opaque = run({"--background", "white"});
  CHECK(opaque.exit_code == 1);
  CHECK(opaque.err.find("no transparency") != std::string::npos);
}

TEST_CASE("a printed spec does what the command line did") {
  const ScratchFolder folder;
  const std::vector<std::string> command = {
      "compose",  folder / "cut", "-o",       folder / "out", "--background", "gradient:#fff-#ddd,radial",
      "--canvas", "60x50",        "--margin", "8%",           "--position",   "bottom-left",
      "--shadow", "drop"};
  write_picture(folder / "cut/1.png", block(true), Format::png);
  std::vector<std::string> print = command;
  print.push_back("--print-spec");
  write_file(folder / "spec.yaml", run_inpaint(print).out);
  REQUIRE(run_inpaint(command).exit_code == 0);
  CHECK(run_inpaint({"run", folder / "spec.yaml"}).err.find("nothing to do: 1 done already") != std::string::npos);
}

TEST_CASE("the catalogue pipeline makes a catalogue picture") {
  const ScratchFolder folder;
  const RunResult result =
      run_inpaint({"run", INPAINT_SOURCE_DIR "/pipelines/white-catalogue.yaml", samples + "mug.jpg", "-o",
                   folder / "mug.jpg", "--set", "compose.canvas=400x400"});
  CAPTURE(result.err);
  REQUIRE(result.exit_code == 0);
  const Image picture = load_picture(folder / "mug.jpg");
  CHECK(picture.pixels().size() == cv::Size(400, 400));
  for (const cv::Point at : {cv::Point(3, 3), {396, 3}, {3, 396}, {396, 396}, {200, 20}})
    CHECK(rgb_at(picture, at.x, at.y) == cv::Vec3b(255, 255, 255));
  CHECK(cv::norm(rgb_at(picture, 200, 200), cv::Vec3b(255, 255, 255), cv::NORM_INF) > 40);
}

}  // namespace inpaint::test
