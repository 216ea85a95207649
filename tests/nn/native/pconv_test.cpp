#include "nn/native/pconv.h"

#include <doctest/doctest.h>

#include "core/error.h"
#include "nn/module.h"
#include "nn/native/driver.h"
#include "nn/native/pull_push.h"
#include "pconv_naive.h"
#include "support.h"

using namespace inpaint;
using namespace inpaint::native;
using namespace inpaint::test;

namespace {

struct Architecture {
  std::vector<int64_t> widths, kernels;
  bool norms = true, biases = false;
  int levels() const { return static_cast<int>(widths.size()); }
};

// Weights of a size that keeps the features' size; norms and biases that change much.
void add_layer(NamedTensors& all, const std::string& name, std::vector<int64_t> shape, bool norm, bool bias) {
  const uint64_t seed = all.size() + 1;
  Tensor weight = hashed_tensor(shape, seed);
  const double gain = std::sqrt(6.0 / static_cast<double>(shape[1] * shape[2] * shape[3]));
  for (int64_t i = 0; i < weight.size(); ++i) weight.data()[i] *= static_cast<float>(gain);
  all.emplace_back(name + ".conv.weight", weight);
  if (bias) all.emplace_back(name + ".conv.bias", hashed_tensor({shape[0]}, seed + 100));
  if (!norm) return;
  Tensor gamma = hashed_tensor({shape[0]}, seed + 200), variance = hashed_tensor({shape[0]}, seed + 300);
  for (int64_t i = 0; i < shape[0]; ++i) gamma.data()[i] = 1 + gamma.data()[i] / 2;
  for (int64_t i = 0; i < shape[0]; ++i) variance.data()[i] = 1 + variance.data()[i] / 2;
  all.emplace_back(name + ".bn.weight", gamma);
  all.emplace_back(name + ".bn.bias", hashed_tensor({shape[0]}, seed + 400));
  all.emplace_back(name + ".bn.running_mean", hashed_tensor({shape[0]}, seed + 500));
  all.emplace_back(name + ".bn.running_var", variance);
}

// `inputs`: 3; with the base pull-push 7, with patch 13.
NamedTensors parameters(const Architecture& what, int64_t inputs = 3) {
  NamedTensors all;
  const auto width = [&](int level) { return level == 0 ? inputs : what.widths[static_cast<size_t>(level) - 1]; };
  for (int n = 1; n <= what.levels(); ++n) {
    const int64_t kernel = what.kernels[static_cast<size_t>(n) - 1];
    add_layer(all, "enc" + std::to_string(n), {width(n), width(n - 1), kernel, kernel}, what.norms && n > 1,
              what.biases);
  }
  for (int n = what.levels(); n > 0; --n) {
    add_layer(all, "dec" + std::to_string(n), {n > 1 ? width(n - 1) : 3, width(n) + width(n - 1), 3, 3},
              what.norms && n > 1, what.biases || n == 1);
  }
  return all;
}

Tensor picture(int64_t count, int64_t height, int64_t width) {
  Tensor made = hashed_tensor({count, 3, height, width}, 77);
  for (int64_t i = 0; i < made.size(); ++i) made.data()[i] = made.data()[i] / 2 + 0.5f;
  return made;
}

// Picture 0 with scattered holes and a block at a border, picture 1 known but for an inner block, picture 2 only one
// pixel known, picture 3 all hole, picture 4 all known.
Tensor holes(int64_t height, int64_t width) {
  Tensor known({5, 1, height, width});
  each(known, [&](int64_t n, int64_t, int64_t y, int64_t x) {
    const bool scattered = hashed(9, static_cast<uint64_t>(y * width + x)) < 0.3f,
               border = y < height / 2 && x > width / 2;
    const bool inner = y > height / 4 && y < 3 * height / 4 && x > width / 4 && x < 3 * width / 4;
    const bool hole[5] = {scattered || border, inner, y != 1 || x != 2, true, false};
    at(known, n, 0, y, x) = hole[n] ? 0.0f : 1.0f;
  });
  return known;
}

std::string saved(const ScratchFolder& folder, const NamedTensors& tensors, const std::string& base = "none") {
  const std::string file = folder / "pconv.safetensors";
  write_safetensors(file, tensors, {{"architecture", "pconv"}, {"base", base}});
  return file;
}

void check_equal(const Architecture& what, int64_t height, int64_t width) {
  CAPTURE(height);
  CAPTURE(width);
  CAPTURE(what.levels());
  const ScratchFolder folder;
  const NamedTensors all = parameters(what);
  const std::string file = saved(folder, all);
  const Tensor in = picture(5, height, width), known = holes(height, width);
  const Tensor expected = NaivePConv(all, what.levels()).run(in, known);
  const double largest = largest_of(expected);
  for (const EngineOptions& options : every_engine()) {
    const bool winograd = options.algorithm == Algorithm::winograd;
    CAPTURE(static_cast<int>(options.instructions));
    CAPTURE(winograd);
    const std::vector<Tensor> out = open_pconv(Safetensors(file), options)->run({in, known});
    REQUIRE(out.size() == 1);
    CHECK(difference(out[0], expected) < (winograd ? 3e-5 : 1e-5) * largest);
  }
}

std::string refusal(const NamedTensors& tensors, const std::string& base = "none") {
  const ScratchFolder folder;
  try {
    pconv_facts(Safetensors(saved(folder, tensors, base)));
  } catch (const MissingError& error) {
    return error.what();
  }
  return "";
}

void has(const std::string& text, const std::string& part) {
  CAPTURE(text);
  CHECK(text.find(part) != std::string::npos);
}

NamedTensors without(NamedTensors all, const std::string& name) {
  std::erase_if(all, [&](const auto& entry) { return entry.first == name; });
  return all;
}

}  // namespace

