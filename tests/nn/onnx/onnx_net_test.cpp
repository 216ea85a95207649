#include "nn/onnx/onnx_net.h"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdlib>
#include <functional>
#include <random>

#include "core/error.h"
#include "nn/module.h"
#include "nn/onnx/import_private.h"
#include "nn/onnx/onnx_writer.h"
#include "support.h"

using namespace inpaint;
using namespace inpaint::test;

namespace {

using Shape = OnnxWriter::Shape;

std::vector<float> random_values(int64_t count, unsigned seed, float scale = 1) {
  std::mt19937 random(seed);
  std::vector<float> values(static_cast<size_t>(count));
  for (float& v : values) v = scale * (static_cast<float>(random() % 2001) / 1000 - 1);
  return values;
}

Tensor random_tensor(const Shape& shape, unsigned seed) {
  Tensor t(shape);
  const std::vector<float> values = random_values(t.size(), seed);
  std::copy(values.begin(), values.end(), t.data());
  return t;
}

std::string parameter(const std::string& name, const Shape& shape, unsigned seed) {
  int64_t count = 1, fan_in = 1;
  for (size_t i = 0; i < shape.size(); ++i) count *= shape[i], fan_in *= i > 0 ? shape[i] : 1;
  return OnnxWriter::floats(name, shape, random_values(count, seed, 1 / std::sqrt(static_cast<float>(fan_in))));
}

std::string ints(const std::string& name, const Shape& values) { return OnnxWriter::attribute(name, values); }
std::string one(const std::string& name, int64_t value) { return OnnxWriter::attribute(name, value); }
std::string word(const std::string& name, const std::string& value) { return OnnxWriter::attribute(name, value); }

OpenRequest saved(const ScratchFolder& folder, const OnnxWriter& writer) {
  write_file(folder / "m.onnx", writer.text());
  OpenRequest request;
  request.file = folder / "m.onnx";
  return request;
}

double difference(const Tensor& a, const Tensor& b) {
  REQUIRE(a.shape() == b.shape());
  double most = 0;
  for (int64_t i = 0; i < a.size(); ++i) {
    const double d = std::abs(static_cast<double>(a.data()[i]) - b.data()[i]);
    most = d <= most ? most : d;  // NaN counts
  }
  return most;
}

// The file runs on the engine, and gives what OpenCV gives. Returns that.
std::vector<Tensor> same_on_both(const OnnxWriter& writer, const std::vector<Shape>& shapes) {
  const ScratchFolder folder;
  const OpenRequest request = saved(folder, writer);
  std::vector<Tensor> inputs;
  for (size_t i = 0; i < shapes.size(); ++i) inputs.push_back(random_tensor(shapes[i], static_cast<unsigned>(i) + 1));
  const std::unique_ptr<Net> own = open_onnx(request);
  CHECK(own->facts().driver == "native");
  const std::vector<Tensor> outputs = own->run(inputs);
  if (!has_module("onnx")) return outputs;
  const std::vector<Tensor> rival = module_driver("onnx").open(request)->run(inputs);
  REQUIRE(outputs.size() == rival.size());
  for (size_t i = 0; i < outputs.size(); ++i) CHECK(difference(outputs[i], rival[i]) < 1e-4);
  return outputs;
}

// One node from x to y; `more` adds what else it reads.
OnnxWriter single(const std::string& op, const Shape& in, const Shape& out, const std::vector<std::string>& inputs,
                  const std::vector<std::string>& attributes, const std::vector<std::string>& initializers = {},
                  int64_t opset = 11) {
  OnnxWriter w(opset);
  w.input("x", in);
  for (const std::string& initializer : initializers) w.initializer(initializer);
  w.node(op, inputs, {"y"}, attributes);
  w.output("y", out);
  return w;
}

std::string reason_against(const OnnxWriter& writer, const std::vector<Shape>& samples = {}) {
  const ScratchFolder folder;
  std::string reason;
  const bool imported = import_onnx(read_onnx(saved(folder, writer).file), samples, reason).has_value();
  return imported ? "imported" : reason;
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

// A small U: convolutions with normalisation, pooling with ceil_mode, a way back up to sizes that are computed from
// shapes (of the side output: by an older exporter's long way).
OnnxWriter small_u(const Shape& in, bool older = false) {
  OnnxWriter w;
  w.input("x", in);
  const auto conv = [&](const std::string& name, const std::string& from, int64_t ins, int64_t outs, int64_t dilation,
                        unsigned seed) {
    w.initializer(parameter(name + ".w", {outs, ins, 3, 3}, seed));
    w.initializer(parameter(name + ".b", {outs}, seed + 1));
    w.node("Conv", {from, name + ".w", name + ".b"}, {name + ".c"},
           {ints("kernel_shape", {3, 3}), ints("strides", {1, 1}), ints("dilations", {dilation, dilation}),
            ints("pads", Shape(4, dilation)), one("group", 1)});
    for (const char* part : {".scale", ".shift", ".mean"}) w.initializer(parameter(name + part, {outs}, ++seed));
    std::vector<float> variance = random_values(outs, ++seed);
    for (float& v : variance) v = v * v + 0.5F;
    w.initializer(OnnxWriter::floats(name + ".variance", {outs}, variance));
    w.node("BatchNormalization", {name + ".c", name + ".scale", name + ".shift", name + ".mean", name + ".variance"},
           {name + ".n"}, {OnnxWriter::attribute("epsilon", 1e-3F)});
    w.node("Relu", {name + ".n"}, {name});
  };
  const auto index = [&](const std::string& name, const std::vector<int64_t>& values) {
    w.constant(name, OnnxWriter::integers("", {static_cast<int64_t>(values.size())}, values));
  };
  conv("a", "x", in[1], 8, 1, 10);
  w.node("MaxPool", {"a"}, {"p"}, {one("ceil_mode", 1), ints("kernel_shape", {2, 2}), ints("strides", {2, 2})});
  conv("b", "p", 8, 8, 2, 20);
  // as by newer exporters: sizes = concat(shape(b)[0:2], shape(a)[2:4])
  index("zero", {0}), index("two", {2}), index("four", {4});
  w.node("Shape", {"b"}, {"b.shape"});
  w.node("Slice", {"b.shape", "zero", "two", "zero"}, {"head"});
  w.node("Shape", {"a"}, {"a.shape"});
  w.node("Slice", {"a.shape", "two", "four", "zero"}, {"tail"});
  w.node("Concat", {"head", "tail"}, {"sizes"}, {one("axis", 0)});
  w.node("Resize", {"b", "", "", "sizes"}, {"up"},
         {word("mode", "linear"), word("coordinate_transformation_mode", "half_pixel")});
  w.node("Concat", {"up", "a"}, {"both"}, {one("axis", 1)});
  conv("c", "both", 16, 8, 1, 30);
  w.node("Add", {"c", "a"}, {"sum"});
  w.initializer(parameter("side.w", {1, 8, 3, 3}, 40));
  w.node("Conv", {"p", "side.w"}, {"side"}, {ints("kernel_shape", {3, 3}), ints("pads", {1, 1, 1, 1})});
  for (const char* axis : {"2", "3"}) {
    if (!older) break;
    const std::string name = axis;
    w.constant(name, OnnxWriter::integers("", {}, {std::stoi(name)}));
    w.node("Gather", {"a.shape", name}, {name + ".extent"}, {one("axis", 0)});
    w.node("Cast", {name + ".extent"}, {name + ".float"}, {one("to", 1)});
    w.node("Floor", {name + ".float"}, {name + ".floor"});
    w.node("Cast", {name + ".floor"}, {name + ".whole"}, {one("to", 7)});
    w.node("Unsqueeze", {name + ".whole"}, {name + ".list"}, {ints("axes", {0})});
  }
  if (older) w.node("Concat", {"2.list", "3.list"}, {"tail2"}, {one("axis", 0)});
  w.node("Shape", {"side"}, {"side.shape"});
  w.node("Slice", {"side.shape", "zero", "two", "zero"}, {"head2"});
  w.node("Concat", {"head2", older ? "tail2" : "tail"}, {"sizes2"}, {one("axis", 0)});
  w.node("Resize", {"side", "", "", "sizes2"}, {"side.up"},
         {word("mode", "linear"), word("coordinate_transformation_mode", "pytorch_half_pixel")});
  w.node("Sigmoid", {"side.up"}, {"d1"});
  w.initializer(parameter("out.w", {1, 8, 1, 1}, 50));
  w.node("Conv", {"sum", "out.w"}, {"out"}, {ints("kernel_shape", {1, 1})});
  w.node("Sigmoid", {"out"}, {"d0"});
  w.output("d0", {in[0], 1, in[2], in[3]});
  w.output("d1", {in[0], 1, in[2], in[3]});
  return w;
}

}  // namespace

TEST_CASE("convolutions of an ONNX file") {
  const Shape in{1, 4, 9, 11};
  const auto conv = [&](const Shape& weight, const Shape& out, std::vector<std::string> attributes) {
    attributes.push_back(ints("kernel_shape", {weight[2], weight[3]}));  // OpenCV needs it told
    same_on_both(single("Conv", in, out, {"x", "w", "b"}, attributes,
                        {parameter("w", weight, 3), parameter("b", {weight[0]}, 4)}),
                 {in});
  };
  conv({5, 4, 3, 3}, {1, 5, 9, 11}, {ints("pads", {1, 1, 1, 1})});
  conv({5, 4, 3, 3}, {1, 5, 5, 6}, {ints("pads", {1, 1, 1, 1}), ints("strides", {2, 2})});
  conv({5, 4, 3, 3}, {1, 5, 9, 11}, {ints("pads", {4, 4, 4, 4}), ints("dilations", {4, 4})});
  conv({5, 4, 1, 3}, {1, 5, 9, 9}, {});
  conv({4, 1, 3, 3}, {1, 4, 9, 11}, {ints("pads", {1, 1, 1, 1}), one("group", 4)});
  conv({5, 4, 2, 2}, {1, 5, 9, 11}, {ints("pads", {0, 0, 1, 1})});
}

TEST_CASE("a convolution of an ONNX file, by hand") {
  OnnxWriter w = single("Conv", {1, 1, 2, 2}, {1, 1, 2, 1}, {"x", "w", "b"}, {},
                        {OnnxWriter::floats("w", {1, 1, 1, 2}, {10, 1}), OnnxWriter::floats("b", {1}, {0.5F})});
  const ScratchFolder folder;
  Tensor x({1, 1, 2, 2});
  for (int i = 0; i < 4; ++i) x.data()[i] = static_cast<float>(i + 1);
  const Tensor y = open_onnx(saved(folder, w))->run({x})[0];
  REQUIRE(y.shape() == Shape{1, 1, 2, 1});
  CHECK(y.data()[0] == doctest::Approx(12.5));
  CHECK(y.data()[1] == doctest::Approx(34.5));
}

TEST_CASE("activations, sums and products of an ONNX file") {
  const Shape in{1, 3, 5, 6};
  for (const char* op : {"Relu", "Sigmoid", "LeakyRelu", "Identity"}) {
    CAPTURE(op);
    same_on_both(single(op, in, in, {"x"},
                        std::string(op) == "LeakyRelu" ? std::vector{OnnxWriter::attribute("alpha", 0.3F)}
                                                       : std::vector<std::string>{}),
                 {in});
  }
  for (const char* op : {"Add", "Mul"}) {
    CAPTURE(op);
    OnnxWriter w;
    w.input("a", in);
    w.input("b", in);
    w.node(op, {"a", "b"}, {"y"});
    w.output("y", in);
    same_on_both(w, {in, in});
  }
}

TEST_CASE("pooling of an ONNX file") {
  const auto pool = [](const Shape& in, const Shape& out, const std::vector<std::string>& attributes) {
    same_on_both(single("MaxPool", in, out, {"x"}, attributes), {in});
  };
  const std::string kernel = ints("kernel_shape", {2, 2}), step = ints("strides", {2, 2});
  pool({1, 2, 7, 8}, {1, 2, 4, 4}, {kernel, step, one("ceil_mode", 1)});
  pool({1, 2, 7, 8}, {1, 2, 3, 4}, {kernel, step, one("ceil_mode", 0)});
  pool({1, 2, 7, 8}, {1, 2, 6, 7}, {kernel});
  pool({1, 2, 7, 8}, {1, 2, 4, 4}, {ints("kernel_shape", {3, 3}), step, ints("pads", {1, 1, 1, 1})});
}

TEST_CASE("a normalisation behind something else than a convolution") {
  const Shape in{1, 3, 4, 5};
  OnnxWriter w;
  w.input("x", in);
  w.node("Relu", {"x"}, {"r"});
  for (const char* name : {"s", "b", "m"}) w.initializer(parameter(name, {3}, static_cast<unsigned>(*name)));
  w.initializer(OnnxWriter::floats("v", {3}, {0.5F, 1, 2}));
  w.node("BatchNormalization", {"r", "s", "b", "m", "v"}, {"y"});
  w.output("y", in);
  same_on_both(w, {in});
}

TEST_CASE("parameters in nodes of their own, or under a second name") {
  OnnxWriter w;
  w.input("x", {1, 2, 3, 3});
  w.constant("w", OnnxWriter::floats("", {2, 2, 1, 1}, {1, 2, 3, 4}));
  w.initializer(OnnxWriter::floats("one", {2}, {10, 20}));
  w.node("Identity", {"one"}, {"b"});
  w.node("Conv", {"x", "w", "b"}, {"y"});
  w.output("y", {1, 2, 3, 3});
  const ScratchFolder folder;
  const auto net = open_onnx(saved(folder, w));
  Tensor x({1, 2, 3, 3});
  for (int i = 0; i < 18; ++i) x.data()[i] = static_cast<float>(i);
  const Tensor y = net->run({x})[0];
  CHECK(net->facts().driver == "native");
  CHECK(y.data()[0] == doctest::Approx(0 * 1 + 9 * 2 + 10));
  CHECK(y.data()[17] == doctest::Approx(8 * 3 + 17 * 4 + 20));
}

TEST_CASE("resizing in an ONNX file") {
  const Shape in{1, 2, 5, 7};
  const auto resize = [&](const Shape& out, const std::vector<std::string>& attributes, bool by_scales) {
    const std::vector<float> scales{1, 1, static_cast<float>(out[2]) / 5, static_cast<float>(out[3]) / 7};
    OnnxWriter w =
        single("Resize", in, out,
               by_scales ? std::vector<std::string>{"x", "", "s"} : std::vector<std::string>{"x", "", "", "n"},
               attributes, {OnnxWriter::floats("s", {4}, scales), OnnxWriter::integers("n", {4}, out)});
    same_on_both(w, {in});
  };
  const std::string linear = word("mode", "linear"), key = "coordinate_transformation_mode";
  resize({1, 2, 10, 14}, {linear, word(key, "half_pixel")}, false);
  resize({1, 2, 10, 14}, {linear, word(key, "half_pixel")}, true);
  resize({1, 2, 8, 9}, {linear, word(key, "pytorch_half_pixel")}, false);
  resize({1, 2, 8, 9}, {linear, word(key, "align_corners")}, false);
  resize({1, 2, 10, 14}, {word("mode", "nearest"), word(key, "asymmetric"), word("nearest_mode", "floor")}, true);
}

TEST_CASE("a whole network of an ONNX file is the same on the engine and on OpenCV") {
  const auto outputs = same_on_both(small_u({1, 3, 21, 26}), {{1, 3, 21, 26}});
  REQUIRE(outputs.size() == 2);
  const ScratchFolder folder;  // OpenCV does not know the older way
  const auto older = open_onnx(saved(folder, small_u({1, 3, 21, 26}, true)))->run({random_tensor({1, 3, 21, 26}, 1)});
  for (size_t i = 0; i < 2; ++i) CHECK(difference(older[i], outputs[i]) < 1e-6);
}

TEST_CASE("a free size is settled by that of a usual call, and others are refused") {
  const ScratchFolder folder;
  OnnxWriter w = small_u({-1, 3, -1, -1});
  CHECK(has(reason_against(w), "Shape 'Shape_b.shape': sizes that are not known"));
  CHECK(reason_against(w, {{1, 3, 20, 24}}) == "imported");
  OpenRequest request = saved(folder, w);
  request.sample_shapes = {{1, 3, 20, 24}};
  const auto net = open_onnx(request);
  CHECK(net->facts().driver == "native");
  CHECK_THROWS_WITH_AS(net->run({random_tensor({1, 3, 20, 25}, 1)}),
                       doctest::Contains("m.onnx: the network expects ?x3x20x24; given 1x3x20x25"), ItemError);
  CHECK(net->run({random_tensor({1, 3, 20, 24}, 1)})[0].shape() == Shape{1, 1, 20, 24});
}

TEST_CASE("a usual call that the file does not take is told when it is opened") {
  const ScratchFolder folder;
  OpenRequest request = saved(folder, small_u({1, 3, 20, 24}));
  request.sample_shapes = {{4, 3, 20, 24}};  // the batch is free
  CHECK(open_onnx(request)->facts().driver == "native");
  request.sample_shapes = {{1, 3, 32, 32}};
  CHECK_THROWS_WITH_AS(open_onnx(request), doctest::Contains("takes 1x3x20x24; its card feeds 1x3x32x32"),
                       MissingError);
  request.sample_shapes = {{1, 3, 20, 24}, {1, 1, 20, 24}};
  CHECK_THROWS_AS(open_onnx(request), MissingError);
}

TEST_CASE("a network without computed sizes takes any size") {
  const ScratchFolder folder;
  OnnxWriter w;
  w.input("x", {-1, 2, -1, -1});
  w.initializer(parameter("w", {3, 2, 3, 3}, 1));
  w.node("Conv", {"x", "w"}, {"c"}, {ints("pads", {1, 1, 1, 1})});
  w.initializer(OnnxWriter::floats("s", {4}, {1, 1, 2, 2}));
  w.node("Resize", {"c", "", "s"}, {"y"}, {word("mode", "linear")});
  w.output("y", {-1, 3, -1, -1});
  const auto net = open_onnx(saved(folder, w));
  CHECK(net->run({random_tensor({1, 2, 4, 5}, 1)})[0].shape() == Shape{1, 3, 8, 10});
  CHECK(net->run({random_tensor({2, 2, 3, 3}, 1)})[0].shape() == Shape{2, 3, 6, 6});
}

TEST_CASE("several pictures at once are the same as one by one") {
  const ScratchFolder folder;
  OnnxWriter other = single("Sin", {1, 3, 8, 8}, {1, 3, 8, 8}, {"x"}, {});  // OpenCV's alone
  for (const bool own : {true, false}) {
    CAPTURE(own);
    if (!own && !has_module("onnx")) continue;
    const auto net = open_onnx(saved(folder, own ? small_u({1, 3, 8, 8}) : other));
    CHECK((net->facts().driver == "native") == own);
    const Tensor a = random_tensor({1, 3, 8, 8}, 1), b = random_tensor({1, 3, 8, 8}, 2);
    Tensor both({2, 3, 8, 8});
    std::copy_n(b.data(), b.size(), std::copy_n(a.data(), a.size(), both.data()));
    const Tensor y = net->run({both})[0], first = net->run({a})[0], second = net->run({b})[0];
    REQUIRE(y.shape()[0] == 2);
    for (int64_t i = 0; i < first.size(); ++i) {
      REQUIRE(y.data()[i] == doctest::Approx(first.data()[i]));
      REQUIRE(y.data()[first.size() + i] == doctest::Approx(second.data()[i]));
    }
  }
}

TEST_CASE("what the engine has not is told, and left to OpenCV") {
  const Shape in{1, 2, 4, 4};
  CHECK(has(reason_against(single("Sin", in, in, {"x"}, {})), "Sin 'Sin_y': not among the operators"));
  CHECK(has(reason_against(single("Conv", in, in, {"x", "w"}, {word("auto_pad", "SAME_UPPER")},
                                  {parameter("w", {2, 2, 3, 3}, 1)})),
            "auto_pad SAME_UPPER"));
  CHECK(reason_against(single("Conv", in, in, {"x", "w"}, {}, {parameter("w", {2, 3, 3, 3}, 1)})) != "imported");
  CHECK(
      has(reason_against(single("Concat", in, {1, 2, 8, 4}, {"x", "x"}, {one("axis", 2)})), "not along the channels"));
  CHECK(has(reason_against(single("Resize", in, {1, 2, 8, 8}, {"x", "", "s"}, {word("mode", "cubic")},
                                  {OnnxWriter::floats("s", {4}, {1, 1, 2, 2})})),
            "mode cubic"));
  CHECK(has(reason_against(single("Upsample", in, {1, 2, 8, 8}, {"x", "s"}, {word("mode", "linear")},
                                  {OnnxWriter::floats("s", {4}, {1, 1, 2, 2})}, 9)),
            "asymmetric"));
  CHECK(has(reason_against(single("Resize", in, {1, 2, 5, 5}, {"x", "", "s"}, {word("mode", "linear")},
                                  {OnnxWriter::floats("s", {4}, {1, 1, 1.3F, 1.3F})})),
            "not exact"));
  CHECK(has(reason_against(single("Relu", {1, 8}, {1, 8}, {"x"}, {})), "is no picture of float32"));
}

TEST_CASE("a module that is needed and absent is told with the reason") {
  const ScratchFolder folder;
  const char* given = std::getenv("INPAINT_ONNX_MODULE");
  const std::string before = given == nullptr ? "" : given;
  setenv("INPAINT_ONNX_MODULE", (folder / "absent.so").c_str(), 1);
  const OpenRequest request = saved(folder, single("Sin", {1, 2, 4, 4}, {1, 2, 4, 4}, {"x"}, {}));
  CHECK_THROWS_WITH_AS(open_onnx(request), doctest::Contains("m.onnx: needs OpenCV's dnn, because of Sin 'Sin_y'"),
                       MissingError);
  CHECK_THROWS_WITH_AS(open_onnx(request), doctest::Contains("install libopencv-dnn-dev"), MissingError);
  CHECK(open_onnx(saved(folder, small_u({1, 3, 8, 8})))->facts().driver == "native");  // needs none
  if (given == nullptr) {
    unsetenv("INPAINT_ONNX_MODULE");
  } else {
    setenv("INPAINT_ONNX_MODULE", before.c_str(), 1);
  }
}

TEST_CASE("damaged networks never crash the importer") {
  const ScratchFolder folder;
  const std::string whole = small_u({1, 3, 8, 8}).text();
  std::mt19937 random(5);
  int imported = 0, refused = 0;
  for (int round = 0; round < 1500; ++round) {
    std::string bytes = whole;
    bytes[random() % bytes.size()] ^= static_cast<char>(1 << random() % 8);
    write_file(folder / "m.onnx", bytes);
    try {
      std::string reason;
      ++(import_onnx(read_onnx(folder / "m.onnx"), {}, reason) ? imported : refused);
    } catch (const MissingError&) {
      ++refused;
    }
  }
  CHECK(imported > 100);  // most flips are in weights
  CHECK(refused > 100);
}

TEST_CASE("an ONNX file is inspected") {
  const ScratchFolder folder;
  const FileFacts facts = inspect_onnx(saved(folder, small_u({1, 3, 8, 8})).file);
  CHECK(facts.format == "ONNX opset 11");
  REQUIRE(facts.outputs.size() == 2);
  CHECK(facts.outputs[1].name == "d1");
  REQUIRE(facts.notes.size() == 4);
  CHECK(facts.notes[0] == "made by test 1");
  // 3 convolutions of 3 x 3 (3 to 8, 8 to 8, 16 to 8) with bias and 4 values per channel of normalisation, 8 x 3 x 3, 8
  CHECK(facts.notes[1] == std::to_string(9 * 8 * (3 + 8 + 16) + 3 * 5 * 8 + 72 + 8) + " parameters");
  CHECK(has(facts.notes[2], "2 Resize, 3 Shape"));
  CHECK(has(facts.notes[3], "the engine of inpaint itself"));
  if (!has_module("onnx")) return;
  const FileFacts other = inspect_onnx(saved(folder, single("NonZero", {1, 2, 3, 3}, {4, -1}, {"x"}, {})).file);
  CHECK(has(other.notes[3], "not for the engine of inpaint itself: NonZero"));
  CHECK(has(other.notes[4], "cannot run NonZero"));
}

TEST_CASE("ONNX files on a GPU or in another precision are never silently something else") {
  const ScratchFolder folder;
  OpenRequest request = saved(folder, small_u({1, 3, 8, 8}));
  request.device = {Device::Kind::cuda, 0};
  if (!has_module("onnx") || !has(module_driver("onnx").version(), "cuda"))
    CHECK_THROWS_AS(open_onnx(request), MissingError);
  request.device = {Device::Kind::cpu, 0};
  request.precision = Precision::bf16;
  CHECK_THROWS_AS(open_onnx(request), MissingError);
}
