#include "core/threads.h"

#include <algorithm>
#include <atomic>
#include <thread>

namespace inpaint {
namespace {

std::atomic<int> threads{0};

}  // namespace

int threads_per_worker() {
  const int set = threads.load();
  return set > 0 ? set : std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

void set_threads_per_worker(int count) { threads = std::max(1, count); }

}  // namespace inpaint
