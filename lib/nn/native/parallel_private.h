#pragma once
#include <algorithm>
#include <atomic>
#include <opencv2/core/utility.hpp>

namespace inpaint::native {

/// visit(task, worker) for each task from 0 to count - 1, by at most `threads` workers numbered from 0; a worker takes
/// the next task when it is done with one.
template <class Visit>
void parallel(int count, int threads, Visit visit) {
  const int workers = std::min(count, threads);
  if (workers <= 1) {
    for (int task = 0; task < count; ++task) visit(task, 0);
    return;
  }
  std::atomic<int> next{0};
  cv::parallel_for_(
      {0, workers},
      [&](const cv::Range& range) {
        for (int worker = range.start; worker < range.end; ++worker) {
          for (int task = next++; task < count; task = next++) visit(task, worker);
        }
      },
      workers);
}

}  // namespace inpaint::native
