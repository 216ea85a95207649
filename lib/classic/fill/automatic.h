#pragma once
#include "classic/fill/patch.h"

namespace inpaint {

/// What decides between patches and diffusion for one hole (or several close together).
struct HoleLook {
  double width = 0;        ///< of its widest part, in pixels
  double texture = 0;      ///< mean |dI/dx| + |dI/dy| of the grey picture (0 to 255) in a rim around it
  bool at_border = false;  ///< it reaches the picture's border
};

/// The measured rule (tests/bench/auto.py). Diffusion comes closer to the truth in enclosed holes of up to 8 pixels
/// where nothing has texture (studio paper, clear sky) and, by up to 1 dB, in scratches of up to 6 pixels through
/// strong texture; patches do everywhere else.
bool suits_diffusion(const HoleLook& look);

/// fill_patch for the holes that suit it, fill_diffusion (navier_stokes, radius 5) for the others; `report` tells
/// which. With a search area all are filled by patches, since diffusion takes from the rim. Same contract as
/// fill_patch.
Image fill_automatically(const Image& image, const Mask& mask, const PatchOptions& options,
                         std::vector<FilledHole>* report = nullptr);

}  // namespace inpaint
