#include "nn/inspect.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "core/checksum.h"
#include "core/error.h"
#include "nn/card.h"
#include "nn/model_bytes.h"
#include "nn/onnx/onnx_writer.h"
#include "nn/safetensors.h"
#include "support.h"

namespace inpaint::test {
namespace {

FileFacts facts_of(std::vector<TensorFacts> inputs, std::vector<TensorFacts> outputs) {
  return {"ONNX opset 11", std::move(inputs), std::move(outputs), {}};
}

// The draft is a card as it stands.
Card drafted(const FileFacts& facts, const std::string& name = "net.onnx") {
  const ScratchFolder folder;
  write_file(folder / name, "x");
  const std::string text = draft_card(folder / name, facts);
  CAPTURE(text);
  return read_card(text, name + ".yaml");
}

std::vector<std::string> words(const char* a) { return {a}; }

}  // namespace

TEST_CASE("an ONNX file tells inputs and outputs, and a card comes of it") {
  const ScratchFolder folder;
  OnnxWriter writer(11);
  writer.input("picture", {1, 3, 320, 320});
  writer.output("matte", {1, 1, 320, 320});
  writer.initializer(OnnxWriter::floats("w", {1, 3, 1, 1}, {1, 2, 3}));
  writer.node("Conv", {"picture", "w"}, {"matte"});
  const std::string file = folder / "My net.onnx";
  write_file(file, writer.text());
  const FileFacts facts = inspect_file(file);
  CHECK(facts.format == "ONNX opset 11");
  REQUIRE(facts.inputs.size() == 1);
  CHECK(facts.inputs[0].name == "picture");
  CHECK(facts.inputs[0].shape == std::vector<int64_t>{1, 3, 320, 320});
  CHECK(std::count(facts.notes.begin(), facts.notes.end(), "3 parameters") == 1);
  const Card card = read_card(draft_card(file, facts), "draft");
  CHECK(card.name == "My-net");
  CHECK(card.driver == "onnx");
  CHECK(card.tasks == std::vector<std::string>{"remove-bg", "segment"});
  CHECK(card.input.size == "320");
  CHECK(card.input.modulus == 1);
  CHECK(card.files[0].name == "My net.onnx");
  CHECK(card.files[0].sha256 == file_checksums(file, false, true).sha256);
  CHECK(card.files[0].size == static_cast<int64_t>(writer.text().size()));
}

TEST_CASE("a safetensors file tells its architecture by its parameters") {
  const ScratchFolder folder;
  const std::string file = folder / "net.safetensors";
  Tensor weight({16, 64, 3, 3});
  std::fill_n(weight.data(), weight.size(), 0.5f);
  write_safetensors(file, {{"stage1.rebnconv1.conv_s1.weight", weight}});
  const FileFacts facts = inspect_file(file);
  CHECK(facts.notes == std::vector<std::string>{"architecture u2netp", "9216 parameters in 1 tensors"});
  const Card card = read_card(draft_card(file, facts), "draft");
  CHECK(card.driver == "safetensors");
  CHECK(card.architecture == "u2netp");
  CHECK(card.input.size == "320");
  CHECK(card.input.divide == "max");
}

TEST_CASE("drafts guess the task from shapes") {
  const Card fill = drafted(facts_of({{"image", "float32", {1, 3, -1, -1}}, {"mask", "int64", {1, 1, -1, -1}}},
                                     {{"out", "float32", {1, 3, -1, -1}}}));
  CHECK(fill.tasks == words("inpaint"));
  CHECK(fill.input.tensors == std::vector<std::string>{"image", "hole"});
  CHECK(fill.input.types == std::vector<std::string>{"float32", "int64"});
  CHECK(fill.input.size == "free");
  CHECK(fill.input.modulus == 8);
  CHECK(fill.output.kind == "colors");

  const Card classes = drafted(facts_of({{"x", "float32", {1, 512, 640, 3}}}, {{"y", "float32", {1, 4, 512, 640}}}));
  CHECK(classes.tasks == std::vector<std::string>{"remove-bg", "segment"});
  CHECK(classes.input.layout == "nhwc");
  CHECK(classes.input.size == "640x512");
  CHECK(classes.output.kind == "classes");
  CHECK(classes.labels.size() == 4);

  const Card v8 = drafted(facts_of({{"images", "float32", {1, 3, 640, 640}}}, {{"o", "float32", {1, 84, 8400}}}));
  CHECK(v8.tasks == words("segment"));
  CHECK(v8.output.boxes == "yolov8");
  CHECK(v8.labels.size() == 80);
  const Card v5 = drafted(facts_of({{"images", "float32", {1, 3, 640, 640}}}, {{"o", "float32", {1, 25200, 85}}}));
  CHECK(v5.output.boxes == "yolov5");
  CHECK(v5.labels.size() == 80);

  // TorchScript files seldom tell shapes.
  const Card script = drafted({"TorchScript", {{"image", "float32", {}}, {"mask", "", {}}}, {}, {}}, "net.pt");
  CHECK(script.driver == "torchscript");
  CHECK(script.tasks == words("inpaint"));
  CHECK(script.input.tensors == std::vector<std::string>{"image", "hole"});
}

TEST_CASE("a model in two parts is drafted with both") {
  const Card encoder = drafted(
      facts_of({{"input_image", "float32", {684, 1024, 3}}}, {{"image_embeddings", "float32", {1, 256, 64, 64}}}),
      "vit.encoder.onnx");
  CHECK(encoder.family == "segment-anything");
  CHECK(encoder.file("encoder").name == "vit.encoder.onnx");
  CHECK(encoder.file("decoder").name == "vit.decoder.onnx");
  CHECK(encoder.input.size == "1024x684");
  CHECK(encoder.input.layout == "nhwc");
  const Card decoder =
      drafted(facts_of({{"image_embeddings", "float32", {1, 256, 64, 64}}}, {{"masks", "float32", {1, 4, -1, -1}}}),
              "vit.decoder.onnx");
  CHECK(decoder.file("encoder").name == "vit.encoder.onnx");
  CHECK(decoder.file("decoder").sha256.size() == 64);
}

TEST_CASE("what is no model file is refused") {
  const ScratchFolder folder;
  write_file(folder / "net.pt", pickled_zip());
  CHECK_THROWS_WITH_AS(inspect_file(folder / "net.pt"), doctest::Contains("examples/convert_weights.py"), MissingError);
  write_file(folder / "net.onnx", "<html>not found</html>");
  CHECK_THROWS_WITH_AS(inspect_file(folder / "net.onnx"), doctest::Contains("none of them, or cut off"), MissingError);
  CHECK_THROWS_AS(inspect_file(folder / "gone"), MissingError);
}

TEST_CASE("a partial-convolution net is recognised by its layers, and its card says how to feed it") {
  const ScratchFolder folder;
  const std::string file = folder / "own.safetensors";
  write_safetensors(file,
                    {{"enc1.conv.weight", Tensor({16, 7, 5, 5})},
                     {"enc2.conv.weight", Tensor({32, 16, 3, 3})},
                     {"dec2.conv.weight", Tensor({16, 48, 3, 3})},
                     {"dec1.conv.weight", Tensor({3, 23, 3, 3})}},
                    {{"base", "pull-push"}});
  const FileFacts facts = inspect_file(file);
  const auto noted = [&](const char* note) { return std::count(facts.notes.begin(), facts.notes.end(), note) == 1; };
  CHECK(noted("architecture pconv"));
  CHECK(noted("2 levels, 16 to 32 channels"));
  CHECK(noted("base: pull-push"));
  const Card card = read_card(draft_card(file, facts), "draft");
  CHECK(card.tasks == std::vector<std::string>{"reconstruct", "inpaint"});
  CHECK(card.architecture == "pconv");
  CHECK(card.input.tensors == std::vector<std::string>{"known-image", "known"});
  CHECK(card.input.modulus == 4);
  CHECK(card.output.kind == "colors");
}

}  // namespace inpaint::test