TEST_CASE("partial convolutions equal the formula with a mask per channel") {
  check_equal({{16, 32}, {7, 5}}, 16, 24);
  check_equal({{16, 32, 32}, {7, 5, 3}}, 32, 16);
  check_equal({{32, 48}, {5, 3}, true, true}, 20, 44);
  check_equal({{16, 16, 16, 16}, {3, 3, 3, 3}, false, true}, 16, 32);
}

TEST_CASE("partial convolutions of widths that fill no block, and of a single level") {
  check_equal({{12, 20}, {5, 3}}, 16, 12);
  check_equal({{4, 6, 5}, {7, 3, 3}}, 24, 16);
  check_equal({{16, 24}, {3, 3}}, 12, 20);
  check_equal({{16}, {7}, false, true}, 6, 10);
}

TEST_CASE("the deepest maps of a partial-convolution net may be a single pixel") {
  check_equal({{16, 32, 32, 32}, {7, 5, 3, 3}}, 16, 16);
}

TEST_CASE("what lies in the hole does not count, and soft masks are rounded") {
  const ScratchFolder folder;
  const std::string file = saved(folder, parameters({{16, 32}, {5, 3}}, 7), "pull-push");
  const auto net = open_pconv(Safetensors(file));
  const Tensor known = holes(16, 16);
  Tensor in = picture(5, 16, 16), soft({5, 1, 16, 16});
  for (int64_t i = 0; i < soft.size(); ++i) soft.data()[i] = known.data()[i] > 0 ? 0.5f : 0.49f;
  const Tensor first = net->run({in, known}).at(0);
  CHECK(difference(first, net->run({in, soft}).at(0)) == 0);
  Tensor other(in.shape());
  each(in, [&](int64_t n, int64_t c, int64_t y, int64_t x) {
    const bool inside = at(known, n, 0, y, x) > 0;
    at(other, n, c, y, x) = inside ? at(in, n, c, y, x) : std::numeric_limits<float>::quiet_NaN();
  });
  CHECK(difference(first, net->run({other, known}).at(0)) == 0);
}

