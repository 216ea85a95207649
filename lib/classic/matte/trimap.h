#pragma once
#include "image/image.h"

namespace inpaint {

/// Where opacity is open: 255 = surely subject, 0 = surely background, 128 = to be found out. `subject` (above 127) may
/// be wrong by a pixel or two, by more at fur and fringes: along sharp edges the open band is some pixels wide, where
/// colours beyond the edge are mixed it reaches up to 3 % of the longer side. The middle of parts too thin to have
/// anything else stays known. Sizes must agree (std::invalid_argument).
Mask make_trimap(const Image& image, const Mask& subject);

}  // namespace inpaint
