// U-2-Net on libtorch against the engine in lib/nn/native: two implementations that share no code but the file reader.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "core/threads.h"
#include "nn/module.h"
#include "nn/native/driver.h"
#include "nn/safetensors.h"
#include "support.h"

using namespace inpaint;

namespace {

using Parameters = std::vector<std::pair<std::string, Tensor>>;

bool no_module() {
  if (has_module("torch")) return false;
  MESSAGE("skipped: this build has no torch module");
  return true;
}

Tensor waves(const std::vector<int64_t>& shape, double phase, double scale, double middle) {
  Tensor tensor(shape);
  for (int64_t i = 0; i < tensor.size(); ++i)
    tensor.data()[i] = static_cast<float>(middle + scale * std::sin(1.7 * static_cast<double>(i) + phase));
  return tensor;
}

void add_convolution(Parameters& all, const std::string& name, int64_t in, int64_t out, int64_t kernel) {
  const double phase = static_cast<double>(all.size());
  const double contrast = name.starts_with("stage") ? 2 : 100;
  const double scale = std::sqrt(contrast / static_cast<double>(in * kernel * kernel));
  all.emplace_back(name + ".weight", waves({out, in, kernel, kernel}, phase, scale, 0));
  all.emplace_back(name + ".bias", waves({out}, phase, 0.1, 0));
}

void add_layer(Parameters& all, const std::string& name, int64_t in, int64_t out) {
  add_convolution(all, name + ".conv_s1", in, out, 3);
  const double phase = static_cast<double>(all.size());
  all.emplace_back(name + ".bn_s1.weight", waves({out}, phase, 0.3, 1));
  all.emplace_back(name + ".bn_s1.bias", waves({out}, phase, 0.2, 0));
  all.emplace_back(name + ".bn_s1.running_mean", waves({out}, phase, 0.1, 0));
  all.emplace_back(name + ".bn_s1.running_var", waves({out}, phase, 0.3, 1));
}

// The published state_dict of U-2-NetP.
Parameters u2netp(int64_t planes) {
  Parameters all;
  for (const auto& [stage, height, in] : {std::tuple{"1", 7, 3},
                                          {"2", 6, 64},
                                          {"3", 5, 64},
                                          {"4", 4, 64},
                                          {"5", 4, 64},
                                          {"6", 4, 64},
                                          {"5d", 4, 128},
                                          {"4d", 4, 128},
                                          {"3d", 5, 128},
                                          {"2d", 6, 128},
                                          {"1d", 7, 128}}) {
    const std::string name = "stage" + std::string(stage) + ".rebnconv";
    add_layer(all, name + "in", in, 64);
    for (int level = 1; level <= height; ++level)
      add_layer(all, name + std::to_string(level), level == 1 ? 64 : 16, 16);
    for (int level = height - 1; level >= 1; --level)
      add_layer(all, name + std::to_string(level) + "d", 32, level == 1 ? 64 : 16);
  }
  for (int side = 1; side <= 6; ++side) add_convolution(all, "side" + std::to_string(side), 64, planes, 3);
  add_convolution(all, "outconv", 6 * planes, planes, 1);
  return all;
}

OpenRequest request_of(const std::string& file, const std::string& architecture) {
  setenv("XDG_CACHE_HOME", (file + ".cache").c_str(), 1);
  OpenRequest request;
  request.file = file;
  request.architecture = architecture;
  request.device = {Device::Kind::cpu, 0};
  request.precision = Precision::fp32;
  return request;
}

std::string refusal(const OpenRequest& request) {
  try {
    module_driver("torch").open(request);
  } catch (const MissingError& error) {
    return error.what();
  }
  return "";
}

void check_alike(const std::vector<Tensor>& a, const std::vector<Tensor>& b, const std::vector<int64_t>& shape) {
  REQUIRE(a.size() == 7);
  REQUIRE(b.size() == 7);
  for (size_t i = 0; i < 7; ++i) {
    CHECK(b[i].shape() == shape);
    double largest = 0;
    for (size_t k = 0; k < a[i].values().size(); ++k)
      largest = std::max(largest, static_cast<double>(std::abs(b[i].values()[k] - a[i].values()[k])));
    CHECK(largest < 1e-4);
    const auto [least, greatest] = std::minmax_element(b[i].values().begin(), b[i].values().end());
    CHECK(*greatest - *least > 0.02);  // the comparison is about something
  }
}

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("torch: U-2-NetP agrees with the native engine, in both layouts, at even and odd sizes") {
  if (no_module()) return;
  const test::ScratchFolder folder;
  set_threads_per_worker(1);
  const std::string file = folder / "net.safetensors";
  for (const int64_t planes : {1, 4}) {
    write_safetensors(file, u2netp(planes));
    OpenRequest request = request_of(file, "u2netp");
    const std::unique_ptr<Net> expected = native_driver().open(request);
    request.sample_shapes = {{1, 3, 32, 32}};
    module_driver("torch").open(request);  // remembers a plan, which is then replaced
    const std::string cache = file + ".cache/inpaint/torch/";
    for (const std::string layout : {"contiguous", "channels_last"}) {
      for (const std::string& name : test::files_below(cache)) test::write_file(cache + name, layout + "\nfp32\n-\n");
      const std::unique_ptr<Net> net = module_driver("torch").open(request);
      REQUIRE(net->facts().detail == layout + "; -");
      for (const std::vector<int64_t>& shape : {std::vector<int64_t>{1, 3, 64, 48}, {2, 3, 45, 71}}) {
        const Tensor x = waves(shape, 0.3, 1, 0.2);
        check_alike(expected->run({x}), net->run({x}), {shape[0], planes, shape[2], shape[3]});
      }
    }
  }
}

TEST_CASE("torch: parameters that do not fit are named") {
  if (no_module()) return;
  const test::ScratchFolder folder;
  const std::string file = folder / "net.safetensors";
  write_safetensors(file, u2netp(1));
  const std::string other = refusal(request_of(file, "u2net"));
  CHECK(contains(other, "no parameters of u2net: "));
  CHECK(contains(other, " more"));
  CHECK(contains(refusal(request_of(file, "u3net")), "knows u2net and u2netp"));

  Parameters parameters = u2netp(1);
  std::erase_if(parameters, [](const auto& entry) { return entry.first == "stage3.rebnconv2.conv_s1.bias"; });
  parameters.emplace_back("stage3.rebnconv2.extra", Tensor({1}));
  parameters.back().second.data()[0] = 0;
  write_safetensors(file, parameters);
  const std::string wrong = refusal(request_of(file, "u2netp"));
  CHECK(contains(wrong, "stage3.rebnconv2.conv_s1.bias is missing"));
  CHECK(contains(wrong, "stage3.rebnconv2.extra is not part of it"));
}
