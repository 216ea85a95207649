#pragma once
#include "image/image.h"

namespace inpaint {

/// A matte that was found on a smaller copy of the picture, brought up to its size: a guided filter (He, Sun, Tang
/// 2013) in its fast variant. Opacity is locally a linear function of the small copy's colours and of its share of the
/// subject; the full-size colours and mask are put in. Only done near the matte's edge; elsewhere the result is exactly
/// 0 or 1. `subject`: of the picture's size (std::invalid_argument), above 127 = subject.
Matte enlarge_matte(const Image& image, const Mask& subject, const Matte& small);

}  // namespace inpaint
