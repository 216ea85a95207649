#pragma once
#include <optional>

#include "image/color.h"
#include "image/image.h"

namespace inpaint {

struct ColorKeyOptions {
  std::optional<Color> color;  ///< the background; the median of the picture's border if not set
  double tolerance = 12;       ///< distance in CIE Lab up to which a pixel counts as background
};

/// Cuts out what stands before a uniform background: background is what resembles its colour and is joined to the
/// picture's border; along its edge the matte is soft. All 0 if everything is background.
Matte color_key(const Image& image, const ColorKeyOptions& options);

/// The median colour of the picture's border, a frame of 2 % of the shorter side.
Color border_color(const Image& image);

}  // namespace inpaint
