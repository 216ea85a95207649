#pragma once
#include "image/image.h"

namespace inpaint {

/// Both pictures carry the same ICC profile, byte for byte, or both none.
bool same_profile(const Image& a, const Image& b);

/// `image` with its colours brought into the RGB profile of `like` (relative colorimetric; no profile counts as sRGB),
/// so that they look the same among that picture's; keeps depth and alpha. Throws ItemError if a profile is damaged.
Image in_profile_of(const Image& image, const Image& like);

}  // namespace inpaint
