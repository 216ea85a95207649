#include <doctest/doctest.h>
#include <unistd.h>

#include <cmath>
#include <cstdio>
#include <thread>

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

std::vector<float> values(const Tensor& t) { return {t.values().begin(), t.values().end()}; }

std::unique_ptr<Net> opened(const ScratchFolder& folder, const OnnxWriter& writer, OpenRequest request = {}) {
  write_file(folder / "m.onnx", writer.text());
  request.file = folder / "m.onnx";
  return module_driver("onnx").open(request);
}

// Outputs: sigmoid(relu(a - b)), relu(a - b), the second channel of relu(a - b).
OnnxWriter two_inputs() {
  OnnxWriter w;
  w.input("a", {1, 2, -1, 2});
  w.input("b", {1, 2, -1, 2});
  w.node("Sub", {"a", "b"}, {"d"});
  w.node("Relu", {"d"}, {"y"});
  w.node("Sigmoid", {"y"}, {"z"});
  w.node("Split", {"y"}, {"p", "q"},
         {OnnxWriter::attribute("axis", int64_t{1}), OnnxWriter::attribute("split", OnnxWriter::Shape{1, 1})});
  w.output("z", {1, 2, -1, 2});
  w.output("y", {1, 2, -1, 2});
  w.output("q", {1, 1, -1, 2});
  return w;
}

// What is written to standard error while `work` runs.
template <class Work>
std::string standard_error_of(const Work& work) {
  std::fflush(stderr);
  std::FILE* sink = std::tmpfile();
  const int before = dup(STDERR_FILENO);
  dup2(fileno(sink), STDERR_FILENO);
  work();
  std::fflush(stderr);
  dup2(before, STDERR_FILENO);
  close(before);
  std::rewind(sink);
  std::string text(4096, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), sink));
  std::fclose(sink);
  return text;
}

const bool skipped = !has_module("onnx");

}  // namespace

