// `inpaint reconstruct` through the real program: masks, networks, the comparison with the originals.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <opencv2/core.hpp>
#include <sstream>

#include "drawing.h"
#include "nn/onnx/onnx_writer.h"
#include "nn/safetensors.h"
#include "support.h"

namespace inpaint::test {
namespace {

using nlohmann::json;
using Words = std::vector<std::string>;

// truth/{a,b}.png (80 × 60), in/ with white boxes in them, masks/ with these boxes: a twentieth and a quarter.
struct Desk : ScratchFolder {
  Desk() {
    for (const auto& [name, box] :
         {std::pair("a.png", cv::Rect(20, 20, 20, 12)), {"b.png", cv::Rect(20, 10, 40, 30)}}) {
      const Image original = painted_picture(80, 60, name[0]);
      cv::Mat damaged = original.pixels().clone(), mask = cv::Mat::zeros(60, 80, CV_8U);
      damaged(box).setTo(cv::Scalar::all(255));
      mask(box).setTo(255);
      write_picture(*this / ("truth/" + std::string(name)), original, Format::png);
      write_picture(*this / ("in/" + std::string(name)), Image(damaged), Format::png);
      write_mask(*this / ("masks/" + std::string(name)), Mask(mask));
    }
  }
  RunResult run(const Words& arguments) const {
    return run_inpaint(arguments, fmt::format("cd '{}' && INPAINT_MODELS=store ", path().string()));
  }
  RunResult repair(const Words& more = {}) const {
    Words words = {"reconstruct", "in", "--mask", "masks", "-o", "out", "--model", "telea"};
    words.insert(words.end(), more.begin(), more.end());
    return run(words);
  }
  /// A network in the store that fills everything with one grey.
  void grey_network(const std::string& name, float grey) const {
    OnnxWriter onnx;
    onnx.input("picture", {1, 3, 96, 96});
    onnx.initializer(OnnxWriter::floats("w", {3, 3, 1, 1}, std::vector<float>(9, 0)));
    onnx.initializer(OnnxWriter::floats("b", {3}, {grey, grey, grey}));
    onnx.node("Conv", {"picture", "w", "b"}, {"out"});
    onnx.output("out", {1, 3, 96, 96});
    std::filesystem::create_directories(path() / "store" / name);
    write_file(*this / ("store/" + name + "/net.onnx"), onnx.text());
    write_file(*this / ("store/" + name + "/card.yaml"),
               fmt::format("name: {}\ntasks: [reconstruct]\ndriver: onnx\nfiles: [{{name: net.onnx}}]\n"
                           "input: {{tensors: [known-image], size: 96}}\noutput: {{kind: colors, composited: true}}\n",
                           name));
  }
};

// A partial-convolution network of three levels whose last layer is 0: the smooth fill that it adds to is its result.
void smooth_pconv(const std::string& folder) {
  std::vector<std::pair<std::string, Tensor>> tensors;
  const auto add = [&](const std::string& name, const std::vector<int64_t>& shape, float value) {
    Tensor tensor(shape);
    std::fill_n(tensor.data(), tensor.size(), value);
    tensors.emplace_back(name + ".conv.weight", tensor);
  };
  const int64_t widths[] = {7, 4, 6, 6};  // the first: the picture, the smooth fill and what is known
  for (int n = 1; n <= 3; ++n)
    add("enc" + std::to_string(n), {widths[n], widths[n - 1], 3, 3}, 0.01f * static_cast<float>(n));
  for (int n = 3; n >= 1; --n)
    add("dec" + std::to_string(n), {n == 1 ? 3 : widths[n - 1], widths[n] + widths[n - 1], 3, 3},
        n == 1 ? 0.0f : 0.02f);
  std::filesystem::create_directories(folder);
  write_safetensors(folder + "/net.safetensors", tensors, {{"architecture", "pconv"}, {"base", "pull-push"}});
  write_file(folder + "/card.yaml",
             "name: smooth\ntasks: [reconstruct]\ndriver: safetensors\narchitecture: pconv\n"
             "files: [{name: net.safetensors}]\ninput: {tensors: [known-image, known], modulus: 8}\n"
             "output: {kind: colors}\n");
}

std::vector<json> json_lines(const std::string& text) {
  std::vector<json> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(json::parse(line));
  return lines;
}

}  // namespace

TEST_CASE("--truth tells a table by hole ratio, also of what was done before") {
  const Desk desk;
  const RunResult first = desk.repair({"--truth", "truth"});
  CAPTURE(first.err);
  REQUIRE(first.exit_code == 0);
  CHECK(first.out.empty());
  const std::string table = first.err.substr(0, first.err.find("inpaint: "));
  CHECK(table.find("hole ratio pictures   PSNR dB      SSIM") == 0);
  CHECK(table.find("\n0.01-0.1          1 ") != std::string::npos);
  CHECK(table.find("\n0.2-0.3           1 ") != std::string::npos);
  CHECK(table.find("\nall               2 ") != std::string::npos);
  const RunResult again = desk.repair({"--truth", "truth"});
  CHECK(again.err.find(table) == 0);
  CHECK(again.err.find("2 done already") != std::string::npos);
  CHECK(desk.repair({"--truth", "truth", "-q"}).err.empty());
}

TEST_CASE("--truth and --json: figures of each picture, and their means in the summary") {
  const Desk desk;
  for (const std::string status : {"done", "skipped"}) {
    CAPTURE(status);
    const RunResult result = desk.repair({"--truth", "truth", "--json"});
    REQUIRE(result.exit_code == 0);
    CHECK(result.err.find("hole ratio") == std::string::npos);
    std::vector<json> lines = json_lines(result.out);
    REQUIRE(lines.size() == 3);
    double l1 = 0;
    for (size_t i = 0; i < 2; ++i) {
      CHECK(lines[i]["status"] == status);
      l1 += lines[i]["facts"]["truth"]["l1_hole"].get<double>() / 2;
    }
    const json& all = lines[2]["summary"]["truth"].back();
    CHECK(all["hole"] == "all");
    CHECK(all["pictures"] == 2);
    CHECK(all["l1_hole"].get<double>() == doctest::Approx(l1));
    CHECK(l1 > 0);
  }
  CHECK_FALSE(json_lines(desk.repair({"--json"}).out).back()["summary"].contains("truth"));
}

TEST_CASE("a truth that is missing or of another size fails its picture; the others are counted") {
  const Desk desk;
  std::filesystem::remove(desk / "truth/a.png");
  const RunResult missing = desk.repair({"--truth", "truth"});
  CHECK(missing.exit_code == 1);
  CHECK(missing.err.find("in/a.png: reconstruct: --truth: 'truth' has nothing for it") != std::string::npos);
  CHECK(missing.err.find("\nall               1 ") != std::string::npos);
  write_picture(desk / "truth/a.png", painted_picture(60, 80), Format::png);
  const RunResult other = desk.repair({"--truth", "truth"});
  CHECK(other.exit_code == 1);
  CHECK(other.err.find("truth/a.png: the original is 60 × 80, the picture 80 × 60 (upright)") != std::string::npos);
  CHECK(other.err.find("\nall               1 ") != std::string::npos);  // b, as before
}

TEST_CASE("a network repairs: the hole is its, every other pixel stays") {
  const Desk desk;
  desk.grey_network("grey", 0.4f);
  const RunResult result = desk.repair({"--model", "grey", "--refine", "none"});
  CAPTURE(result.err);
  REQUIRE(result.exit_code == 0);
  const Image before = load_picture(desk / "in/a.png"), after = load_picture(desk / "out/a.png");
  const cv::Rect box(20, 20, 20, 12);
  CHECK(largest_difference(after.pixels()(box), cv::Mat(12, 20, CV_8UC3, cv::Scalar::all(102))) == 0);
  CHECK(cv::norm(after.pixels(), before.pixels(), cv::NORM_INF, load_mask(desk / "masks/a.png").values() == 0) == 0);
}

TEST_CASE("a partial-convolution network repairs pictures of any size: small, large, 16-bit, a scratch across") {
  const Desk desk;
  smooth_pconv(desk / "smooth");
  for (const cv::Size size : {cv::Size(131, 93), cv::Size(3001, 407), cv::Size(9, 5)}) {
    CAPTURE(size.width);
    const cv::Scalar color(20001, 40007, 30011);
    cv::Mat pixels(size, CV_16UC3, color), mask = cv::Mat::zeros(size, CV_8U);
    cv::line(mask, {1, 1}, {size.width - 2, size.height - 2}, 255, size.width < 100 ? 1 : 5);
    const cv::Mat sound = pixels.clone();
    pixels.setTo(cv::Scalar::all(65535), mask);
    write_picture(desk / "p.png", Image(pixels), Format::png);
    write_mask(desk / "p_mask.png", Mask(mask));
    const RunResult result =
        desk.run({"reconstruct", "p.png", "--mask", "p_mask.png", "-o", "q.png", "--model", "./smooth"});
    CAPTURE(result.err);
    REQUIRE(result.exit_code == 0);
    const cv::Mat repaired = load_picture(desk / "q.png").pixels();
    CHECK(largest_difference(repaired, sound) <= 2);  // of 65535
    CHECK(cv::norm(repaired, sound, cv::NORM_INF, mask == 0) == 0);
  }
}

TEST_CASE("--refine patch puts texture over what a network fills, where there is some") {
  const Desk desk;
  desk.grey_network("grey", 0.5f);
  cv::Mat noise(200, 300, CV_8UC3), hole = cv::Mat::zeros(200, 300, CV_8U);
  cv::RNG(5).fill(noise, cv::RNG::UNIFORM, 98, 158);
  const cv::Rect box(120, 80, 60, 50);
  hole(box).setTo(255);
  std::filesystem::remove_all(desk / "in");
  write_picture(desk / "in/n.png", Image(noise), Format::png);
  write_mask(desk / "m.png", Mask(hole));
  const Words job{"reconstruct", "in/n.png", "--mask", "m.png", "-o", "n.png", "--model", "grey", "--hd-margin", "10"};
  const auto spread = [&](const Words& more) {
    Words words = job;
    words.insert(words.end(), more.begin(), more.end());
    const RunResult result = desk.run(words);
    CAPTURE(result.err);
    REQUIRE(result.exit_code == 0);
    cv::Scalar mean, deviation;
    cv::meanStdDev(load_picture(desk / "n.png").pixels()(box), mean, deviation);
    CHECK(std::abs(mean[0] - 128) < 4);
    return deviation[0];
  };
  CHECK(spread({"--refine", "none"}) == 0);
  const double whole = spread({"--refine-strength", "1"}), half = spread({});
  CHECK(whole > 10);  // 17 of the noise
  CHECK(half == doctest::Approx(whole / 2).epsilon(0.1));
  Words contradicting = job;
  contradicting.insert(contradicting.end(), {"--refine", "none", "--refine-strength", "1"});
  check_failed(desk.run(contradicting), 2, {"refine-strength: --refine none"});
}

TEST_CASE("--detect repairs without a mask; --detect-preview shows what was found") {
  const Desk desk;
  cv::Mat pixels = painted_picture(300, 200).pixels().clone();
  cv::GaussianBlur(pixels, pixels, {}, 8);
  const cv::Mat sound = pixels.clone();
  cv::line(pixels, {0, 90}, {299, 90}, cv::Scalar::all(255), 3, cv::LINE_AA);
  write_picture(desk / "scan.png", Image(pixels), Format::png);
  const Words job = {"reconstruct", "scan.png", "--detect", "scratches",
                     "--detect",    "dust",     "--model",  "navier-stokes"};
  const auto run = [&](const Words& more) {
    Words words = job;
    words.insert(words.end(), more.begin(), more.end());
    const RunResult result = desk.run(words);
    CAPTURE(result.err);
    CHECK(result.exit_code == 0);
    return result;
  };
  run({"-o", "fixed.png"});
  CHECK(largest_difference(load_picture(desk / "fixed.png").pixels(), sound) < 25);
  run({"-o", "mask.png", "--write", "mask"});
  CHECK(load_mask(desk / "mask.png").values().at<uint8_t>(90, 150) == 255);
  run({"-o", "preview.png", "--detect-preview"});
  const cv::Mat preview = load_picture(desk / "preview.png").pixels();
  CHECK(preview.at<cv::Vec3b>(90, 150)[0] > preview.at<cv::Vec3b>(90, 150)[1] + 50);  // red
  CHECK(cv::norm(preview.row(30), pixels.row(30), cv::NORM_INF) == 0);
}

TEST_CASE("reconstruct without a mask says what to give") {
  const Desk desk;
  const RunResult result = desk.run({"reconstruct", "in", "-o", "out", "--model", "telea"});
  CHECK(result.exit_code == 2);
  CHECK(result.err.find("reconstruct: needs a mask: give --mask FILE|DIR") != std::string::npos);
}

}  // namespace inpaint::test
