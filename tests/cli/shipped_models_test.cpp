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
  for (const std::string name : {"pconv"}) {
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

}  // namespace inpaint::test
