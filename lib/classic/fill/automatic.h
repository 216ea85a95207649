#pragma once
#include "classic/fill/patch.h"

namespace inpaint {

/// What decides between patches and diffusion for one hole (or several close together).
struct HoleLook {
  double width = 0;    ///< of its widest part, in pixels
  double texture = 0;  ///< mean |dI/dx| + |dI/dy| of the grey picture (0 to 255) in a rim around it
};

/// The measured rule (tests/bench/auto.sh): holes so thin that a patch sees little more than both their rims, and wider
/// ones in surroundings without texture, are closer to the truth when diffused.
bool suits_diffusion(const HoleLook& look);

/// fill_patch for the holes that suit it, fill_diffusion (navier_stokes, radius 5) for the others; `report` tells
/// which. Same contract as fill_patch.
Image fill_automatically(const Image& image, const Mask& mask, const PatchOptions& options,
                         std::vector<FilledHole>* report = nullptr);

}  // namespace inpaint
