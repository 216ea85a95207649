#pragma once
#include "image/image.h"

namespace inpaint {

/// Services answer what they will not do with a picture, too: one colour all over, black, or blurred beyond
/// recognition. Throws ItemError that says so. `sent`, `got`: 8 bits, of one size. `hole` (255 = repaint, of that
/// size) may be empty: then all of `got` is new.
void check_answer(const Image& sent, const Mask& hole, const Image& got);

/// The same for a picture made from nothing.
void check_new_picture(const Image& got);

}  // namespace inpaint
