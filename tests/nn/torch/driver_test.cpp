// What the torch module does with TorchScript files that make_scripts writes.
#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <filesystem>
#include <limits>
#include <thread>

#include "core/error.h"
#include "core/threads.h"
#include "nn/module.h"
#include "support.h"

using namespace inpaint;

namespace {

bool no_module() {
  if (has_module("torch")) return false;
  MESSAGE("skipped: this build has no torch module");
  return true;
}

// A folder with the scripts, and with a cache of its own.
class Scripts {
 public:
  Scripts() {
    const test::RunResult made = test::run_shell(INPAINT_BINARY_DIR "/make_scripts " + folder_.path().string());
    REQUIRE_MESSAGE(made.exit_code == 0, made.err);
    setenv("XDG_CACHE_HOME", (folder_ / "cache").c_str(), 1);
    set_threads_per_worker(1);
  }
  OpenRequest request(const std::string& name) const {
    OpenRequest request;
    request.file = folder_ / name;
    request.device = {Device::Kind::cpu, 0};
    return request;
  }
  std::unique_ptr<Net> open(const std::string& name) const { return module_driver("torch").open(request(name)); }
  std::string refusal(const OpenRequest& request) const {
    try {
      module_driver("torch").open(request);
    } catch (const MissingError& error) {
      return error.what();
    }
    return "";
  }
  std::string refusal(const std::string& name) const { return refusal(request(name)); }
  std::string operator/(const std::string& name) const { return folder_ / name; }

 private:
  test::ScratchFolder folder_;
};

Tensor filled(const std::vector<int64_t>& shape, const std::vector<float>& values) {
  Tensor tensor(shape);
  REQUIRE(static_cast<size_t>(tensor.size()) == values.size());
  std::copy(values.begin(), values.end(), tensor.data());
  return tensor;
}

std::vector<float> values_of(const Tensor& tensor) { return {tensor.values().begin(), tensor.values().end()}; }

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

// As in make_scripts.
std::vector<float> waves(int64_t count, double step, double scale, double middle) {
  std::vector<float> values;
  for (int64_t i = 0; i < count; ++i)
    values.push_back(static_cast<float>(std::sin(static_cast<double>(i) * step) * scale + middle));
  return values;
}

Tensor picture(int64_t batch, int64_t height, int64_t width) {
  Tensor tensor({batch, 3, height, width});
  const std::vector<float> values = waves(tensor.size(), 0.37, 0.5, 0.5);
  std::copy(values.begin(), values.end(), tensor.data());
  return tensor;
}

double normed(double value, const std::string& name, size_t plane) {
  const int64_t planes = name == "n1" ? 4 : 2;
  const double scale = waves(planes, 1.1, 0.3, 1)[plane] / std::sqrt(waves(planes, 1.9, 0.2, 1)[plane] + 1e-5);
  return (value - waves(planes, 1.7, 0.1, 0)[plane]) * scale + waves(planes, 1.3, 0.2, 0)[plane];
}

// convolutions.pt by the definitions of its operators, in double.
std::vector<double> convolutions_by_hand(const Tensor& x) {
  const int64_t batch = x.extent(0), height = x.extent(2), width = x.extent(3);
  const auto first = waves(4 * 3 * 9, 0.7, 0.2, 0), first_bias = waves(4, 0.3, 0.1, 0);
  const auto up = waves(4 * 2 * 9, 0.9, 0.3, 0), up_bias = waves(2, 0.5, 0.1, 0);
  std::vector<double> out(static_cast<size_t>(batch * 2 * 4 * height * width));
  for (int64_t b = 0; b < batch; ++b) {
    for (int64_t p = 0; p < 2; ++p) {
      for (int64_t i = 0; i < 4 * height * width; ++i)
        out[static_cast<size_t>((b * 2 + p) * 4 * height * width + i)] = up_bias[static_cast<size_t>(p)];
    }
    for (int64_t c = 0; c < 4; ++c) {
      for (int64_t i = 0; i < height * width; ++i) {
        const int64_t row = i / width, column = i % width;
        double value = first_bias[static_cast<size_t>(c)];
        for (int64_t k = 0; k < 27; ++k) {
          const int64_t y = row + k % 9 / 3 - 1, z = column + k % 3 - 1;
          if (y < 0 || z < 0 || y >= height || z >= width) continue;
          value += static_cast<double>(first[static_cast<size_t>(c * 27 + k)]) *
                   x.data()[((b * 3 + k / 9) * height + y) * width + z];
        }
        value = std::max(normed(value, "n1", static_cast<size_t>(c)), 0.0);
        for (int64_t k = 0; k < 18; ++k) {  // each value spreads its kernel over the larger picture
          const int64_t y = 2 * row - 1 + k % 9 / 3, z = 2 * column - 1 + k % 3;
          if (y < 0 || z < 0 || y >= 2 * height || z >= 2 * width) continue;
          out[static_cast<size_t>(((b * 2 + k / 9) * 2 * height + y) * 2 * width + z)] +=
              value * up[static_cast<size_t>(c * 18 + k)];
        }
      }
    }
  }
  for (size_t i = 0; i < out.size(); ++i)
    out[i] = 1 / (1 + std::exp(-normed(out[i], "n2", i / static_cast<size_t>(4 * height * width) % 2)));
  return out;
}

double largest_difference(const Tensor& tensor, const std::vector<double>& expected) {
  REQUIRE(static_cast<size_t>(tensor.size()) == expected.size());
  double largest = 0;
  for (size_t i = 0; i < expected.size(); ++i) largest = std::max(largest, std::abs(tensor.values()[i] - expected[i]));
  return largest;
}

}  // namespace

