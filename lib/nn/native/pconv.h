// U-Nets of partial convolutions (Liu et al. 2018, "Image Inpainting for Irregular Holes Using Partial Convolutions")
// from their parameters. Levels, widths, kernels, biases and norms are what the file holds:
//   encN.conv.weight  out x in x k x k, k odd; stride 2, padding (k-1)/2; then the norm, then ReLU
//   decN.conv.weight  out x (above + skip) x 3 x 3; reads the result of the level above, each pixel four times, then
//                     the result of enc(N-1), for dec1 the picture; then the norm, then LeakyReLU(0.2), but for dec1
// with optional .conv.bias and .bn.{weight,bias,running_mean,running_var}. Where there is
//   out.conv.weight   3 x 3 x 1 x 1, and optionally its bias
// dec1 is followed by LeakyReLU(0.2), this convolution and a sigmoid, as in the port to Keras.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "nn/native/graph.h"
#include "nn/safetensors.h"

namespace inpaint::native {

/// What the file says of the network.
struct PConvFacts {
  int levels = 0;
  std::vector<int> widths;    ///< channels of each encoder's result
  std::vector<int> kernels;   ///< of each encoder
  std::vector<int> decoders;  ///< channels of dec1, dec2, ...: the first is 3
  /// "none"; "pull-push": the network reads a smooth fill besides, and the plane of known pixels (both as known
  /// everywhere), and adds to the fill in the hole, see pull_push.h; "patch": it reads two patch fills, too, and adds
  /// to the mean of all three.
  std::string base;
  int inputs() const { return base == "patch" ? 13 : base == "pull-push" ? 7 : 3; }  ///< of enc1, and dec1 besides
  int modulus() const { return 1 << levels; }  ///< heights and widths must be multiples of it
};

/// Whether the file holds such a network's first and last parameters.
bool looks_like_pconv(const Safetensors& parameters);

/// Throws MissingError that names the first parameters that are missing or do not fit together.
PConvFacts pconv_facts(const Safetensors& parameters);

/// The network on the CPU. Inputs: the picture, batch x 3 x height x width (what lies in the hole does not count; in
/// [0,1] if there is a base), its known pixels, batch x 1 x height x width: at least 0.5 known, else hole; for the base
/// patch the picture with its hole filled in two ways, batch x 6 x height x width.
/// Output: the filled picture, batch x 3 x height x width; 0 (or the base alone) where no known pixel is in reach.
/// Throws MissingError as pconv_facts does, and its run ItemError for inputs of other shapes or sizes.
std::unique_ptr<Net> open_pconv(const Safetensors& parameters, const EngineOptions& options = {});

}  // namespace inpaint::native
