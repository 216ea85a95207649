#include "nn/native/u2net.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/threads.h"
#include "naive.h"
#include "nn/native/driver.h"
#include "support.h"

using namespace inpaint;
using namespace inpaint::test;

namespace {

using Named = std::vector<std::pair<std::string, std::vector<int64_t>>>;

void add_conv(Named& all, const std::string& name, int64_t inputs, int64_t outputs, int64_t kernel) {
  all.push_back({name + ".weight", {outputs, inputs, kernel, kernel}});
  all.push_back({name + ".bias", {outputs}});
}

void add_rectified(Named& all, const std::string& name, int64_t inputs, int64_t outputs) {
  add_conv(all, name + ".conv_s1", inputs, outputs, 3);
  for (const char* what : {"weight", "bias", "running_mean", "running_var"}) {
    all.push_back({name + ".bn_s1." + what, {outputs}});
  }
}

// The published state_dict as a table: stage, levels of its U, channels that come in, within, that go out.
Named parameters(bool small, int64_t planes) {
  struct Row {
    const char* stage;
    int levels;
    int64_t in, inner, out;
  };
  const std::vector<Row> full_rows{
      {"stage1", 7, 3, 32, 64},       {"stage2", 6, 64, 32, 128},     {"stage3", 5, 128, 64, 256},
      {"stage4", 4, 256, 128, 512},   {"stage5", 4, 512, 256, 512},   {"stage6", 4, 512, 256, 512},
      {"stage5d", 4, 1024, 256, 512}, {"stage4d", 4, 1024, 128, 256}, {"stage3d", 5, 512, 64, 128},
      {"stage2d", 6, 256, 32, 64},    {"stage1d", 7, 128, 16, 64}};
  Named all;
  for (Row row : full_rows) {
    if (small) row = {row.stage, row.levels, row.in == 3 ? 3 : row.stage[6] == 'd' ? 128 : 64, 16, 64};
    const std::string name = std::string(row.stage) + ".rebnconv";
    add_rectified(all, name + "in", row.in, row.out);
    for (int k = 1; k <= row.levels; ++k)
      add_rectified(all, name + std::to_string(k), k == 1 ? row.out : row.inner, row.inner);
    for (int k = row.levels - 1; k > 0; --k) {
      add_rectified(all, name + std::to_string(k) + "d", 2 * row.inner, k == 1 ? row.out : row.inner);
    }
  }
  const std::vector<int64_t> sides =
      small ? std::vector<int64_t>(6, 64) : std::vector<int64_t>{64, 64, 128, 256, 512, 512};
  for (size_t k = 0; k < 6; ++k) add_conv(all, "side" + std::to_string(k + 1), sides[k], planes, 3);
  add_conv(all, "outconv", 6 * planes, planes, 1);
  return all;
}

uint64_t seed_of(const std::string& name) {
  uint64_t value = 0xcbf29ce484222325u;
  for (const char byte : name) value = (value ^ static_cast<unsigned char>(byte)) * 0x100000001b3u;
  return value;
}

bool ends(const std::string& text, const char* with) { return text.ends_with(with); }

// As fill in tests/bench/networks/hashed.py.
Tensor hashed_parameter(const std::string& name, const std::vector<int64_t>& shape) {
  Tensor tensor = hashed_tensor(shape, seed_of(name));
  const bool contrast = name == "outconv.weight" || name == "side1.weight";
  for (int64_t i = 0; i < tensor.size(); ++i) {
    float& h = tensor.data()[i];
    if (shape.size() == 4) {
      h *= static_cast<float>(std::sqrt(3.0 / static_cast<double>(shape[1] * shape[2] * shape[3])));
      if (contrast) h *= 4;
    } else if (ends(name, "running_var")) {
      h = 1 + h / 2;
    } else {
      h = ends(name, "bn_s1.weight") ? 1 + h / 4 : h / 10;
    }
  }
  return tensor;
}

std::vector<std::pair<std::string, Tensor>> hashed_parameters(int64_t planes = 1) {
  std::vector<std::pair<std::string, Tensor>> all;
  for (const auto& [name, shape] : parameters(true, planes)) all.emplace_back(name, hashed_parameter(name, shape));
  return all;
}

std::string refusal(const std::string& file, const std::string& architecture, OpenRequest request = {}) {
  request.file = file;
  request.architecture = architecture;
  try {
    native_driver().open(request);
  } catch (const MissingError& error) {
    return error.what();
  }
  return "";
}

bool has(const std::string& text, const std::string& part) {
  CAPTURE(text);
  CHECK(text.find(part) != std::string::npos);
  return true;
}

}  // namespace

