#pragma once
#include "classic/fill/patch/level_private.h"

namespace inpaint::patch {

/// Patches count less the deeper they lie in the hole: by `decay` per pixel (Wexler's gamma).
void set_doubt(Level& level, float decay);

/// Gives each hole pixel the weighted mean of what the patches over it propose: weights fall with the distance as
/// exp(-d / (2 spread m)), m the mean distance among them. Returns the mean absolute change per channel.
double vote(Level& level, float spread);

/// For each hole pixel of row y the pixel that the best patch over it proposes; `out` has one element per pixel of the
/// row, those outside holes are left as they are.
void donors(const Level& level, int y, int32_t* out);

}  // namespace inpaint::patch
