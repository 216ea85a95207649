// How much of a run happens at once.
#pragma once
#include <cstddef>

#include "pipeline/plan.h"

namespace inpaint {

/// Threads that work on pictures.
size_t worker_count(const Pipeline& pipeline, const Plan& plan);
/// Pictures in memory, besides those that wait for a service.
size_t in_flight_limit(size_t workers);
/// Pictures that wait for a service: those whose requests are on their way, and some ready to follow.
std::ptrdiff_t most_waiting(const Pipeline& pipeline);

}  // namespace inpaint