void check_base(const std::string& name, int64_t planes) {
  const ScratchFolder folder;
  const Architecture what{{16, 32, 32}, {5, 3, 3}};
  const NamedTensors all = parameters(what, planes);
  const std::string file = saved(folder, all, name);
  const Tensor in = picture(5, 24, 32), known = holes(24, 32), patches = hashed_tensor({5, 6, 24, 32}, 123);
  const PullPush base = pull_push(in, known, what.levels());
  Masked fed{Tensor({5, planes, 24, 32}), Tensor({5, planes, 24, 32})};
  Tensor expected(in.shape());
  each(in, [&](int64_t n, int64_t c, int64_t y, int64_t x) {
    const float mean = base.mean.data()[n * 3 + c], inside = at(known, n, 0, y, x);
    at(fed.values, n, c, y, x) = (at(in, n, c, y, x) - mean) * 4 * inside;
    at(fed.mask, n, c, y, x) = inside;
    at(fed.values, n, c + 3, y, x) = (at(base.filled, n, c, y, x) - mean) * 4;
    at(fed.mask, n, c + 3, y, x) = 1;
    at(fed.values, n, 6, y, x) = inside;
    at(fed.mask, n, 6, y, x) = 1;
    if (planes == 7) return;
    for (const int64_t first : {0, 3}) {
      at(fed.values, n, c + 7 + first, y, x) = (at(patches, n, c + first, y, x) - mean) * 4;
      at(fed.mask, n, c + 7 + first, y, x) = 1;
    }
  });
  const Tensor net = NaivePConv(all, what.levels()).run(fed);
  each(in, [&](int64_t n, int64_t c, int64_t y, int64_t x) {
    const float smooth = at(base.filled, n, c, y, x);
    const float patch = planes == 7 ? 2 * smooth : at(patches, n, c, y, x) + at(patches, n, c + 3, y, x);
    const float added = at(known, n, 0, y, x) > 0 ? 0.0f : at(net, n, c, y, x) / 4;
    at(expected, n, c, y, x) = (smooth + patch) / 3 + added;
  });
  const auto direct = open_pconv(Safetensors(file), {.algorithm = Algorithm::direct});
  std::vector<Tensor> inputs{in, known};
  if (planes > 7) inputs.push_back(patches);
  CHECK(difference(direct->run(inputs).at(0), expected) < 1e-5 * largest_of(net));
}

TEST_CASE("on a base the network reads differences to the mean and the fills, and adds to the mean of the fills") {
  SUBCASE("pull-push") { check_base("pull-push", 7); }
  SUBCASE("patch") { check_base("patch", 13); }
}

TEST_CASE("a last 1 x 1 convolution with a sigmoid, as the port to Keras has it") {
  const ScratchFolder folder;
  const Architecture what{{16, 32}, {5, 3}};
  NamedTensors all = parameters(what);
  const Tensor known = holes(16, 20), in = picture(5, 16, 20);
  const Tensor before = NaivePConv(all, what.levels()).run(in, known);
  const Tensor weight = hashed_tensor({3, 3, 1, 1}, 1), bias = hashed_tensor({3}, 2);
  Tensor leaky(before.shape());
  for (int64_t i = 0; i < leaky.size(); ++i) {
    leaky.data()[i] = activated(before.data()[i], {Activation::Kind::leaky_relu, 0.2f});
  }
  const Tensor expected = naive_conv(leaky, weight, bias, {.activation = {Activation::Kind::sigmoid}});
  all.emplace_back("out.conv.weight", weight);
  all.emplace_back("out.conv.bias", bias);
  CHECK(difference(open_pconv(Safetensors(saved(folder, all)))->run({in, known}).at(0), expected) < 1e-5);
  has(refusal(all, "pull-push"), "out.conv.weight: expected none on the base pull-push");
  all.pop_back();
  all.emplace_back("out.conv.bias", Tensor({4}));
  has(refusal(all), "out.conv.bias is 4, expected 3");
}

TEST_CASE("the torch module makes the same of a partial-convolution net") {
  if (!has_module("torch")) {
    MESSAGE("skipped: no torch module");
    return;
  }
  const ScratchFolder folder;
  NamedTensors all = parameters({{16, 32, 32}, {7, 5, 3}});
  const Tensor in = picture(5, 24, 32), known = holes(24, 32);
  Tensor masked(in.shape());
  each(in, [&](int64_t n, int64_t c, int64_t y, int64_t x) {
    at(masked, n, c, y, x) = at(in, n, c, y, x) * at(known, n, 0, y, x);
  });
  std::vector<Tensor> inputs{masked, known};
  const auto compare = [&](const std::string& base = "none") {
    const OpenRequest request{.file = saved(folder, all, base), .architecture = "pconv", .precision = Precision::fp32};
    const Tensor ours = native_driver().open(request)->run(inputs).at(0);
    const Tensor theirs = module_driver("torch").open(request)->run(inputs).at(0);
    CHECK(difference(ours, theirs) < 1e-4 * largest_of(ours));  // Winograd's rounding on one side
  };
  compare();
  all.emplace_back("out.conv.weight", hashed_tensor({3, 3, 1, 1}, 1));
  compare();
  all = parameters({{16, 32, 32}, {7, 5, 3}}, 7);
  compare("pull-push");
  all = parameters({{16, 32, 32}, {7, 5, 3}}, 13);
  inputs.push_back(hashed_tensor({5, 6, 24, 32}, 123));
  compare("patch");
}

