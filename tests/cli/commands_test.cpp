// Each command does its work on real pictures, through the real program.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include "image/compare.h"
#include "support.h"

namespace inpaint::test {
namespace {

using nlohmann::json;
const std::string samples = INPAINT_SOURCE_DIR "/examples/samples/";

int selected(const std::string& mask_file) { return cv::countNonZero(load_mask(mask_file).values()); }

}  // namespace

TEST_CASE("mask operations apply in the order given") {
  const ScratchFolder folder;
  write_picture(folder / "a.png", painted_picture(100, 80), Format::png);
  const auto pixels = [&](const std::vector<std::string>& operations) {
    std::vector<std::string> command = {"mask", folder / "a.png", "-o", folder / "m.png", "--rect", "40,30,20,20"};
    command.insert(command.end(), operations.begin(), operations.end());
    REQUIRE(run_inpaint(command).exit_code == 0);
    return selected(folder / "m.png");
  };
  CHECK(pixels({}) == 400);
  CHECK(pixels({"--invert"}) == 100 * 80 - 400);
  CHECK(pixels({"--shrink", "2"}) == 16 * 16);
  CHECK(pixels({"--shrink", "2", "--invert"}) == 100 * 80 - 16 * 16);
  // Growing the outside by 2 leaves 16 × 16 unselected, with corners as a disc leaves them: square.
  CHECK(pixels({"--invert", "--grow", "2"}) == 100 * 80 - 16 * 16);
  CHECK(pixels({"--grow", "1"}) == 20 * 22 + 2 * 20);  // a disc of radius 1 is a plus sign
}

TEST_CASE("masks are drawn from every source") {
  const ScratchFolder folder;
  cv::Mat rgba(40, 50, CV_8UC4, cv::Scalar(10, 200, 30, 255));
  rgba(cv::Rect(0, 0, 10, 10)).setTo(cv::Scalar(10, 200, 30, 0));
  rgba(cv::Rect(20, 20, 6, 5)).setTo(cv::Scalar(255, 0, 255, 255));
  write_picture(folder / "a.png", Image(rgba), Format::png);
  write_file(folder / "strokes.json",
             R"([{"points": [[10.5, 30.5]], "width": 9}, {"points": [[10.5, 30.5]], "width": 3, "erase": true}])");
  cv::Mat other = cv::Mat::zeros(40, 50, CV_8UC1);
  other(cv::Rect(0, 0, 5, 40)).setTo(255);
  write_mask(folder / "other.png", Mask(other));
  const auto pixels = [&](const std::vector<std::string>& options) {
    std::vector<std::string> command = {"mask", folder / "a.png", "-o", folder / "m.png"};
    command.insert(command.end(), options.begin(), options.end());
    const RunResult result = run_inpaint(command);
    CAPTURE(result.err);
    REQUIRE(result.exit_code == 0);
    return selected(folder / "m.png");
  };
  CHECK(pixels({"--rect", "10%,50%,20%,25%"}) == 10 * 10);
  CHECK(pixels({"--ellipse", "10,10,20,10"}) == doctest::Approx(3.14159 * 10 * 5).epsilon(0.03));
  CHECK(pixels({"--polygon", "0,0,20,0,0,20"}) == doctest::Approx(200).epsilon(0.06));
  CHECK(pixels({"--from-alpha"}) == 100);
  CHECK(pixels({"--from-color", "#ff00ff", "--tolerance", "0"}) == 30);
  CHECK(pixels({"--strokes", folder / "strokes.json"}) ==
        doctest::Approx(3.14159 * (4.5 * 4.5 - 1.5 * 1.5)).epsilon(0.15));
  CHECK(pixels({"--random", "strokes", "--ratio", "0.3"}) >= 600);
  CHECK(pixels({"--rect", "0,0,10,10", "--union", folder / "other.png"}) == 100 + 5 * 30);
  CHECK(pixels({"--rect", "0,0,10,10", "--subtract", folder / "other.png"}) == 50);
  CHECK(pixels({"--rect", "0,0,10,10", "--intersect", folder / "other.png"}) == 50);
  CHECK(pixels({"--mask", folder / "other.png", "--invert"}) == 45 * 40);
  CHECK(pixels({"--rect", "0,0,9,9", "--rect", "20,20,3,3", "--keep-largest"}) == 81);
}

TEST_CASE("random masks are the same for the same seed and differ between seeds and pictures") {
  const ScratchFolder folder;
  for (const char* name : {"in/a.png", "in/b.png"}) write_picture(folder / name, painted_picture(80, 60), Format::png);
  const auto run = [&](const std::string& out, const std::string& seed) {
    REQUIRE(run_inpaint(
                {"mask", folder / "in", "-o", folder / out, "--random", "strokes", "--ratio", "0.2", "--seed", seed})
                .exit_code == 0);
  };
  run("one", "1");
  run("same", "1");
  run("two", "2");
  CHECK(file_text(folder / "one/a.png") == file_text(folder / "same/a.png"));
  CHECK(file_text(folder / "one/a.png") != file_text(folder / "one/b.png"));
  CHECK(file_text(folder / "one/a.png") != file_text(folder / "two/a.png"));
}

TEST_CASE("a preview is written beside the mask") {
  const ScratchFolder folder;
  write_picture(folder / "in/a.png", painted_picture(80, 60), Format::png);
  REQUIRE(run_inpaint({"mask", folder / "in", "-o", folder / "out", "--rect", "10,10,20,20", "--preview"}).exit_code ==
          0);
  const Image preview = load_picture(folder / "out/a.preview.jpg");
  // Asked for later, it is made later.
  REQUIRE(run_inpaint({"mask", folder / "in", "-o", folder / "late", "--rect", "10,10,20,20"}).exit_code == 0);
  CHECK(files_below(folder / "late").front() != "a.preview.jpg");
  REQUIRE(run_inpaint({"mask", folder / "in", "-o", folder / "late", "--rect", "10,10,20,20", "--preview"}).exit_code ==
          0);
  CHECK(load_picture(folder / "late/a.preview.jpg").width() == 80);
  CHECK(preview.width() == 80);
  const cv::Vec3b inside = preview.pixels().at<cv::Vec3b>(20, 20),
                  before = painted_picture(80, 60).pixels().at<cv::Vec3b>(20, 20);
  CHECK(inside[0] > before[0]);  // reddened
  CHECK(inside[1] < before[1]);
}

TEST_CASE("text over a photograph is found by its colour and removed; nothing else changes") {
  const ScratchFolder folder;
  write_file(folder / "spec.yaml",
             "stages:\n  - mask: {from-color: '#ff2fd0', tolerance: 80, grow: 4}\n  - inpaint: {model: telea}\n");
  REQUIRE(run_inpaint({"run", folder / "spec.yaml", samples + "caption.jpg", "-o", folder / "clean.png"}).exit_code ==
          0);
  REQUIRE(run_inpaint({"mask", samples + "caption.jpg", "-o", folder / "m.png", "--from-color", "#ff2fd0",
                       "--tolerance", "80", "--grow", "4"})
              .exit_code == 0);
  REQUIRE(run_inpaint(
              {"mask", folder / "clean.png", "-o", folder / "left.png", "--from-color", "#ff2fd0", "--tolerance", "80"})
              .exit_code == 0);
  CHECK(selected(folder / "left.png") == 0);
  const RunResult compared =
      run_inpaint({"compare", samples + "caption.jpg", folder / "clean.png", "--mask", folder / "m.png", "--json"});
  REQUIRE(compared.exit_code == 0);
  const json figures = json::parse(compared.out);
  CHECK(figures["pixels_changed_outside"] == 0);
  CHECK(figures["pixels_changed"] > 20000);
}

TEST_CASE("an inpainted object is gone, and the pixels around it are those of the photograph") {
  const ScratchFolder folder;
  for (const std::string model : {"patch", "auto", "telea", "navier-stokes"}) {
    const RunResult result = run_inpaint({"inpaint", samples + "table.jpg", "--mask", samples + "table.mask.png",
                                          "--model", model, "-o", folder / "t.png", "--json"});
    REQUIRE(result.exit_code == 0);
    CHECK(result.out.find("\"model\":\"" + model + "\"") != std::string::npos);
    const Image before = load_picture(samples + "table.jpg"), after = load_picture(folder / "t.png");
    const Mask mask = load_mask(samples + "table.mask.png");
    const Comparison c = compare_images(before, after, &mask);
    CHECK(c.pixels_changed_outside == 0);
    // The pen's blue barrel: no pixel of the fill is bluer than it is red.
    cv::Mat planes[3];
    cv::split(after.pixels(), planes);
    CHECK(cv::countNonZero((planes[2] > planes[0]) & (mask.values() > 0)) == 0);
  }
  const RunResult feathered = run_inpaint({"inpaint", samples + "table.jpg", "--mask", samples + "table.mask.png",
                                           "--feather", "6", "-o", folder / "f.png"});
  REQUIRE(feathered.exit_code == 0);
  const Mask mask = load_mask(samples + "table.mask.png");
  const Comparison c = compare_images(load_picture(samples + "table.jpg"), load_picture(folder / "f.png"), &mask);
  CHECK(*c.pixels_changed_outside > 0);
}

TEST_CASE("the subject is found by itself, from a box, and from points") {
  const ScratchFolder folder;
  const std::string mug = samples + "mug.jpg";
  REQUIRE(run_inpaint({"segment", mug, "-o", folder / "auto.png"}).exit_code == 0);
  REQUIRE(run_inpaint({"segment", mug, "-o", folder / "box.png", "--box", "236,240,770,714"}).exit_code == 0);
  REQUIRE(run_inpaint({"segment", mug, "-o", folder / "points.png", "--point", "450,520", "--point", "450,880",
                       "--point", "100,100,0"})
              .exit_code == 0);
  for (const char* name : {"auto.png", "box.png", "points.png"}) {
    CAPTURE(name);
    const Mask mask = load_mask(folder / name);
    CHECK(mask.values().at<uint8_t>(520, 450) == 255);  // glaze
    CHECK(mask.values().at<uint8_t>(880, 450) == 255);  // clay foot
    CHECK(mask.values().at<uint8_t>(100, 100) == 0);    // paper
    CHECK(mask.values().at<uint8_t>(1150, 600) == 0);
  }
  CHECK(compare_masks(load_mask(folder / "auto.png"), load_mask(folder / "box.png")).iou > 0.85);
}

TEST_CASE("an empty scene gives an empty mask and a note") {
  const ScratchFolder folder;
  write_picture(folder / "empty.png", Image(cv::Mat(60, 80, CV_8UC3, cv::Scalar(230, 230, 230))), Format::png);
  for (const std::string model : {"classic", "grabcut", "color-key"}) {
    const RunResult result = run_inpaint({"segment", folder / "empty.png", "-o", folder / "m.png", "--model", model});
    CHECK(result.exit_code == 0);
    CHECK(result.err.find("no subject found") != std::string::npos);
    CHECK(selected(folder / "m.png") == 0);
  }
}

TEST_CASE("remove-bg writes a transparent PNG, or a composite where JPEG is asked for") {
  const ScratchFolder folder;
  REQUIRE(run_inpaint({"remove-bg", samples + "mug.jpg", "-o", folder / "out"}).exit_code == 0);
  const Image cut = load_picture(folder / "out/mug.png");
  CHECK(cut.has_alpha());
  CHECK(cut.alpha().at<uint8_t>(100, 100) == 0);
  CHECK(cut.alpha().at<uint8_t>(520, 450) == 255);
  REQUIRE(run_inpaint(
              {"remove-bg", samples + "mug.jpg", "-o", folder / "out", "--format", "jpeg", "--background", "#00ff00"})
              .exit_code == 0);
  const cv::Vec3b corner = load_picture(folder / "out/mug.jpg").pixels().at<cv::Vec3b>(50, 50);
  CHECK(cv::norm(corner, cv::Vec3b(0, 255, 0), cv::NORM_INF) < 6);
}

TEST_CASE("compare measures pictures and masks") {
  const ScratchFolder folder;
  cv::Mat a(32, 32, CV_8UC3, cv::Scalar(100, 100, 100)), b = a.clone();
  b(cv::Rect(0, 0, 16, 32)).setTo(cv::Scalar(110, 100, 100));
  write_picture(folder / "a.png", Image(a), Format::png);
  write_picture(folder / "b.png", Image(b), Format::png);
  const json figures = json::parse(run_inpaint({"compare", folder / "a.png", folder / "b.png", "--json"}).out);
  CHECK(figures["psnr"].get<double>() ==
        doctest::Approx(20 * std::log10(255 / std::sqrt(100.0 / 6))));  // MSE: 10² in half of a third
  CHECK(figures["l1"].get<double>() == doctest::Approx(10.0 / 6));
  CHECK(figures["pixels_changed"] == 512);
  const json equal = json::parse(run_inpaint({"compare", folder / "a.png", folder / "a.png", "--json"}).out);
  CHECK(equal["psnr"].is_null());
  CHECK(equal["ssim"].get<double>() == doctest::Approx(1));
  cv::Mat m = cv::Mat::zeros(20, 20, CV_8UC1), n = m.clone();
  m(cv::Rect(0, 0, 10, 20)).setTo(255);
  n(cv::Rect(5, 0, 10, 20)).setTo(255);
  write_mask(folder / "m.png", Mask(m));
  write_mask(folder / "n.png", Mask(n));
  const RunResult masks = run_inpaint({"compare", folder / "m.png", folder / "n.png"});
  CHECK(masks.out.find("IoU 0.3333, MAE 0.5000") != std::string::npos);
  CHECK(run_inpaint({"compare", folder / "a.png", folder / "m.png"}).exit_code == 2);
  CHECK(run_inpaint({"compare", folder / "a.png", folder / "gone.png"}).exit_code == 2);
}

TEST_CASE("history reads the ledger") {
  const ScratchFolder folder;
  write_picture(folder / "in/a.jpg", painted_picture(40, 30), Format::jpeg);
  write_file(folder / "in/broken.jpg", "no picture");
  CHECK(run_inpaint({"mask", folder / "in", "-o", folder / "out", "--rect", "1,1,4,4"}).exit_code == 1);
  const RunResult all = run_inpaint({"history", folder / "out"});
  CHECK(all.out.find("a.png") != std::string::npos);
  CHECK(all.out.find("broken.png  (not a picture") != std::string::npos);
  const RunResult failed = run_inpaint({"history", folder / "out", "--status", "failed", "--json"});
  const json record = json::parse(failed.out);
  CHECK(record["input"] == folder / "in/broken.jpg");
  CHECK(record["status"] == "failed");
  const json done = json::parse(run_inpaint({"history", folder / "out", "--status", "done", "--json"}).out);
  CHECK(done["facts"]["box"] == json({1, 1, 5, 5}));
  CHECK(done["options"]["stages"][0]["options"]["rect"] == json({"1,1,4,4"}));
  CHECK(run_inpaint({"history", folder / "in"}).exit_code == 2);
}

TEST_CASE("standard input: what comes is compared with what was done, by content") {
  const ScratchFolder folder;
  write_picture(folder / "a.png", painted_picture(20, 16, 1), Format::png);
  write_picture(folder / "b.png", painted_picture(20, 16, 2), Format::png);
  const auto run = [&](const std::string& file) {
    return run_inpaint({"mask", "-", "-o", folder / "out", "--rect", "0,0,2,3", "--write", "image", "--json"},
                       "cat '" + (folder / file) + "' |");
  };
  CHECK(run("a.png").out.find("\"status\":\"done\"") != std::string::npos);
  CHECK(run("a.png").out.find("\"status\":\"skipped\"") != std::string::npos);
  CHECK(run("b.png").out.find("\"status\":\"done\"") != std::string::npos);
  CHECK(load_picture(folder / "out/stdin.png").pixels().at<cv::Vec3b>(5, 5) ==
        painted_picture(20, 16, 2).pixels().at<cv::Vec3b>(5, 5));
}

}  // namespace inpaint::test
