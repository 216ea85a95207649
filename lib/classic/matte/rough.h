#pragma once
#include "image/image.h"

namespace inpaint {

/// The subject's opacity at the picture's size from a rough, soft one of any size that covers the same picture, such as
/// a network's answer: where `rough` is near 0 or 1 it is believed, in between the picture's colours decide, so that
/// edges lie where the picture has them and are as soft as there. Pictures above half a megapixel are solved small and
/// brought up by a guided filter. A `rough` that is nowhere 0.9 or more (nothing is surely subject) is only enlarged.
/// An alpha channel of the picture itself is left out. An empty picture or matte is refused (std::invalid_argument).
Matte refine_rough_matte(const Image& image, const Matte& rough);

}  // namespace inpaint