TEST_CASE("the driver opens partial-convolution nets, and says what a file holds") {
  const ScratchFolder folder;
  const std::string file = saved(folder, parameters({{16, 32}, {5, 3}}, 7), "pull-push");
  const auto net = native_driver().open({.file = file, .architecture = "pconv"});
  CHECK(net->run({picture(5, 16, 16), holes(16, 16)}).at(0).shape() == std::vector<int64_t>{5, 3, 16, 16});
  const FileFacts facts = native_driver().inspect(file);
  REQUIRE(facts.inputs.size() == 2);
  CHECK(facts.inputs[0].name == "known-image");
  CHECK(facts.inputs[1].shape == std::vector<int64_t>{-1, 1, -1, -1});
  CHECK(std::count(facts.notes.begin(), facts.notes.end(), "2 levels, base pull-push") == 1);
  try {
    native_driver().open({.file = file, .architecture = "u2net"});
    FAIL("opened");
  } catch (const MissingError& error) {
    has(error.what(), "does not fit u2net");
  }
}

TEST_CASE("nets refuse pictures that do not fit as items") {
  const ScratchFolder folder;
  const auto net = open_pconv(Safetensors(saved(folder, parameters({{16, 32}, {5, 3}}))));
  const auto error = [&](const std::vector<Tensor>& inputs) -> std::string {
    try {
      net->run(inputs);
    } catch (const ItemError& refused) {
      return refused.what();
    }
    return "";
  };
  has(error({picture(1, 16, 16)}), "takes 2 tensors");
  const auto reader = open_pconv(Safetensors(saved(folder, parameters({{16, 32}, {5, 3}}, 13), "patch")));
  CHECK_THROWS_WITH_AS(reader->run({picture(5, 16, 16), holes(16, 16)}), doctest::Contains("takes 3 tensors"),
                       ItemError);
  CHECK_THROWS_WITH_AS(reader->run({picture(5, 16, 16), holes(16, 16), picture(1, 16, 16)}),
                       doctest::Contains("filled pictures of 5x6x16x16, got 1x3x16x16"), ItemError);
  has(error({picture(1, 16, 16), picture(1, 16, 16)}), "got 1x3x16x16 and 1x3x16x16");
  has(error({picture(1, 16, 18), holes(16, 18)}), "expected batch x 3");
  has(error({picture(5, 16, 18), holes(16, 18)}), "multiples of 4, got 5x3x16x18");
}

TEST_CASE("parameters of a partial-convolution net that do not fit are named") {
  const NamedTensors all = parameters({{16, 32}, {5, 3}});
  CHECK(refusal(all).empty());
  has(refusal(without(all, "dec2.conv.weight")), "does not fit pconv: dec2.conv.weight is missing");
  has(refusal(without(all, "enc2.bn.running_mean")), "enc2.bn.running_mean is missing");
  has(refusal(all, "telea"), "its base is 'telea', expected none, pull-push or patch");
  NamedTensors other = without(all, "dec1.conv.weight");
  other.emplace_back("dec1.conv.weight", Tensor({3, 18, 3, 3}));
  has(refusal(other), "dec1.conv.weight is 3x18x3x3, expected 19 inputs");
  other = without(all, "enc1.conv.weight");
  other.emplace_back("enc1.conv.weight", Tensor({16, 3, 4, 4}));
  has(refusal(other), "enc1.conv.weight is 16x3x4x4, expected outputs x inputs x k x k with an odd k");
  other = without(all, "enc2.bn.bias");
  other.emplace_back("enc2.bn.bias", Tensor({3}));
  has(refusal(other), "enc2.bn.bias is 3, expected 32");
}
