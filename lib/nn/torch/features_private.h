#pragma once
#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

namespace inpaint::torch_module {

/// How a picture looks, for comparing two: VGG16's pool1, pool2 and pool3 (Simonyan and Zisserman 2015).
class VggFeatures {
 public:
  /// A safetensors file with torchvision's names (features.0.weight, ..., features.14.bias). Throws MissingError.
  VggFeatures(const std::string& file, const at::Device& device);
  /// picture: N × 3 × H × W in [0,1]. Three maps of 64, 128 and 256 channels.
  std::vector<at::Tensor> operator()(const at::Tensor& picture, at::ScalarType type) const;

 private:
  struct Layer {
    at::Tensor weight, bias;
  };
  std::vector<Layer> layers_;
  at::Tensor mean_, deviation_;
};

/// The same without learned weights: of the luminance, the eight oriented filters of the 3 × 3 cosine transform (all
/// but the constant one) at full, half and quarter size. N × 8 × H/2^k × W/2^k.
std::vector<at::Tensor> filter_bank(const at::Tensor& picture);

}  // namespace inpaint::torch_module
