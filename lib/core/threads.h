#pragma once

namespace inpaint {

/// Threads that one worker may use for its picture: (cores) / (pictures in work at once). Set by the runner before work
/// starts; read by whatever computes. Until it is set: all cores.
int threads_per_worker();
void set_threads_per_worker(int threads);

}  // namespace inpaint
