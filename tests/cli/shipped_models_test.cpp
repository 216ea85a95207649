// The networks that ship with the program, through the real program.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <opencv2/core.hpp>
#include <sstream>

#include "drawing.h"
#include "nn/models.h"
#include "support.h"

namespace inpaint::test {
namespace {

using nlohmann::json;
using Words = std::vector<std::string>;

bool ships_here(const std::string& name) {
  for (const Card& card : shipped_cards()) {
    if (card.name == name && card.files[0].url.empty() && !card.files[0].sha256.empty()) return true;
  }
  return false;
}

// An empty store: only what ships is there.
RunResult run_alone(const ScratchFolder& folder, const Words& arguments, const std::string& more = "") {
  return run_inpaint(arguments, fmt::format("cd '{}' && INPAINT_MODELS=store {}", folder.path().string(), more));
}

// A wall of two colours that meet in a line, with a stain on it.
struct Wall : ScratchFolder {
  Wall() {
    cv::Mat rgb(200, 240, CV_8UC3), mask = cv::Mat::zeros(200, 240, CV_8U);
    for (int y = 0; y < rgb.rows; ++y) {
      for (int x = 0; x < rgb.cols; ++x) {
        const int grain = (7 * x + 13 * y + x * y) % 9;
        rgb.at<cv::Vec3b>(y, x) = x < 120 ? cv::Vec3i(180 + grain, 60 + grain, 40) : cv::Vec3i(40, 80 + grain, 160);
      }
    }
    mask(cv::Rect(95, 70, 50, 50)).setTo(255);
    write_picture(*this / "truth/wall.png", Image(rgb), Format::png);
    rgb.setTo(cv::Scalar(250, 250, 0), mask);
    write_picture(*this / "in/wall.png", Image(rgb), Format::png);
    write_mask(*this / "masks/wall.png", Mask(mask));
  }
};

}  // namespace

TEST_CASE("models that ship are listed, whole, and need no download") {
  const ScratchFolder folder;
  for (const std::string name : {"pconv", "catalog-u2netp"}) {
    CAPTURE(name);
    REQUIRE(ships_here(name));
    const RunResult verified = run_alone(folder, {"models", "verify", name});
    CHECK(verified.exit_code == 0);
    const RunResult pulled = run_alone(folder, {"models", "pull", name, "--offline"});
    CAPTURE(pulled.err);
    CHECK(pulled.exit_code == 0);
    const RunResult listed = run_alone(folder, {"models", "list"});
    const size_t at = listed.out.find("\n" + name + " ");
    REQUIRE(at != std::string::npos);
    CHECK(listed.out.substr(at + 1, listed.out.find('\n', at + 1) - at).find("ships with the program") !=
          std::string::npos);
  }
  for (const std::string& file : files_below(folder.path().string())) CHECK_FALSE(file.ends_with(".safetensors"));
}

TEST_CASE("reconstruct repairs with the network that ships, offline and at once") {
  const Wall wall;
  const Words words{"reconstruct", "in", "--mask", "masks", "-o", "out", "--truth", "truth", "--json"};
  const RunResult result = run_alone(wall, words, "INPAINT_OFFLINE=1 ");
  CAPTURE(result.err);
  REQUIRE(result.exit_code == 0);
  const json item = json::parse(result.out.substr(0, result.out.find('\n')));
  CHECK(item["facts"]["model"] == "pconv");
  CHECK(item["facts"]["truth"]["l1_hole"].get<double>() < 12);
  const cv::Mat made = load_picture(wall / "out/wall.png").pixels(),
                given = load_picture(wall / "in/wall.png").pixels();
  cv::Mat differs;
  cv::absdiff(made, given, differs);
  differs(cv::Rect(95, 70, 50, 50)).setTo(0);
  CHECK(cv::norm(differs, cv::NORM_INF) == 0);
  // The two colours still meet where they met, to a few pixels.
  for (const int y : {75, 95, 115}) {
    CHECK(made.at<cv::Vec3b>(y, 108)[0] > 140);
    CHECK(made.at<cv::Vec3b>(y, 132)[0] < 90);
  }
}

// A red garment-like shape before pale paper.
struct Studio : ScratchFolder {
  Studio() {
    cv::Mat rgb(240, 200, CV_8UC3, cv::Scalar(226, 224, 220));
    rgb(cv::Rect(60, 50, 80, 150)).setTo(cv::Scalar(150, 30, 40));
    rgb(cv::Rect(30, 50, 140, 45)).setTo(cv::Scalar(150, 30, 40));
    write_picture(*this / "in/shirt.png", Image(rgb), Format::png);
  }
};

TEST_CASE("subjects are cut out with the network that ships, offline and at once") {
  const Studio studio;
  const RunResult result = run_alone(studio, {"remove-bg", "in", "-o", "out", "--json"}, "INPAINT_OFFLINE=1 ");
  CAPTURE(result.err);
  REQUIRE(result.exit_code == 0);
  const json item = json::parse(result.out.substr(0, result.out.find('\n')));
  CHECK(item["facts"]["model"] == "auto");
  CHECK(item["facts"]["method"] == "catalog-u2netp");
  CHECK(item["facts"]["confidence"].get<double>() >= 0.85);
  const cv::Mat alpha = load_picture(studio / "out/shirt.png").alpha();
  CHECK(alpha.at<uint8_t>(70, 100) == 255);
  CHECK(alpha.at<uint8_t>(190, 100) == 255);
  CHECK(alpha.at<uint8_t>(20, 20) == 0);
  CHECK(alpha.at<uint8_t>(220, 100) == 0);
}

TEST_CASE("where the subject is told, no network is asked") {
  const Studio studio;
  const RunResult told =
      run_alone(studio, {"segment", "in", "-o", "out", "--json", "--box", "10%,10%,80%,80%"}, "INPAINT_DATA=nowhere ");
  CAPTURE(told.err);
  REQUIRE(told.exit_code == 0);
  const json item = json::parse(told.out.substr(0, told.out.find('\n')));
  CHECK(item["facts"]["model"] == "auto");
  CHECK(item["facts"]["method"] == "classic");
}

}  // namespace inpaint::test
