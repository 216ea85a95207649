#pragma once
#include "image/image.h"

namespace inpaint {

/// The picture with its hole (mask above 0) filled quickly by patches: what networks read that correct such fills. Each
/// variant, a number, is another one, always with the same bits. By diffusion where no patch is known, and grey if
/// nothing of the picture is. Throws std::invalid_argument if the mask is not of the picture's size.
Image fill_proposal(const Image& image, const Mask& hole, int variant);

}  // namespace inpaint
