// Networks from the command line: models by name and path, devices, targets, detection, and what is refused.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include "nn/onnx/onnx_writer.h"
#include "support.h"

namespace inpaint::test {
namespace {

using Words = std::vector<std::string>;

// A red box (20,30 to 80,90) before a pale wall, 160 × 120.
Image red_box() {
  cv::Mat rgb(120, 160, CV_8UC3, cv::Scalar(226, 228, 230));
  rgb(cv::Rect(20, 30, 60, 60)).setTo(cv::Scalar(200, 20, 20));
  return Image(rgb);
}

// A 1 × 1 convolution of an RGB picture of 32 × 32 to `planes` planes, each with three weights and a bias, and maybe a
// sigmoid.
std::string pointwise(const std::vector<float>& weights, const std::vector<float>& biases, bool sigmoid) {
  const auto planes = static_cast<int64_t>(biases.size());
  OnnxWriter onnx;
  onnx.input("picture", {1, 3, 32, 32});
  onnx.initializer(OnnxWriter::floats("w", {planes, 3, 1, 1}, weights));
  onnx.initializer(OnnxWriter::floats("b", {planes}, biases));
  onnx.node("Conv", {"picture", "w", "b"}, {sigmoid ? "c" : "out"});
  if (sigmoid) onnx.node("Sigmoid", {"c"}, {"out"});
  onnx.output("out", {1, planes, 32, 32});
  return onnx.text();
}

// A folder with one picture, a store of models of its own, and the program run in it.
struct Desk : ScratchFolder {
  Desk() {
    write_picture(*this / "a.png", red_box(), Format::png);
    std::filesystem::create_directories(*this / "store");
  }
  RunResult run(const Words& arguments, const std::string& variables = "") const {
    return run_inpaint(arguments, fmt::format("cd '{}' && INPAINT_MODELS=store {} ", path().string(), variables));
  }
  /// A model in the store. `more`: further lines of its card.
  void model(const std::string& name, const std::string& task, const std::string& file, const std::string& bytes,
             const std::string& more) const {
    std::filesystem::create_directories(path() / "store" / name);
    write_file(*this / ("store/" + name + "/" + file), bytes);
    write_file(*this / ("store/" + name + "/card.yaml"),
               fmt::format("name: {}\ntasks: [{}]\ndriver: {}\nfiles:\n  - name: {}\n{}", name, task,
                           file.ends_with(".pt") ? "torchscript" : "onnx", file, more));
  }
  /// Opacity from redness.
  void redness(const std::string& name = "redness", float weight = 20) const {
    model(name, "remove-bg, segment", name + ".onnx", pointwise({weight, -weight, 0}, {-0.3F * weight}, true),
          "input: {size: 32}\n");
  }
};

}  // namespace

TEST_CASE("a network in the store cuts out, by name, by folder and by file") {
  const Desk desk;
  desk.redness();
  for (const std::string model : {"redness", "store/redness", "store/redness/redness.onnx"}) {
    CAPTURE(model);
    const RunResult result = desk.run({"remove-bg", "a.png", "-o", "cut.png", "--model", model});
    CAPTURE(result.err);
    REQUIRE(result.exit_code == 0);
    const cv::Mat alpha = load_picture(desk / "cut.png").alpha();
    CHECK(alpha.at<uint8_t>(60, 50) == 255);
    CHECK(alpha.at<uint8_t>(10, 10) == 0);
    CHECK(alpha.at<uint8_t>(60, 140) == 0);
    // The map has a pixel for 5 × 3.75 of the picture's; the edge follows the picture, not the map.
    CHECK(alpha.at<uint8_t>(60, 23) > 200);
    CHECK(alpha.at<uint8_t>(60, 16) < 55);
  }
  // Also a folder or file in the current directory, without a '/'.
  for (const std::string model : {"redness", "redness.onnx"}) {
    const RunResult result =
        run_inpaint({"remove-bg", desk / "a.png", "-o", desk / "cut.png", "--model", model},
                    fmt::format("cd '{}' && ", desk / (model == "redness" ? "store" : "store/redness")));
    CAPTURE(result.err);
    CHECK(result.exit_code == 0);
  }
  // The folder in the store names it, too.
  std::filesystem::copy(desk / "store/redness", desk / "store/scarlet", std::filesystem::copy_options::recursive);
  CHECK(desk.run({"remove-bg", "a.png", "-o", "cut.png", "--model", "scarlet"}).exit_code == 0);
  const RunResult segmented = desk.run({"segment", "a.png", "-o", "mask.png", "--model", "redness", "-v"});
  CAPTURE(segmented.err);
  REQUIRE(segmented.exit_code == 0);
  CHECK(segmented.err.find("redness: ") != std::string::npos);  // what it runs on
  CHECK(load_mask(desk / "mask.png").coverage() == doctest::Approx(60.0 * 60 / (160 * 120)).epsilon(0.03));
}

TEST_CASE("another file or another card of the same model makes finished pictures due again") {
  const Desk desk;
  desk.redness();
  const Words job = {"remove-bg", "a.png", "-o", "out/", "--model", "redness", "--json"};
  CHECK(desk.run(job).exit_code == 0);
  CHECK(desk.run(job).out.find("\"skipped\":1") != std::string::npos);
  desk.redness("redness", 30);
  const RunResult again = desk.run(job);
  CAPTURE(again.err);
  CHECK(again.out.find("\"done\":1") != std::string::npos);
  // So does a card that feeds it otherwise, but not one that only words it otherwise.
  const std::string card = desk / "store/redness/card.yaml";
  write_file(card, file_text(card) + "summary: Red things\n");
  CHECK(desk.run(job).out.find("\"skipped\":1") != std::string::npos);
  write_file(card, file_text(card) + "output: {stretch: min-max}\n");
  CHECK(desk.run(job).out.find("\"done\":1") != std::string::npos);
}

TEST_CASE("--target finds a class by its name, and fails the pictures that hold none") {
  const Desk desk;
  // Planes: background (pale), upper (red), lower (green).
  desk.model("classes", "segment, remove-bg", "classes.onnx",
             pointwise({1, 1, 1, 5, -3, -3, -3, 5, -3}, {-1.5F, 0, 0}, false),
             "labels: [background, upper, lower]\ninput: {size: 32}\noutput: {kind: classes}\n");
  const RunResult found = desk.run({"segment", "a.png", "-o", "m.png", "--target", "T-Shirts"});
  CAPTURE(found.err);
  REQUIRE(found.exit_code == 0);
  const Mask mask = load_mask(desk / "m.png");
  CHECK(mask.values().at<uint8_t>(60, 50) == 255);
  CHECK(mask.values().at<uint8_t>(60, 120) == 0);

  const RunResult filled = desk.run(
      {"inpaint", "a.png", "-o", "f.png", "--target", "t-shirt", "--target-model", "classes", "--effort", "fast"});
  CAPTURE(filled.err);
  REQUIRE(filled.exit_code == 0);
  CHECK(load_picture(desk / "f.png").pixels().at<cv::Vec3b>(60, 50)[1] > 150);  // wall where the box was

  // --device and --precision are the finder's where the filler is no network.
  const RunResult on_cpu = desk.run({"inpaint", "a.png", "-o", "c.png", "--target", "t-shirt", "--target-model",
                                     "classes", "--effort", "fast", "--device", "cpu", "--precision", "fp32"});
  CAPTURE(on_cpu.err);
  CHECK(on_cpu.exit_code == 0);

  const Words job = {"segment", "a.png", "-o", "u.png", "--target", "t-shirt", "--on-uncertain", "fail"};
  const auto with_threshold = [&](const std::string& threshold) {
    Words more = job;
    more.insert(more.end(), {"--uncertain-below", threshold});
    return desk.run(more);
  };
  check_failed(with_threshold("1"), 1, {"the subject is uncertain"});
  CHECK(with_threshold("0").exit_code == 0);

  check_failed(desk.run({"segment", "a.png", "-o", "n.png", "--target", "jeans", "--model", "classes"}), 1,
               {"no_target"});
  check_failed(desk.run({"segment", "a.png", "-o", "n.png", "--target", "teapot"}), 2, {"teapot"});
  check_failed(desk.run({"segment", "a.png", "-o", "n.png", "--model", "classes"}), 2, {"--target", "upper", "lower"});
}

TEST_CASE("a network that finds boxes gives a mask, scores and COCO") {
  const Desk desk;
  // Two boxes, whatever the picture, in the network's 32 × 32 pixels: a dog, 0.9, at 4,8 to 16,24, and a cat, 0.4, at
  // 0,0 to 8,8. As YOLO version 8 lays them out: centres x, y, widths, heights, scores of cats, of dogs.
  const std::vector<float> values = {10, 4, 16, 4, 12, 8, 16, 8, 0.1F, 0.4F, 0.9F, 0.2F};
  OnnxWriter onnx;
  onnx.input("picture", {1, 3, 32, 32});
  onnx.initializer(OnnxWriter::floats("w", {12, 3, 1, 1}, std::vector<float>(36, 0)));
  onnx.initializer(OnnxWriter::floats("b", {12}, values));
  onnx.initializer(OnnxWriter::integers("shape", {3}, {1, 6, 2}));
  onnx.node("GlobalAveragePool", {"picture"}, {"mean"});
  onnx.node("Conv", {"mean", "w", "b"}, {"values"}, {OnnxWriter::attribute("kernel_shape", OnnxWriter::Shape{1, 1})});
  onnx.node("Reshape", {"values", "shape"}, {"boxes"});
  onnx.output("boxes", {1, 6, 2});
  desk.model("finder", "segment", "finder.onnx", onnx.text(),
             "labels: [cat, dog]\ninput: {size: 32}\noutput: {kind: boxes, boxes: yolov8}\n");
  const RunResult found = desk.run({"segment", "a.png", "-o", "out/", "--model", "finder", "--target", "dogs",
                                    "--regions", "--json", "--write", "mask"});
  CAPTURE(found.err);
  REQUIRE(found.exit_code == 0);
  const auto line = nlohmann::json::parse(found.out.substr(0, found.out.find('\n')));
  const nlohmann::json told = line["facts"]["detections"];
  REQUIRE(told.size() == 1);
  CHECK(told[0]["label"] == "dog");
  CHECK(told[0]["score"] == 0.9);
  CHECK(told[0]["box"] == nlohmann::json({20, 30, 80, 90}));
  CHECK(load_mask(desk / "out/a.png").coverage() == doctest::Approx(60.0 * 60 / (160 * 120)));
  const auto coco = nlohmann::json::parse(file_text(desk / "out/a.regions.json"));
  REQUIRE(coco["annotations"].size() == 1);
  CHECK(coco["annotations"][0]["bbox"] == nlohmann::json({20, 30, 60, 60}));
  CHECK(coco["categories"][0]["name"] == "dog");

  CHECK(nlohmann::json::parse(file_text(desk / "out/a.regions.json"))["annotations"][0]["score"].get<double>() ==
        doctest::Approx(0.9));
  check_failed(desk.run({"segment", "a.png", "-o", "none/", "--model", "finder", "--target", "horse"}), 2,
               {"horse", "cat"});
}

TEST_CASE("two cards of one file are two networks") {
  const Desk desk;
  desk.redness();
  const std::string card = file_text(desk / "store/redness/card.yaml");
  write_file(desk / "store/redness/redness.onnx.yaml", card + "output: {index: 0}\n");
  write_file(desk / "twice.yaml",
             "input: a.png\noutput: out/\nstages:\n  - segment: {model: redness}\n"
             "  - segment: {model: store/redness/redness.onnx}\n");
  CHECK(desk.run({"run", "twice.yaml"}).exit_code == 0);
  std::string wrong = card;
  wrong.replace(wrong.find("size: 32"), 8, "size: 48");
  write_file(desk / "store/redness/redness.onnx.yaml", wrong);
  check_failed(desk.run({"run", "twice.yaml"}), 3, {"redness.onnx", "1x3x48x48"});
}

TEST_CASE("options that choose among a detector's boxes need a detector") {
  const Desk desk;
  desk.model("prompted", "segment, remove-bg", "encoder.onnx", "any bytes",
             "    role: encoder\n  - name: decoder.onnx\n    role: decoder\nfamily: segment-anything\n");
  write_file(desk / "store/prompted/decoder.onnx", "any bytes");
  for (const std::string option : {"--target=dog", "--least-score=0.5", "--overlap=0.5"}) {
    CAPTURE(option);
    check_failed(desk.run({"segment", "a.png", "-o", "x.png", "--model", "prompted", "--point", "3,3", option}), 2,
                 {option.substr(0, option.find('=')), "--detector, which is not given"});
  }
  check_failed(desk.run({"segment", "a.png", "-o", "x.png", "--model", "prompted"}), 2, {"--point or --detector"});
  check_failed(desk.run({"remove-bg", "a.png", "-o", "x.png", "--model", "prompted"}), 2, {"needs --box or --point"});
}

TEST_CASE("wrong models, devices and options are refused before any picture is read") {
  const Desk desk;
  desk.redness();
  const auto refused = [&](Words more, int exit_code, const Words& words) {
    more.insert(more.begin(), {"remove-bg", "a.png", "-o", "x/"});
    check_failed(desk.run(more), exit_code, words);
    CHECK_FALSE(std::filesystem::exists(desk / "x"));
  };
  refused({"--model", "rednes"}, 2, {"rednes", "did you mean 'redness'"});
  refused({"--model", "big-lama"}, 2, {"big-lama", "inpaint"});
  refused({"--model", "u2netp"}, 3, {"u2netp", "inpaint models pull u2netp"});
  refused({"--model", "store/none.onnx"}, 2, {"none.onnx"});
  refused({"--model", "redness", "--device", "gpu"}, 2, {"--device", "cuda"});
  refused({"--model", "redness", "--point", "1,1"}, 2, {"--point", "redness"});
  refused({"--model", "classic", "--precision", "bf16"}, 2, {"--precision", "networks"});
  if (!std::filesystem::exists("/dev/nvidiactl")) refused({"--model", "redness", "--device", "cuda"}, 3, {"cuda:0"});
  write_file(desk / "store/redness/redness.onnx", "no network at all");
  refused({"--model", "redness"}, 3, {"redness.onnx"});
  write_file(desk / "store/redness/redness.onnx", "");
  refused({"--model", "redness"}, 3, {"redness.onnx"});
}

TEST_CASE("a network's NaN fails the picture and leaves no file") {
  const Desk desk;
  desk.model("nan", "remove-bg", "nan.onnx", pointwise({1, 1, 1}, {std::numeric_limits<float>::quiet_NaN()}, true),
             "input: {size: 32}\n");
  check_failed(desk.run({"remove-bg", "a.png", "-o", "x.png", "--model", "nan"}), 1, {"nan", "NaN"});
  CHECK_FALSE(std::filesystem::exists(desk / "x.png"));
}

TEST_CASE("the torch module is the one told, opened with waiting threads that sleep, and only for pictures due") {
  const Desk desk;
  desk.model("script", "inpaint", "script.pt", "", "input: {tensors: [image, hole]}\noutput: {kind: colors}\n");
  // What a TorchScript file begins like: a zip whose first entry lies in code/.
  REQUIRE(run_shell(fmt::format("cd '{}/store/script' && mkdir -p s/code && echo 1 > s/code/x.py && rm script.pt && "
                                "python3 -c \"import zipfile; z = zipfile.ZipFile('script.pt', 'w'); "
                                "z.writestr('s/code/x.py', '1'); z.close()\"",
                                desk.path().string()))
              .exit_code == 0);
  write_mask(desk / "m.png", Mask(160, 120));
  const Words job = {"inpaint", "a.png", "--mask", "m.png", "-o", "out/", "--model", "script", "--jobs", "1"};
  const std::string module = fmt::format("INPAINT_TORCH_MODULE='{}'", TELLING_MODULE);
  check_failed(desk.run(job, module), 3, {"told: OMP_WAIT_POLICY=passive", "device=cpu", "precision=auto"});
  check_failed(desk.run(job, module + " OMP_WAIT_POLICY=active"), 3, {"OMP_WAIT_POLICY=active"});
  Words dry = job;
  dry.push_back("--dry-run");
  CHECK(desk.run(dry, module).exit_code == 0);
  check_failed(desk.run(job, "INPAINT_TORCH_MODULE=/nowhere.so"), 3, {"/nowhere.so", "libtorch-dev"});
  CHECK_FALSE(std::filesystem::exists(desk / "out"));
}

TEST_CASE("commands that open no network load neither libtorch nor OpenCV's networks") {
  const Desk desk;
  for (const Words& job : {Words{"remove-bg", "a.png", "-o", "c.png"}, Words{"models", "list"}, Words{"--help"}}) {
    const RunResult result = desk.run(job, "LD_DEBUG=files");
    CHECK(result.exit_code == 0);
    CHECK(result.err.find("libvips") != std::string::npos);  // that is, the loader does tell
    for (const char* library : {"libtorch", "libinpaint_onnx", "opencv_dnn"}) {
      CAPTURE(std::string(library));
      CHECK(result.err.find(library) == std::string::npos);
    }
  }
}

}  // namespace inpaint::test
