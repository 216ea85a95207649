#pragma once
#include "image/image.h"

namespace inpaint {

/// The picture with the mask shown in red and its outline in white: for people to look at.
/// Sizes must agree (std::invalid_argument). 8-bit RGB, without metadata.
Image mask_overlay(const Image& image, const Mask& mask);

}  // namespace inpaint
