#pragma once
#include "classic/fill/patch/level_private.h"
#include "classic/fill/patch/schedule_private.h"

namespace inpaint::patch {

/// The first estimate: fills the hole layer by layer from its rim inwards, comparing only what is filled already
/// (onion peel). Every target has a source afterwards. The level must have a source.
void peel(Level& level, const Schedule& schedule, uint64_t seed);

}  // namespace inpaint::patch
