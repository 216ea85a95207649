#pragma once
#include <array>
#include <cstdint>
#include <opencv2/core/mat.hpp>
#include <string>

#include "core/codec.h"

namespace inpaint {

/// An opaque sRGB colour, 8 bits a channel.
struct Color {
  uint8_t r = 0, g = 0, b = 0;
  bool operator==(const Color&) const = default;
};

/// CIE Lab of an RGB picture (height × width × 3). uint8: L × 255 / 100, a + 128, b + 128, uint8. float32 in [0,1]: L
/// in [0,100], a, b, float32. Safe from several threads, which OpenCV's own first conversion is not: it fills its
/// tables without a lock.
cv::Mat rgb_to_lab(const cv::Mat& rgb);

/// "#rrggbb", "#rgb", or black, white, grey, red, green, blue.
template <>
struct Codec<Color> {
  static constexpr const char* value_name = "COLOR";
  static Color parse(const std::string& text);
  static std::string print(const Color& color);
};

}  // namespace inpaint
