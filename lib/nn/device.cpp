#include "nn/device.h"

#include <utility>

namespace inpaint {
namespace {

constexpr std::pair<const char*, Precision> precisions[] = {
    {"auto", Precision::automatic}, {"fp32", Precision::fp32}, {"bf16", Precision::bf16}, {"fp16", Precision::fp16}};

}  // namespace

Device Codec<Device>::parse(const std::string& text) {
  if (text == "auto") return {};
  if (text == "cpu") return {Device::Kind::cpu, 0};
  if (text == "cuda") return {Device::Kind::cuda, 0};
  const char* expected = "auto, cpu, cuda or cuda:N";
  if (!text.starts_with("cuda:")) throw BadValue(expected);
  try {
    const int index = Codec<int>::parse(text.substr(5));
    if (index < 0) throw BadValue(expected);
    return {Device::Kind::cuda, index};
  } catch (const BadValue&) {
    throw BadValue(expected);
  }
}

std::string Codec<Device>::print(const Device& device) {
  switch (device.kind) {
    case Device::Kind::automatic: return "auto";
    case Device::Kind::cpu: return "cpu";
    case Device::Kind::cuda: return "cuda:" + std::to_string(device.index);
  }
  return "";
}

Precision Codec<Precision>::parse(const std::string& text) {
  for (const auto& [name, precision] : precisions) {
    if (text == name) return precision;
  }
  throw BadValue("auto, fp32, bf16 or fp16");
}

std::string Codec<Precision>::print(const Precision& wanted) {
  for (const auto& [name, precision] : precisions) {
    if (wanted == precision) return name;
  }
  return "";
}

}  // namespace inpaint
