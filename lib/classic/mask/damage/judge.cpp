#include <cmath>

#include "classic/mask/damage/candidate_private.h"

namespace inpaint::damage {

double probability(const Candidate& candidate, Damage) { return candidate.cues.empty() ? 0 : 0.6; }

}  // namespace inpaint::damage
