#pragma once
#include <functional>
#include <vector>

#include "image/box.h"
#include "image/image.h"

namespace inpaint {

/// The regions that a fill has to look at: the boxes of the mask's connected parts (values above 0), each grown by
/// `context` pixels and cut to the picture; boxes that overlap are merged until none do. Sorted by y0, then x0.
std::vector<Box> hole_regions(const Mask& mask, int context);
/// The same with a context that depends on the box of the connected part.
std::vector<Box> hole_regions(const Mask& mask, const std::function<int(const Box&)>& context);

/// Boxes that overlap become the box around them, until none do. Sorted by y0, then x0.
std::vector<Box> merged(std::vector<Box> boxes);

/// `fill` where the mask is 255, `image` where it is 0 (bit for bit), a blend weighted by the mask between.
/// All of one size (std::invalid_argument); `fill` has the depth of `image`; the alpha channel stays that of `image`.
Image composite(const Image& image, const Image& fill, const Mask& mask);

}  // namespace inpaint
