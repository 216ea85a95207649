#include "nn/onnx/model_file.h"

#include <doctest/doctest.h>

#include <random>

#include "core/error.h"
#include "nn/onnx/onnx_writer.h"
#include "support.h"

using namespace inpaint;
using namespace inpaint::test;

namespace {

std::string small_model() {
  OnnxWriter w(11);
  w.input("x", {1, 2, -1, 8});
  w.input("w", {3, 2, 1, 1});  // an initializer listed among the inputs, as old exporters do
  w.initializer(OnnxWriter::floats("w", {3, 2, 1, 1}, {1, 2, 3, 4, 5, 6}));
  w.constant("axes", OnnxWriter::integers("", {2}, {-1, 7}));
  w.node("Conv", {"x", "w"}, {"y"},
         {OnnxWriter::attribute("pads", OnnxWriter::Shape{0, 0, 0, 0}), OnnxWriter::attribute("group", int64_t{1}),
          OnnxWriter::attribute("auto_pad", std::string("NOTSET")), OnnxWriter::attribute("alpha", 0.5f)});
  w.output("y", {1, 3, -1, 8});
  return w.text();
}

std::string refusal(const std::string& bytes) {
  const ScratchFolder folder;
  write_file(folder / "m.onnx", bytes);
  try {
    read_onnx(folder / "m.onnx");
  } catch (const MissingError& error) {
    CHECK(std::string(error.what()).starts_with(folder / "m.onnx"));
    return error.what();
  }
  return "";
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("an ONNX file is read") {
  const ScratchFolder folder;
  write_file(folder / "m.onnx", small_model());
  const OnnxModel model = read_onnx(folder / "m.onnx");
  CHECK(model.opset == 11);
  CHECK(model.producer == "test 1");
  REQUIRE(model.inputs.size() == 1);
  CHECK(model.inputs[0].name == "x");
  CHECK(model.inputs[0].type == "float32");
  CHECK(model.inputs[0].shape == std::vector<int64_t>{1, 2, -1, 8});
  REQUIRE(model.outputs.size() == 1);
  CHECK(model.outputs[0].name == "y");
  CHECK(model.initializers.at("w").shape == std::vector<int64_t>{3, 2, 1, 1});
  CHECK(model.initializers.at("w").as_floats() == std::vector<float>{1, 2, 3, 4, 5, 6});
  CHECK(model.parameters() == 6);
  REQUIRE(model.nodes.size() == 2);
  CHECK(model.nodes[0].find("value")->tensor->as_integers() == std::vector<int64_t>{-1, 7});
  const OnnxNode& conv = model.nodes[1];
  CHECK(conv.told() == "Conv 'Conv_y'");
  CHECK(conv.inputs == std::vector<std::string>{"x", "w"});
  CHECK(conv.integers("pads", {}) == std::vector<int64_t>{0, 0, 0, 0});
  CHECK(conv.integer("group", 5) == 1);
  CHECK(conv.text("auto_pad", "") == "NOTSET");
  CHECK(conv.find("alpha")->number == 0.5f);
  CHECK(conv.integer("absent", 5) == 5);
}

TEST_CASE("numbers listed one by one, packed or as bytes are the same") {
  // TensorProto of shape 2, int64: values 1, -2 in field 7 one by one, and packed
  const auto model_with = [](const std::string& tensor) {
    OnnxWriter w;
    w.initializer(tensor);
    w.node("Identity", {"t"}, {"y"});
    w.output("y", {2});
    const ScratchFolder folder;
    write_file(folder / "m.onnx", w.text());
    return read_onnx(folder / "m.onnx").initializers.at("t").as_integers();
  };
  const std::string head = WireWriter().integer(1, 2).integer(2, 7).bytes(8, "t").text();
  const std::vector<int64_t> expected{1, -2};
  CHECK(model_with(head + WireWriter().integer(7, 1).integer(7, -2).text()) == expected);
  CHECK(model_with(head + WireWriter().bytes(7, "\x01\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01").text()) == expected);
  CHECK(model_with(OnnxWriter::integers("t", {2}, expected)) == expected);
}

TEST_CASE("what is no ONNX file is told with its cure") {
  CHECK(has(refusal("PK\x03\x04 zip"), "torchscript"));
  CHECK(has(refusal("\x80\x02}q"), "pickle"));
  CHECK(has(refusal("<!DOCTYPE html><html>"), "web page"));
  CHECK(has(refusal("version https://git-lfs.github.com/spec/v1"), "git lfs pull"));
  CHECK(has(refusal(std::string("\x10\0\0\0\0\0\0\0{\"a\":1}", 15)), "safetensors"));
  CHECK(has(refusal("just some words"), "is no ONNX file"));
  CHECK(has(refusal(""), "empty"));
  CHECK_THROWS_WITH_AS(read_onnx("/nowhere/m.onnx"), doctest::Contains("no such file"), MissingError);
  CHECK_THROWS_WITH_AS(read_onnx("/tmp"), doctest::Contains("no regular file"), MissingError);
}

TEST_CASE("a file that contradicts itself is refused") {
  OnnxWriter unknown;
  unknown.node("Relu", {"x"}, {"y"});
  unknown.output("y", {1});
  CHECK(has(refusal(unknown.text()), "Relu 'Relu_y' uses 'x', which nothing makes"));
  OnnxWriter short_tensor;
  short_tensor.initializer(OnnxWriter::floats("w", {7}, {1, 2}));
  CHECK(has(refusal(short_tensor.text()), "disagree"));
  OnnxWriter huge;
  huge.initializer(OnnxWriter::floats("w", {int64_t{1} << 40, int64_t{1} << 40}, {1, 2}));
  CHECK(has(refusal(huge.text()), "larger than the file"));
  OnnxWriter outside;
  outside.initializer(WireWriter().integer(1, 2).integer(2, 1).bytes(8, "w").integer(14, 1).text());
  outside.node("Relu", {"w"}, {"y"});
  outside.output("y", {2});
  CHECK(has(refusal(outside.text()), "in other files beside it"));
}

TEST_CASE("damaged ONNX files are refused or read, and never crash") {
  const ScratchFolder folder;
  const std::string file = folder / "m.onnx", whole = small_model();
  for (size_t size = 1; size < whole.size(); ++size) {
    CAPTURE(size);
    // The last field is the opset; without it, or cut between two fields, the rest is whole.
    write_file(file, whole.substr(0, size));
    if (size + 8 < whole.size()) CHECK_THROWS_AS(read_onnx(file), MissingError);
  }
  std::mt19937 random(7);
  int refused = 0;
  for (int round = 0; round < 3000; ++round) {
    std::string bytes = whole;
    for (int flips = 1 + round % 3; flips > 0; --flips)
      bytes[random() % bytes.size()] ^= static_cast<char>(1 << random() % 8);
    write_file(file, bytes);
    try {
      const OnnxModel model = read_onnx(file);
      for (const auto& [name, tensor] : model.initializers) CHECK(tensor.size() <= 64);
    } catch (const MissingError&) {
      ++refused;
    }
  }
  CHECK(refused > 1000);
}