TEST_CASE("U^2-NetP gives what Python gives with the same weights") {
  const ScratchFolder folder;
  const std::string file = folder / "u2netp.safetensors";
  write_safetensors(file, hashed_parameters());
  const Tensor input = hashed_tensor({1, 3, 64, 48}, 7);
  // Printed by tests/bench/networks/native_expected.py.
  const std::vector<float> d0{0.6922384f, 0.9521524f, 0.7109599f, 0.8680046f, 0.5816321f, 0.687457f,  0.6139882f,
                              0.6517531f, 0.9476245f, 0.9364356f, 0.7412698f, 0.532015f,  0.7019824f, 0.7037392f,
                              0.6874423f, 0.6455864f, 0.7252935f, 0.6209263f, 0.8278339f, 0.7382529f, 0.9372066f,
                              0.8019105f, 0.7580602f, 0.5408985f, 0.7034052f, 0.4627822f, 0.9457501f, 0.7851354f,
                              0.8671116f, 0.3530072f, 0.8305084f, 0.5244129f, 0.7953348f, 0.9165056f, 0.8377497f,
                              0.812245f,  0.4729428f, 0.6611977f, 0.8260607f, 0.8234963f, 0.6445758f, 0.4290633f,
                              0.4106243f, 0.216105f,  0.596502f,  0.3962932f, 0.1673312f, 0.1270885f};
  const std::vector<float> others{0.6758929f, 0.3743269f, 0.4311001f, 0.4962311f, 0.5757673f, 0.4999946f};
  for (native::EngineOptions options : every_engine()) {
    if (options.algorithm == native::Algorithm::winograd) options.algorithm = native::Algorithm::automatic;
    const auto net = native::compile(native::u2net_graph(Safetensors(file), "u2netp"), options);
    const std::vector<Tensor> out = net->run({input});
    REQUIRE(out.size() == 7);
    for (const Tensor& each : out) CHECK(each.shape() == std::vector<int64_t>{1, 1, 64, 48});
    for (int i = 0; i < 48; ++i) {
      CAPTURE(i);
      CHECK(std::abs(at(out[0], 0, 0, 4 + i / 6 * 8, 3 + i % 6 * 8) - d0[static_cast<size_t>(i)]) < 2e-5);
    }
    for (size_t i = 0; i < 6; ++i) CHECK(std::abs(at(out[i + 1], 0, 0, 21, 17) - others[i]) < 2e-5);
  }
}

TEST_CASE("U^2-NetP takes batches, odd sizes and several planes") {
  const ScratchFolder folder;
  const std::string file = folder / "x.safetensors";
  write_safetensors(file, hashed_parameters(4));
  const auto net = native_driver().open({.file = file, .architecture = "u2netp"});
  const Tensor both = hashed_tensor({2, 3, 45, 61}, 5);
  const Tensor out = net->run({both}).at(0);
  CHECK(out.shape() == std::vector<int64_t>{2, 4, 45, 61});
  for (int picture = 0; picture < 2; ++picture) {
    Tensor one({1, 3, 45, 61});
    std::copy_n(both.data() + picture * one.size(), one.size(), one.data());
    const Tensor alone = net->run({one}).at(0);
    Tensor part(alone.shape());
    std::copy_n(out.data() + picture * part.size(), part.size(), part.data());
    // Each picture alone may be computed by another algorithm.
    CHECK(difference(part, alone) < 2e-5);
  }
}

