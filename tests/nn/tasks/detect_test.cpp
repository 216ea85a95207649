#include "nn/tasks/detect.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "core/error.h"
#include "nn/module.h"
#include "nn/onnx/onnx_writer.h"
#include "support.h"

using namespace inpaint;
using namespace inpaint::test;

namespace {

Tensor tensor(const std::vector<int64_t>& shape, const std::vector<float>& values) {
  Tensor t(shape);
  REQUIRE(static_cast<size_t>(t.size()) == values.size());
  std::copy(values.begin(), values.end(), t.data());
  return t;
}

Card card_of(const std::string& boxes, const std::vector<std::string>& labels) {
  Card card;
  card.name = "finder";
  card.output.kind = "boxes";
  card.output.boxes = boxes;
  card.labels = labels;
  return card;
}

// A picture of 200 × 100 fed as 50 × 25 at the top left of 50 × 50: one fed pixel is four of the picture.
const cv::Size picture{200, 100};
const Fed fed{{}, {50, 50}, {50, 25}};

// The transposed table of rows.
std::vector<float> columns(const std::vector<std::vector<float>>& rows) {
  std::vector<float> out;
  for (size_t k = 0; k < rows[0].size(); ++k) {
    for (const auto& row : rows) out.push_back(row[k]);
  }
  return out;
}

// cx, cy, w, h, then scores of three classes. The second overlaps the first: 10 × 10 at distance 2: 80 / 120 > 0.45.
const std::vector<std::vector<float>> rows{{15, 10, 10, 10, 0.1F, 0.8F, 0.2F},
                                           {17, 10, 10, 10, 0, 0.9F, 0},
                                           {15, 10, 10, 10, 0.7F, 0, 0},       // the same place, another class
                                           {30, 20, 4, 4, 0.1F, 0.2F, 0.24F},  // too weak
                                           {48, 22, 8, 8, 0, 0, 0.6F}};        // beyond the right and lower edge

const std::vector<Detection> expected{
    {{48, 20, 88, 60}, 1, 0.9F}, {{40, 20, 80, 60}, 0, 0.7F}, {{176, 72, 200, 100}, 2, 0.6F}};

void check_same(const std::vector<Detection>& found, const std::vector<Detection>& wanted) {
  REQUIRE(found.size() == wanted.size());
  for (size_t i = 0; i < found.size(); ++i) {
    CAPTURE(i);
    CHECK(found[i].box == wanted[i].box);
    CHECK(found[i].label == wanted[i].label);
    CHECK(found[i].score == doctest::Approx(wanted[i].score));
  }
}

}  // namespace

TEST_CASE("boxes laid out as by YOLOv8") {
  const Card card = card_of("yolov8", {"a", "b", "c"});
  check_same(detections_from(card, {tensor({1, 7, 5}, columns(rows))}, fed, picture, {}), expected);
  // without names, the number of classes is that of the values
  check_same(detections_from(card_of("yolov8", {}), {tensor({7, 5}, columns(rows))}, fed, picture, {}), expected);
}

TEST_CASE("mask coefficients behind the scores are passed over") {
  auto wide = rows;
  for (auto& row : wide) row.resize(7 + 32, 5.0F);
  const Card card = card_of("yolov8", {"a", "b", "c"});
  check_same(detections_from(card, {tensor({1, 39, 5}, columns(wide))}, fed, picture, {}), expected);
}

TEST_CASE("boxes laid out as by YOLOv5") {
  const Card card = card_of("yolov5", {"a", "b", "c"});
  std::vector<float> values;
  for (const auto& row : rows) {
    values.insert(values.end(), row.begin(), row.begin() + 4);
    values.push_back(0.5F);  // objectness: halves the scores
    for (size_t k = 4; k < 7; ++k) values.push_back(row[k]);
  }
  std::vector<Detection> halved = expected;
  for (Detection& d : halved) d.score /= 2;
  check_same(detections_from(card, {tensor({1, 5, 8}, values)}, fed, picture, {}), halved);
}

TEST_CASE("scores given as logits") {
  Card card = card_of("yolov8", {"a"});
  card.output.activation = "sigmoid";
  const auto found =
      detections_from(card, {tensor({1, 5, 2}, columns({{10, 10, 4, 4, 0}, {30, 10, 4, 4, -3}}))}, fed, picture, {});
  check_same(found, {{{32, 32, 48, 48}, 0, 0.5}});
}

TEST_CASE("boxes, labels and scores as outputs of their own, in any order") {
  Card card = card_of("lists", {"a", "b", "c"});
  card.output.lists = {2, 0, 1};
  const Tensor labels = tensor({4}, {1, 1, 0, 2}), scores = tensor({4}, {0.8F, 0.9F, 0.7F, 0.6F});
  const Tensor boxes = tensor({4, 4}, {10, 5, 20, 15, 12, 5, 22, 15, 10, 5, 20, 15, 44, 18, 52, 26});
  check_same(detections_from(card, {labels, scores, boxes}, fed, picture, {}), expected);
  const Tensor batch_boxes = tensor({1, 4, 4}, {boxes.values().begin(), boxes.values().end()});
  check_same(detections_from(card, {labels, scores, batch_boxes}, fed, picture, {}), expected);
  card.output.lists = {0, 1, 2};
  CHECK(detections_from(card, {tensor({0, 4}, {}), tensor({0}, {}), tensor({0}, {})}, fed, picture, {}).empty());
}

