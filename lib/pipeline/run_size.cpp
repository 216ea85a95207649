#include <algorithm>
#include <opencv2/core/utility.hpp>
#include <thread>

#include "core/threads.h"
#include "image/codec.h"
#include "pipeline/run_size_private.h"
#include "pipeline/runner.h"

namespace inpaint {

std::ptrdiff_t most_waiting(const Pipeline& pipeline) {
  std::ptrdiff_t most = 0;
  for (const RemoteUse& use : pipeline.remote_uses()) most += use.at_once + (use.at_once + 3) / 4;
  return most;
}

size_t worker_count(const Pipeline& pipeline, const Plan& plan) {
  const auto cores = std::max(1u, std::thread::hardware_concurrency());
  const size_t wanted = pipeline.run().jobs > 0 ? static_cast<size_t>(pipeline.run().jobs) : cores;
  return std::clamp<size_t>(plan.count(PlannedItem::Decision::work), 1, wanted);
}

size_t in_flight_limit(size_t workers) { return 3 * workers + 2; }

void prepare_run(const Pipeline& pipeline, const Plan& plan) {
  if (pipeline.run().dry_run || plan.count(PlannedItem::Decision::work) == 0) return;
  const auto workers = static_cast<int>(worker_count(pipeline, plan));
  // Before the stages open: a network that measures how fast it is does so with the threads it will have.
  const int threads_each = std::max(1, static_cast<int>(std::thread::hardware_concurrency()) / workers);
  set_threads_per_worker(threads_each);
  cv::setNumThreads(threads_each);
  set_codec_threads(threads_each);
  pipeline.open(pipeline.run().redo ? "" : plan.ledger_directory);  // whoever wants it anew wants no old job's result
}

}  // namespace inpaint
