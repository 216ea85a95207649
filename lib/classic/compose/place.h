#pragma once
#include "classic/compose/layout.h"

namespace inpaint {

/// Lays `picture` over `canvas` (layout.canvas pixels, RGB or RGBA with straight alpha, uint8 or uint16), resampled
/// with colours weighted by alpha. Where the picture is opaque and the scale is 1 its pixels arrive bit for bit.
/// On an RGBA canvas fully transparent pixels get the picture's colours, so that no fringe shows in editors.
void place(const Image& picture, const Layout& layout, cv::Mat& canvas);

/// A mask as it comes to lie: 0 outside the picture.
Mask placed_mask(const Mask& mask, const Layout& layout);

}  // namespace inpaint