TEST_CASE("threshold, overlap, classes and number of boxes are options") {
  const Card card = card_of("yolov8", {"a", "b", "c"});
  const std::vector<Tensor> out{tensor({1, 7, 5}, columns(rows))};
  const auto count = [&](const DetectOptions& options) {
    return detections_from(card, out, fed, picture, options).size();
  };
  CHECK(count({.threshold = 0.65}) == 2);
  CHECK(count({.threshold = 0.2}) == 4);
  CHECK(count({.overlap = 0.66}) == 3);  // the two overlap by 2/3
  CHECK(count({.overlap = 0.67}) == 4);
  CHECK(count({.labels = {0, 2}}) == 2);
  CHECK(count({.most = 1}) == 1);
}

TEST_CASE("outputs that do not fit the card, or are not finite, are refused") {
  const float nan = std::numeric_limits<float>::quiet_NaN(), inf = std::numeric_limits<float>::infinity();
  const Card card = card_of("yolov8", {"a", "b", "c"});
  const auto refused = [&](const Card& c, const std::vector<Tensor>& out, const char* words) {
    CHECK_THROWS_WITH_AS(detections_from(c, out, fed, picture, {}), doctest::Contains(words), ItemError);
  };
  refused(card, {}, "an output 0, there are 0");
  refused(card, {tensor({1, 5, 7}, std::vector<float>(35, 0))}, "7 values per box, the network gave 1x5x7");
  refused(card, {tensor({2, 7, 1}, std::vector<float>(14, 0))}, "one table, the network gave 2x7x1");
  refused(card_of("yolov5", {}), {tensor({1, 3, 5}, std::vector<float>(15, 0))}, "6 or more values per box");
  refused(card_of("lists", {}), {tensor({1, 4}, {0, 0, 1, 1}), tensor({2}, {0, 0}), tensor({1}, {1})}, "1x4, 2 and 1");
  refused(card_of("lists", {}), {tensor({1, 4}, {0, 0, 1, 1}), tensor({1}, {nan}), tensor({1}, {1})}, "labels from 0");
  refused(card, {tensor({1, 7, 1}, {1, 1, 1, 1, 0, nan, 0})}, "finder: the network gave scores that are not finite");
  refused(card, {tensor({1, 7, 1}, {1, 1, inf, 1, 0, 1, 0})}, "finder: the network gave boxes that are not finite");
  refused(card_of("yolov5", {}), {tensor({1, 1, 6}, {1, 1, 1, 1, inf, 0})}, "scores that are not finite");
}

TEST_CASE("a detector refuses cards and classes that cannot work") {
  Card card = card_of("yolov8", {"a", "b"});
  CHECK_THROWS_WITH_AS(NetDetector(card, nullptr, {.labels = {2}}), doctest::Contains("no class 2; expected 0 to 1"),
                       SpecError);
  card.output.kind = "opacity";
  CHECK_THROWS_WITH_AS(NetDetector(card, nullptr, {}), doctest::Contains("output.kind"), SpecError);
}

// Two boxes at fixed places whose scores are the mean red and the mean green of the picture.
TEST_CASE("a network that tells boxes from a picture" * doctest::skip(!has_module("onnx"))) {
  OnnxWriter w;
  w.input("x", {1, 3, 32, 32});
  w.node("GlobalAveragePool", {"x"}, {"mean"});
  // 12 × 3: cx, cx, cy, cy, w, w, h, h, scores of class 0 of both boxes, scores of class 1 of both boxes
  std::vector<float> weights(36, 0);
  weights[8 * 3 + 0] = 1;   // red: the first box is of class 0
  weights[11 * 3 + 1] = 1;  // green: the second is of class 1
  w.initializer(OnnxWriter::floats("w", {12, 3, 1, 1}, weights));
  w.initializer(OnnxWriter::floats("b", {12}, {8, 24, 8, 8, 8, 16, 16, 8, 0, 0, 0, 0}));
  w.initializer(OnnxWriter::integers("shape", {3}, {1, 6, 2}));
  w.node("Conv", {"mean", "w", "b"}, {"flat"}, {OnnxWriter::attribute("kernel_shape", OnnxWriter::Shape{1, 1})});
  w.node("Reshape", {"flat", "shape"}, {"y"});
  w.output("y", {1, 6, 2});
  const ScratchFolder folder;
  write_file(folder / "m.onnx", w.text());
  OpenRequest request;
  request.file = folder / "m.onnx";
  Card card = card_of("yolov8", {"red", "green"});
  card.input.size = "32";
  card.input.resize = "fit";
  const NetDetector detector(card, module_driver("onnx").open(request), {.threshold = 0.05});
  // 64 × 32 is fed as 32 × 16 at the top left, so half of the fed pixels are 0 and the means are halved.
  const auto found = detector.detect(Image(cv::Mat(32, 64, CV_8UC3, cv::Scalar(51, 204, 0))));
  check_same(found, {{{32, 8, 64, 24}, 1, 0.4}, {{8, 0, 24, 32}, 0, 0.1}});
  CHECK(detector.labels() == card.labels);
}
