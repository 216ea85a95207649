#pragma once
#include "image/image.h"

namespace inpaint {

/// The picture with the old background taken out of its colours: where the matte is between 0 and 1 the subject's own
/// colour is estimated (Germer et al. 2020), where it is 0 the subject's colours run out smoothly and far away there is
/// one colour, so that no editor or resampler shows a fringe. Depth, alpha and metadata stay; pixels where the matte is
/// 1 are bit-identical, and so is the whole picture if the matte is nowhere above 0. Sizes must agree
/// (std::invalid_argument).
Image clean_colors(const Image& image, const Matte& matte);

}  // namespace inpaint
