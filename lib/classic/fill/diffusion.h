#pragma once
#include "image/image.h"

namespace inpaint {

enum class Diffusion { telea, navier_stokes };

/// Fills the hole (mask above 0) from its rim inwards: fast marching (Telea 2004) or transport along isophotes
/// (Bertalmio et al. 2001), as in OpenCV, on a region around each hole. `radius`: how far known pixels are looked at.
/// Pixels where the mask is 0 are bit-identical, soft ones are blended; alpha is kept. 8 and 16 bit.
/// Sizes must agree (std::invalid_argument). A mask without any known pixel throws ItemError.
Image fill_diffusion(const Image& image, const Mask& mask, Diffusion method, double radius);

}  // namespace inpaint
