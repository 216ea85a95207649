#pragma once
#include "image/image.h"

namespace inpaint {

/// The subject's opacity from a hard mask (above 127 = subject): edges become as soft as they are in the picture.
/// Pictures above a megapixel are solved small and brought up by a guided filter. An empty mask gives all 0, a full one
/// all 1; an alpha channel of the picture itself is left out. Sizes must agree (std::invalid_argument).
Matte refine_matte(const Image& image, const Mask& subject);

}  // namespace inpaint
