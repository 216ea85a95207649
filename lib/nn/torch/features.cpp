#include "nn/torch/features_private.h"

#include <ATen/ATen.h>

#include <cmath>
#include <numbers>

#include "core/error.h"
#include "nn/safetensors.h"
#include "nn/torch/tensors_private.h"

namespace inpaint::torch_module {
namespace {

// The convolutions up to conv3_3 by their places in torchvision's list; pools stand before 5 and 10, and at the end.
constexpr int vgg_places[] = {0, 2, 5, 7, 10, 12, 14};

at::Tensor three(std::initializer_list<double> values, const at::Device& device) {
  return at::tensor(std::vector<double>(values), at::kFloat).to(device).view({1, 3, 1, 1});
}

// 8 × 1 × 3 × 3, orthonormal.
at::Tensor cosine_filters(const at::Device& device) {
  const at::Tensor filters = at::empty({8, 1, 3, 3});
  float* to = filters.data_ptr<float>();
  const auto wave = [](int frequency, int at) {
    return std::cos(std::numbers::pi * frequency * (2 * at + 1) / 6) * std::sqrt((frequency == 0 ? 1.0 : 2.0) / 3);
  };
  for (int i = 1; i < 9; ++i) {
    for (int pixel = 0; pixel < 9; ++pixel) *to++ = static_cast<float>(wave(i / 3, pixel / 3) * wave(i % 3, pixel % 3));
  }
  return filters.to(device);
}

}  // namespace

VggFeatures::VggFeatures(const std::string& path, const at::Device& device)
    : mean_(three({.485, .456, .406}, device)), deviation_(three({.229, .224, .225}, device)) {
  const Safetensors file(path);
  int64_t channels = 3;
  for (const int place : vgg_places) {
    const std::string name = "features." + std::to_string(place);
    const std::vector<int64_t> shape = file.shape(name + ".weight");
    if (shape.size() != 4 || shape[1] != channels || shape[2] != 3)
      throw MissingError(path + ": " + name + ".weight is " + shape_text(shape) + ": these are no weights of VGG16");
    channels = shape[0];
    layers_.push_back({to_torch(file.get(name + ".weight"), "float32", device, true),
                       to_torch(file.get(name + ".bias"), "float32", device, false)});
  }
}

std::vector<at::Tensor> VggFeatures::operator()(const at::Tensor& picture, at::ScalarType type) const {
  std::vector<at::Tensor> pools;
  at::Tensor x = ((picture - mean_) / deviation_).to(type);
  for (size_t i = 0; i < layers_.size(); ++i) {
    x = at::relu(at::conv2d(x, layers_[i].weight.to(type), layers_[i].bias.to(type), 1, 1));
    if (i == 1 || i == 3 || i == 6) pools.push_back(x = at::max_pool2d(x, {2, 2}));
  }
  for (at::Tensor& pool : pools) pool = pool.to(at::kFloat);
  return pools;
}

std::vector<at::Tensor> filter_bank(const at::Tensor& picture) {
  const at::Tensor filters = cosine_filters(picture.device());
  const at::Tensor luminance = three({.299, .587, .114}, picture.device());
  at::Tensor x = (picture * luminance).sum(1, true);
  std::vector<at::Tensor> maps;
  for (int scale = 0; scale < 3; ++scale) {
    if (scale > 0) x = at::avg_pool2d(x, {2, 2});
    maps.push_back(at::conv2d(x, filters));
  }
  return maps;
}

}  // namespace inpaint::torch_module