TEST_CASE("U^2-Net has the parameters and widths that were published") {
  const ScratchFolder folder;
  const std::string file = folder / "u2net.safetensors";
  nlohmann::json header;
  int64_t at = 0;
  for (const auto& [name, shape] : parameters(false, 1)) {
    int64_t bytes = 4;
    for (const int64_t extent : shape) bytes *= extent;
    header[name] = {{"dtype", "F32"}, {"shape", shape}, {"data_offsets", {at, at + bytes}}};
    at += bytes;
  }
  CHECK(at / 4 > 44'000'000);
  std::string text = header.dump();
  text.resize((text.size() + 7) / 8 * 8, ' ');
  std::string prefix;
  for (int i = 0; i < 8; ++i) prefix += static_cast<char>(text.size() >> 8 * i & 255);
  write_file(file, prefix + text);
  std::filesystem::resize_file(file, 8 + text.size() + static_cast<uintmax_t>(at));
  const auto net = native_driver().open({.file = file, .architecture = "u2net"});
  for (const Tensor& each : net->run({hashed_tensor({1, 3, 33, 32}, 1)})) {
    for (const float value : each.values()) REQUIRE(value == 0.5f);  // all parameters are 0
  }
}

TEST_CASE("parameters that do not fit are named, and what the file looks like") {
  const ScratchFolder folder;
  const std::string file = folder / "x.safetensors";
  auto all = hashed_parameters();
  write_safetensors(file, all);
  const std::string other = refusal(file, "u2net");
  has(other, "does not fit u2net (its parameters look like u2netp)");
  has(other, "stage1.rebnconv1.conv_s1.weight is 16x64x3x3, expected 32x64x3x3");
  has(other, " more");
  has(refusal(file, "resnet"), "'resnet', expected u2net, u2netp or pconv; the file looks like u2netp");
  has(refusal(file, "u2netp", {.precision = Precision::bf16}), "torch module");
  has(refusal(file, "u2netp", {.device = {Device::Kind::cuda, 0}}), "torch module");
  has(refusal(folder / "absent", "u2netp"), "absent: cannot be read");
  all.pop_back();
  write_safetensors(file, all);
  has(refusal(file, "u2netp"), "outconv.bias is missing");
  write_safetensors(file, {{"a", Tensor({1})}});
  has(refusal(file, "u2netp"), "it is no U^2-Net");
}

TEST_CASE("a safetensors file says what is in it") {
  const ScratchFolder folder;
  const std::string file = folder / "x.safetensors";
  write_safetensors(file, hashed_parameters(), {{"licence", "Apache-2.0"}});
  const FileFacts facts = native_driver().inspect(file);
  CHECK(facts.format == "safetensors");
  REQUIRE(facts.outputs.size() == 7);
  CHECK(facts.outputs[0].shape == std::vector<int64_t>{-1, 1, -1, -1});
  CHECK(facts.inputs.at(0).shape == std::vector<int64_t>{-1, 3, -1, -1});
  // The paper's 1.13 million: 1 131 181 to be learnt, and a mean and a variance for each of 2 816 normalised channels.
  has(facts.notes.at(0), "values");
  CHECK(std::find(facts.notes.begin(), facts.notes.end(), "licence: Apache-2.0") != facts.notes.end());
  CHECK(std::find(facts.notes.begin(), facts.notes.end(), "architecture: u2netp") != facts.notes.end());
}

TEST_CASE("the driver says what it is") {
  has(native_driver().version(), "native (cpu: ");
  const ScratchFolder folder;
  write_safetensors(folder / "x", hashed_parameters());
  const NetFacts facts = native_driver().open({.file = folder / "x", .architecture = "u2netp"})->facts();
  CHECK(facts.driver == "native");
  CHECK(facts.device.kind == Device::Kind::cpu);
  CHECK(facts.precision == Precision::fp32);
}
