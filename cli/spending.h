#pragma once
#include "pipeline/plan.h"

namespace inpaint {

/// Tells what the plan will ask of remote endpoints, and what that costs, if anything: in a dry run on standard error;
/// above --confirm-over as a question on a terminal. Throws SpecError if the answer is no, or nobody can answer.
void settle_spending(const Pipeline& pipeline, const Plan& plan);

}  // namespace inpaint
