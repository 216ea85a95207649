#pragma once
#include "image/box.h"
#include "image/color.h"
#include "image/image.h"

namespace inpaint {

/// Shapes drawn into an empty mask of the picture's size, hard-edged: 255 where a pixel's centre lies inside. Parts
/// outside the picture are cut off.
Mask rectangle_mask(int width, int height, const BoxText& box);
/// The ellipse that touches the sides of the box.
Mask ellipse_mask(int width, int height, const BoxText& box);
/// Straight edges between the corners; crossing edges follow the even-odd rule.
Mask polygon_mask(int width, int height, const PolygonText& polygon);

/// 255 where every channel is within `tolerance` (0-255) of the colour.
Mask color_mask(const Image& image, const Color& color, double tolerance);

/// 255 where the picture is transparent, 0 where it is opaque, soft between.
Mask transparency_mask(const Image& image);

}  // namespace inpaint