TEST_CASE("torch: tensors go in by position, outputs come out flattened") {
  if (no_module()) return;
  const Scripts scripts;
  const Tensor image = filled({1, 1, 1, 3}, {0.25f, 0.5f, 1.f}), mask = filled({1, 1, 1, 3}, {0, 1, 0});
  const std::vector<Tensor> two = scripts.open("two.pt")->run({image, mask});
  REQUIRE(two.size() == 1);
  CHECK(two[0].shape() == std::vector<int64_t>{1, 1, 1, 3});
  CHECK(values_of(two[0]) == std::vector<float>{0.25f, 0.5f, 1.f});

  const std::vector<Tensor> three = scripts.open("tuple.pt")->run({image});
  REQUIRE(three.size() == 3);
  CHECK(values_of(three[0]) == std::vector<float>{1.25f, 1.5f, 2.f});
  CHECK(values_of(three[1]) == std::vector<float>{0.5f, 1.f, 2.f});
  CHECK(values_of(three[2]) == std::vector<float>{0.75f, 1.5f, 3.f});

  const std::vector<Tensor> by_key = scripts.open("dict.pt")->run({image});
  REQUIRE(by_key.size() == 2);
  CHECK(values_of(by_key[0]) == std::vector<float>{0.5f, 1.f, 2.f});  // apple
  CHECK(values_of(by_key[1]) == values_of(image));

  CHECK(values_of(scripts.open("default.pt")->run({image})[0]) == std::vector<float>{0.75f, 1.5f, 3.f});
}

TEST_CASE("torch: input types are converted, inputs stay as they were") {
  if (no_module()) return;
  const Scripts scripts;
  const Tensor x = filled({1, 3}, {0, 0, 0}), labels = filled({1, 3}, {2.f, 3.f, 4.9999f});
  OpenRequest request = scripts.request("whole.pt");
  request.input_types = {"float32", "int64"};
  CHECK(values_of(module_driver("torch").open(request)->run({x, labels})[0]) == std::vector<float>{0, 1, 1});
  CHECK_THROWS_AS(scripts.open("whole.pt")->run({x, labels}), ItemError);  // bitwise_and of floats

  CHECK(values_of(scripts.open("in_place.pt")->run({x})[0]) == std::vector<float>{1, 1, 1});
  CHECK(values_of(x) == std::vector<float>{0, 0, 0});
}

TEST_CASE("torch: a constant on a GPU moves to the device asked for") {
  if (no_module()) return;
  const Scripts scripts;
  CHECK(values_of(scripts.open("gpu_constant.pt")->run({filled({2}, {1, 2})})[0]) == std::vector<float>{2, 3});
}

