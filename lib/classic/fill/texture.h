#pragma once
#include "classic/fill/patch.h"

namespace inpaint {

/// Puts texture over a fill that is right in the large but smooth, as networks make it: patch fill that starts from it
/// (PatchOptions::guide), blended in by how textured the surroundings of each hole are. `filled`: the picture with its
/// hole filled; `mask`: that hole (above 0). Pixels where the mask is 0 are bit-identical, soft ones change in
/// proportion; alpha is kept; 8 and 16 bit. A hole around which there is nothing to take stays as it is. `strength`: 0
/// nothing, 1 as textured as the surroundings. options.guide is not looked at. Throws ItemError when cancelled;
/// std::invalid_argument if sizes disagree.
Image add_texture(const Image& filled, const Mask& mask, const PatchOptions& options, double strength = 1);

}  // namespace inpaint
