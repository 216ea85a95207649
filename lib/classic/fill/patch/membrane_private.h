#pragma once
#include "classic/fill/patch/level_private.h"

namespace inpaint::patch {

/// Gives hole pixels a smooth continuation of the known ones (pull-push, Gortler et al. 1996).
void fill_smoothly(Level& level);

}  // namespace inpaint::patch