TEST_CASE("torch: NaN and infinity pass through") {
  if (no_module()) return;
  const Scripts scripts;
  const float nan = std::numeric_limits<float>::quiet_NaN(), infinity = std::numeric_limits<float>::infinity();
  const std::vector<Tensor> out = scripts.open("tuple.pt")->run({filled({3}, {nan, infinity, 1})});
  CHECK(std::isnan(out[0].data()[0]));
  CHECK(out[0].data()[1] == infinity);
  CHECK(out[0].data()[2] == 2);
}

TEST_CASE("torch: a convolutional network of any size and batch gives what its operators say") {
  if (no_module()) return;
  const Scripts scripts;
  const std::unique_ptr<Net> net = scripts.open("convolutions.pt");
  CHECK(net->facts().precision == Precision::fp32);
  CHECK(net->facts().driver.starts_with("torch "));
  for (const auto& [batch, height, width] :
       {std::array<int64_t, 3>{1, 8, 8}, {1, 5, 17}, {2, 9, 4}, {1, 1, 1}, {3, 16, 12}}) {
    const Tensor x = picture(batch, height, width);
    const std::vector<Tensor> out = net->run({x});
    CHECK(out[0].shape() == std::vector<int64_t>{batch, 2, 2 * height, 2 * width});
    CHECK(largest_difference(out[0], convolutions_by_hand(x)) < 2e-6);
  }
}

TEST_CASE("torch: what was measured is kept, and the layout changes no result") {
  if (no_module()) return;
  const Scripts scripts;
  OpenRequest request = scripts.request("convolutions.pt");
  request.precision = Precision::fp32;
  request.sample_shapes = {{1, 3, 24, 24}};
  const std::string told = module_driver("torch").open(request)->facts().detail;
  CHECK(contains(told, "measured fp32"));
  CHECK(module_driver("torch").open(request)->facts().detail == told);  // times are not measured twice

  const std::string folder = scripts / "cache/inpaint/torch/";
  const std::vector<std::string> files = test::files_below(folder);
  REQUIRE(files.size() == 1);
  for (const std::string layout : {"contiguous", "channels_last"}) {
    test::write_file(folder + files[0], layout + "\nfp32\nby hand\n");
    const std::unique_ptr<Net> net = module_driver("torch").open(request);
    CHECK(net->facts().detail == layout + "; by hand");
    const Tensor x = picture(2, 11, 6);
    CHECK(largest_difference(net->run({x})[0], convolutions_by_hand(x)) < 2e-6);
  }
}

TEST_CASE("torch: bf16 convolutions stay near fp32, or are refused") {
  if (no_module()) return;
  const Scripts scripts;
  OpenRequest request = scripts.request("convolutions.pt");
  request.precision = Precision::fp16;
  CHECK(contains(scripts.refusal(request), "GPUs only"));
  request.precision = Precision::bf16;
  request.sample_shapes = {{1, 3, 24, 24}};
  if (contains(scripts.refusal(request), "neither AMX")) {
    MESSAGE("skipped: this CPU has no bf16");
    return;
  }
  const std::unique_ptr<Net> net = module_driver("torch").open(request);
  CHECK(net->facts().precision == Precision::bf16);
  const Tensor x = picture(1, 20, 10);
  const double difference = largest_difference(net->run({x})[0], convolutions_by_hand(x));
  CHECK(difference > 1e-6);
  CHECK(difference < 1e-2);

  request.tolerance = 1e-7;
  CHECK(contains(scripts.refusal(request), "tolerance"));
  request.precision = Precision::automatic;
  CHECK(module_driver("torch").open(request)->facts().precision == Precision::fp32);
}

TEST_CASE("torch: one thread per worker means one thread, and workers do not disturb one another") {
  if (no_module()) return;
  const Scripts scripts;
  const std::unique_ptr<Net> net = scripts.open("convolutions.pt");
  const Tensor a = picture(1, 64, 64), b = picture(1, 40, 72);
  const std::vector<float> expected_a = values_of(net->run({a})[0]), expected_b = values_of(net->run({b})[0]);
  const auto tasks = [] {
    const std::filesystem::directory_iterator begin("/proc/self/task");
    return std::distance(begin, std::filesystem::directory_iterator());
  };
  long before = 0, after = -1;
  std::thread([&] {
    before = tasks();
    net->run({a});
    after = tasks();
  }).join();
  CHECK(before == after);

  bool same = true;
  const auto repeat = [&](const Tensor& x, const std::vector<float>& expected, bool& right) {
    for (int i = 0; i < 20; ++i) right = right && values_of(net->run({x})[0]) == expected;
  };
  bool other_same = true;
  std::thread other([&] { repeat(b, expected_b, other_same); });
  repeat(a, expected_a, same);
  other.join();
  CHECK(same);
  CHECK(other_same);
}

