#pragma once
#include <array>
#include <cstdint>
#include <string>

#include "core/codec.h"

namespace inpaint {

/// An opaque sRGB colour, 8 bits a channel.
struct Color {
  uint8_t r = 0, g = 0, b = 0;
  bool operator==(const Color&) const = default;
};

/// "#rrggbb", "#rgb", or black, white, grey, red, green, blue.
template <>
struct Codec<Color> {
  static constexpr const char* value_name = "COLOR";
  static Color parse(const std::string& text);
  static std::string print(const Color& color);
};

}  // namespace inpaint