TEST_SUITE("onnx on OpenCV" * doctest::skip(skipped)) {
  TEST_CASE("inputs and outputs are in the file's order") {
    const ScratchFolder folder;
    const auto net = opened(folder, two_inputs());
    const auto out = net->run({tensor({1, 2, 1, 2}, {5, 1, 2, 7}), tensor({1, 2, 1, 2}, {1, 3, 2, 4})});
    REQUIRE(out.size() == 3);
    CHECK(out[0].shape() == std::vector<int64_t>{1, 2, 1, 2});
    CHECK(values(out[1]) == std::vector<float>{4, 0, 0, 3});
    CHECK(values(out[2]) == std::vector<float>{0, 3});
    CHECK(out[0].data()[0] == doctest::Approx(1 / (1 + std::exp(-4.0))));
    CHECK(out[0].data()[1] == 0.5F);
    CHECK(net->facts().driver.starts_with("opencv 4."));
    CHECK(net->facts().device == Device{Device::Kind::cpu, 0});
    CHECK(net->facts().precision == Precision::fp32);
  }

  TEST_CASE("a free size may change from call to call, also when a usual one is told") {
    const ScratchFolder folder;
    OpenRequest request;
    request.sample_shapes = {{1, 2, 5, 2}, {1, 2, 5, 2}};
    const auto net = opened(folder, two_inputs(), request);
    for (const int64_t rows : {1, 3, 2}) {
      const size_t count = static_cast<size_t>(rows) * 4;
      const auto out = net->run({tensor({1, 2, rows, 2}, std::vector<float>(count, 3)),
                                 tensor({1, 2, rows, 2}, std::vector<float>(count, 1))});
      CHECK(values(out[1]) == std::vector<float>(count, 2));
    }
  }

  TEST_CASE("free sizes that a network computes with are settled by a usual call, a free batch as 1") {
    const ScratchFolder folder;
    const auto doubled = [](const OnnxWriter::Shape& shape) {  // resized to twice its own height and width
      OnnxWriter w;
      w.input("x", shape);
      for (const int64_t i : {0, 2, 4}) w.constant("i" + std::to_string(i), OnnxWriter::integers("", {1}, {i}));
      w.constant("twos", OnnxWriter::integers("", {2}, {2, 2}));
      w.node("Relu", {"x"}, {"r"});
      w.node("Shape", {"r"}, {"shape"});
      w.node("Slice", {"shape", "i2", "i4", "i0"}, {"size"});
      w.node("Slice", {"shape", "i0", "i2", "i0"}, {"head"});
      w.node("Mul", {"size", "twos"}, {"double"});
      w.node("Concat", {"head", "double"}, {"sizes"}, {OnnxWriter::attribute("axis", int64_t{0})});
      w.node("Resize", {"r", "", "", "sizes"}, {"y"},
             {OnnxWriter::attribute("mode", std::string("nearest")),
              OnnxWriter::attribute("coordinate_transformation_mode", std::string("asymmetric")),
              OnnxWriter::attribute("nearest_mode", std::string("floor"))});
      w.output("y", {-1, 1, -1, -1});
      return w;
    };
    CHECK_THROWS_WITH_AS(opened(folder, doubled({-1, 1, -1, -1})), doctest::Contains("fixed sizes"), MissingError);
    OpenRequest usual;
    usual.sample_shapes = {{1, 1, 1, 2}};
    const Tensor wide = tensor({1, 1, 1, 2}, {3, 4}), high = tensor({1, 1, 2, 1}, {3, 4});
    const auto settled = opened(folder, doubled({-1, 1, -1, -1}), usual);
    CHECK(values(settled->run({wide})[0]) == std::vector<float>{3, 3, 4, 4, 3, 3, 4, 4});
    CHECK_THROWS_WITH_AS(settled->run({high}),
                         doctest::Contains("expects x 1x1x1x2 (OpenCV needs one size: give it as input.size in the "
                                           "card); given 1x1x2x1"),
                         ItemError);
    const auto batch = opened(folder, doubled({-1, 1, 1, 2}));
    CHECK(values(batch->run({wide})[0]) == std::vector<float>{3, 3, 4, 4, 3, 3, 4, 4});
  }

  TEST_CASE("threads share a net") {
    const ScratchFolder folder;
    const auto net = opened(folder, two_inputs());
    std::vector<int> wrong(6, 0);
    std::vector<std::thread> threads;
    for (size_t i = 0; i < wrong.size(); ++i) {
      threads.emplace_back([&, i] {
        const float value = static_cast<float>(i) + 1;
        const Tensor a = tensor({1, 2, 8, 2}, std::vector<float>(32, value)),
                     b = tensor({1, 2, 8, 2}, std::vector<float>(32, 0));
        for (int round = 0; round < 50; ++round) {
          wrong[i] += values(net->run({a, b})[1]) != std::vector<float>(32, value);
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    CHECK(wrong == std::vector<int>(6, 0));
  }

  TEST_CASE("inputs of a wrong shape or number are refused and the net stays usable") {
    const ScratchFolder folder;
    const auto net = opened(folder, two_inputs());
    const Tensor a = tensor({1, 2, 1, 2}, {1, 2, 3, 4}), wrong = tensor({1, 3, 1, 1}, {1, 2, 3});
    CHECK_THROWS_WITH_AS(net->run({a, wrong}),
                         doctest::Contains("expects a 1x2x?x2, b 1x2x?x2; given 1x2x1x2, 1x3x1x1"), ItemError);
    CHECK_THROWS_WITH_AS(net->run({a}), doctest::Contains("given 1x2x1x2"), ItemError);
    const Tensor longer = tensor({1, 2, 3, 2}, std::vector<float>(12, 1));
    CHECK_THROWS_WITH_AS(net->run({longer, a}), doctest::Contains("refuses 1x2x3x2, 1x2x1x2"), ItemError);
    CHECK(values(net->run({a, a})[1]) == std::vector<float>(4, 0));
  }

  TEST_CASE("an operator that OpenCV does not know is told in one line, with node and cure") {
    const ScratchFolder folder;
    OnnxWriter w;
    w.input("x", {1, 2});
    w.node("Relu", {"x"}, {"r"});
    w.node("NonZero", {"r"}, {"y"});
    w.output("y", {2, -1});
    std::string message;
    const std::string talk = standard_error_of([&] {
      try {
        opened(folder, w);
      } catch (const MissingError& error) {
        message = error.what();
      }
    });
    CHECK(message.starts_with(folder / "m.onnx: OpenCV 4."));
    CHECK(message.find("cannot run NonZero 'NonZero_y'") != std::string::npos);
    CHECK(message.find("opset 11") != std::string::npos);
    CHECK(message.find('\n') == std::string::npos);
    CHECK(message.size() < 350);
    CHECK(talk == "");
    const FileFacts facts = module_driver("onnx").inspect(folder / "m.onnx");
    CHECK(facts.format == "ONNX opset 11");
    REQUIRE(facts.notes.size() == 1);
    CHECK(facts.notes[0].find("NonZero") != std::string::npos);
  }

  TEST_CASE("what fails only when it runs is told when the file is opened") {
    const ScratchFolder folder;
    OnnxWriter w;
    w.input("a", {1, 2, 4, 4});
    w.input("b", {1, 2, 3, 3});
    w.node("Concat", {"a", "b"}, {"y"}, {OnnxWriter::attribute("axis", int64_t{1})});
    w.output("y", {1, 4, 4, 4});
    CHECK_THROWS_AS(opened(folder, w), MissingError);
  }

  TEST_CASE("devices and precisions that are not there are refused") {
    const ScratchFolder folder;
    OpenRequest cuda, half;
    cuda.device = {Device::Kind::cuda, 0};
    half.precision = Precision::bf16;
    if (module_driver("onnx").version().find("cuda") == std::string::npos)
      CHECK_THROWS_WITH_AS(opened(folder, two_inputs(), cuda), doctest::Contains("--device cpu"), MissingError);
    CHECK_THROWS_WITH_AS(opened(folder, two_inputs(), half), doctest::Contains("--precision fp32"), MissingError);
  }

  TEST_CASE("damaged files never crash OpenCV") {
    const ScratchFolder folder;
    const std::string whole = two_inputs().text();
    int refused = 0;
    const std::string talk = standard_error_of([&] {
      for (size_t i = 0; i < whole.size(); ++i) {
        std::string bytes = whole;
        bytes[i] ^= static_cast<char>(1 << i % 8);
        write_file(folder / "m.onnx", bytes);
        OpenRequest request;
        request.file = folder / "m.onnx";
        try {
          module_driver("onnx").open(request);
        } catch (const MissingError&) {
          ++refused;
        }
      }
    });
    CHECK(refused > 50);
    CHECK(talk == "");
  }
}