TEST_CASE("torch: wrong inputs fail that item, with what is expected, and the network stays usable") {
  if (no_module()) return;
  const Scripts scripts;
  const std::unique_ptr<Net> net = scripts.open("convolutions.pt");
  const auto complaint = [&](const std::vector<Tensor>& inputs) -> std::string {
    try {
      net->run(inputs);
    } catch (const ItemError& error) {
      return error.what();
    }
    return "";
  };
  const std::string wrong_planes = complaint({Tensor(std::vector<int64_t>{1, 1, 4, 4})});
  CHECK(contains(wrong_planes, "expected input[1, 1, 4, 4] to have 3 channels"));
  CHECK(contains(wrong_planes, "forward(x: ?x3x?x?)"));
  CHECK(contains(wrong_planes, "1x1x4x4"));
  CHECK(!contains(wrong_planes, "\n"));
  CHECK(contains(complaint({}), "takes 1 tensors"));
  CHECK(contains(complaint({picture(1, 4, 4), picture(1, 4, 4)}), "1x3x4x4, 1x3x4x4"));
  CHECK(net->run({picture(1, 4, 4)}).size() == 1);

  OpenRequest request = scripts.request("convolutions.pt");
  request.sample_shapes = {{1, 4, 8, 8}};
  CHECK(contains(scripts.refusal(request), "does not take what its card says"));
  request.sample_shapes = {{1, 3, 8, 8}, {1, 1, 8, 8}};
  CHECK(contains(scripts.refusal(request), "takes 1 tensors; its card feeds 2: correct the card's input.tensors"));
}

TEST_CASE("torch: memory that cannot be had is bad_alloc") {
  if (no_module()) return;
  const Scripts scripts;
  // A broadcast of 2^20 by 2^20 values needs 4 TiB.
  const std::unique_ptr<Net> net = scripts.open("two.pt");
  Tensor column({1 << 20, 1}), row({1, 1 << 20});
  std::memset(column.data(), 0, static_cast<size_t>(column.size()) * sizeof(float));
  std::memset(row.data(), 0, static_cast<size_t>(row.size()) * sizeof(float));
  CHECK_THROWS_AS(net->run({column, row}), std::bad_alloc);
}

TEST_CASE("torch: files without a usable forward, and absent devices") {
  if (no_module()) return;
  const Scripts scripts;
  CHECK(contains(scripts.refusal("list.pt"), "'x' of type List[Tensor]"));
  CHECK(contains(scripts.refusal("no_forward.pt"), "no method forward"));
  OpenRequest request = scripts.request("two.pt");
  request.device = {Device::Kind::cuda, 99};
  CHECK(contains(scripts.refusal(request), "--device cuda:99"));
}

TEST_CASE("torch: inspect tells inputs, outputs and parameters") {
  if (no_module()) return;
  const Scripts scripts;
  const FileFacts facts = module_driver("torch").inspect(scripts / "convolutions.pt");
  CHECK(facts.format.starts_with("TorchScript"));
  REQUIRE(facts.inputs.size() == 1);
  CHECK(facts.inputs[0].name == "x");
  CHECK(facts.inputs[0].shape == std::vector<int64_t>{-1, 3, -1, -1});
  CHECK(facts.outputs.size() == 1);
  CHECK(facts.notes == std::vector<std::string>{"198 parameters"});  // 108 + 4 + 72 + 2 + 2 (4 + 2)
  const FileFacts named = module_driver("torch").inspect(scripts / "dict.pt");
  REQUIRE(named.outputs.size() == 2);
  CHECK(named.outputs[0].name == "apple");
  CHECK(named.outputs[1].name == "zebra");
}
