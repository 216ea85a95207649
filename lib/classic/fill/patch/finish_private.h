#pragma once
#include "classic/fill/patch/level_private.h"

namespace inpaint::patch {

struct FinishOptions {
  float screening = 0.01f;  ///< how strongly the mean colour holds against the gradients, where patches fit badly
  float least_screening = 0.0001f;  ///< ... and where they fit well
  float misfit = 100;               ///< squared difference per sample from which on they fit badly
  float grain = 0.55f;              ///< share of the finest detail that is copied instead of solved for, in [0,1]
  int cycles = 6;                   ///< of the solver
};

/// The last step, at full depth. Each hole pixel has a donor: the pixel that the best patch over it proposes. Solves
/// the screened Poisson equation, min |grad u - v|^2 + screening |u - c|^2, with the gradients v of the donors, the
/// level's estimate as c and the surroundings as border values, so that no seam remains in light or colour; then puts
/// back some of the donors' finest detail, which that averages out where neighbours have donors far apart.
/// `rgb`: CV_8UC3 or CV_16UC3, continuous, of the level's size; its hole pixels are replaced.
/// Takes the level over to release what it no longer needs: the solver wants about 100 bytes per hole pixel.
void finish(Level level, cv::Mat& rgb, const FinishOptions& options);

}  // namespace inpaint::patch
