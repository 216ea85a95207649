#include <fmt/format.h>

#include <filesystem>
#include <map>
#include <mutex>

#include "core/error.h"
#include "core/log.h"
#include "core/names.h"
#include "nn/batching.h"
#include "nn/models.h"
#include "nn/module.h"
#include "nn/native/driver.h"
#include "nn/onnx/onnx_net.h"
#include "nn/spread.h"

namespace inpaint {
namespace {

constexpr int most_entries = 32;  // pictures that may share a call on a GPU; fewer where memory ends

// Asking libtorch for GPUs loads it; without NVIDIA's device files there are none.
bool may_have_gpu() {
  std::error_code error;
  return std::filesystem::exists("/dev/nvidiactl", error) || std::filesystem::exists("/dev/dxg", error);
}

// Where the network will run: one device, or every GPU.
std::vector<Device> resolve(const Card& card, const Device& wanted) {
  const Device cpu = {Device::Kind::cpu, 0};
  const bool asked = wanted.kind == Device::Kind::cuda;
  if (wanted.kind == Device::Kind::cpu || (!asked && !may_have_gpu())) return {cpu};
  if (asked && !may_have_gpu())
    throw MissingError(fmt::format("--device {}: this machine has no NVIDIA device (no /dev/nvidiactl)",
                                   Codec<Device>::print(wanted)));
  if (card.driver == "onnx") return {asked ? wanted : cpu};
  if (!asked && !has_module("torch")) return {cpu};
  const auto count = static_cast<int>(module_driver("torch").gpus().size());
  if (asked && wanted.index < count) return {wanted};
  if (asked)
    throw MissingError(fmt::format("--device {}: libtorch sees {}", Codec<Device>::print(wanted),
                                   count == 0 ? "no GPU" : fmt::format("{} GPU(s), counted from 0", count)));
  std::vector<Device> gpus;
  for (int i = 0; i < count; ++i) gpus.push_back({Device::Kind::cuda, i});
  return gpus.empty() ? std::vector{cpu} : gpus;
}

std::unique_ptr<Net> open_file(const Card& card, const OpenRequest& request) {
  if (card.driver == "onnx") return open_onnx(request);
  if (card.driver == "safetensors" && request.device.kind == Device::Kind::cpu &&
      (request.precision == Precision::automatic || request.precision == Precision::fp32))
    return native_driver().open(request);
  return module_driver("torch").open(request);
}

std::string shapes_text(const std::vector<std::vector<int64_t>>& shapes) {
  std::string text;
  for (const std::vector<int64_t>& shape : shapes) text += fmt::format("{};", fmt::join(shape, "x"));
  return text;
}

std::string told(const Card& card, const NetFacts& facts) {
  return fmt::format("{}: {} on {}, {}{}{}", card.name, facts.driver, Codec<Device>::print(facts.device),
                     Codec<Precision>::print(facts.precision), facts.detail.empty() ? "" : "; ", facts.detail);
}

}  // namespace

std::shared_ptr<const Net> open_net(const Card& card, const std::string& role, const Device& device,
                                    Precision precision, const std::vector<std::vector<int64_t>>& sample_shapes) {
  static std::mutex mutex;
  static std::map<std::string, std::weak_ptr<const Net>> opened;
  OpenRequest request;
  request.file = verified_file(card, role);
  request.architecture = card.architecture;
  request.input_types = card.input.types;
  request.precision = precision;
  request.sample_shapes = sample_shapes;
  request.tolerance = card.tolerance;
  // Two cards may tell different things of one file.
  const std::string key = fmt::format("{}\n{}\n{}\n{}\n{}\n{}\n{}", request.file, card.architecture,
                                      Codec<Device>::print(device), Codec<Precision>::print(precision),
                                      join(request.input_types, ","), request.tolerance, shapes_text(sample_shapes));
  const std::lock_guard lock(mutex);
  if (std::shared_ptr<const Net> there = opened[key].lock()) return there;
  std::vector<std::shared_ptr<const Net>> nets;
  for (const Device& one : resolve(card, device)) {
    request.device = one;
    std::shared_ptr<const Net> net = open_file(card, request);
    const bool gpu = one.kind == Device::Kind::cuda;
    nets.push_back(gpu ? std::make_shared<BatchingNet>(card.name, std::move(net), most_entries) : std::move(net));
  }
  std::shared_ptr<const Net> net =
      nets.size() == 1 ? std::move(nets.front()) : std::make_shared<SpreadNet>(std::move(nets));
  log(LogLevel::detail, told(card, net->facts()));
  opened[key] = net;
  return net;
}

bool runs_on_torch(const Card& card, const Device& device, Precision precision) {
  if (card.driver == "torchscript") return true;
  if (card.driver != "safetensors") return false;
  const bool reduced = precision == Precision::bf16 || precision == Precision::fp16;
  return reduced || device.kind == Device::Kind::cuda ||
         (device.kind == Device::Kind::automatic && may_have_gpu() && has_module("torch"));
}

}  // namespace inpaint
