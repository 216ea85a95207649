#pragma once
#include <opencv2/core/mat.hpp>
#include <span>

#include "image/codec.h"

namespace inpaint {

/// A picture as crops are taken from it: shrunk, 8 bits. Copies share pixels; nobody writes into them.
struct Example {
  cv::Mat rgb;    ///< height × width × 3; empty for a cut-out, which has no background of its own
  cv::Mat matte;  ///< remove-bg: height × width, 0 to 255
  /// remove-bg: the subject's own colours, the background taken out of them, times opacity; height × width × 3.
  cv::Mat subject;

  bool empty() const { return rgb.empty() && matte.empty(); }
  cv::Size size() const { return rgb.empty() ? matte.size() : rgb.size(); }
  int64_t bytes() const;
};

/// What crops need of a picture.
struct ExampleRules {
  bool with_matte = false;  ///< remove-bg
  int short_side = 512;     ///< pictures whose shorter side is longer are shrunk to it, by averaging
};

/// The shortest side of a picture that can be learned from, in pixels.
inline constexpr int least_side = 32;

/// Colours are taken as they are, as networks are fed with them, hidden ones of transparent pixels included. `matte`:
/// the bytes of the matte's file; null: the picture's own alpha. A matte that has an alpha channel with transparent
/// pixels is a cut-out, and only that channel counts. Throws ItemError for a damaged file, one too small, a matte of
/// another size, and one that selects nothing or everything.
Example decode_example(std::span<const uint8_t> picture, const Bytes* matte, const ExampleRules& rules);

/// Both sides times limit / shorter side, by area averaging; `pixels` itself if its shorter side is not longer.
cv::Mat shrunk(const cv::Mat& pixels, int limit);

}  // namespace inpaint
