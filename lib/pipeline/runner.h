#pragma once
#include <nlohmann/json.hpp>
#include <string>

#include "core/cancel.h"
#include "pipeline/plan.h"
#include "pipeline/truth_table.h"

namespace inpaint {

/// How one picture ended.
struct Outcome {
  enum class Status {
    done,
    skipped,  ///< was done before
    failed,
    blocked,      ///< what it needs takes no more: key, quota, budget of an endpoint; another run may do it
    planned,      ///< dry run: would be done
    not_started,  ///< left for another run: interrupted, stopped by failures, or beyond --limit
  };
  std::string input, output;
  Status status = Status::done;
  double seconds = 0;  ///< decoding, stages and encoding together
  std::string reason;  ///< of a failure; of being due in a dry run
  Notes notes;
  nlohmann::json facts = nlohmann::json::object();  ///< of one that is skipped: "truth" as told when it was done
};
std::string status_name(Outcome::Status status);

struct RunSummary {
  size_t total = 0, done = 0, skipped = 0, failed = 0, blocked = 0, planned = 0, not_started = 0;
  size_t uncertain = 0;  ///< of those done, the ones whose facts say "uncertain": true
  double seconds = 0;
  bool interrupted = false;
  TruthTable truth;  ///< of those done in this run and before
};

/// Told what happens; calls never overlap.
class RunListener {
 public:
  virtual ~RunListener() = default;
  /// `due`: pictures that this run will work on.
  virtual void on_start(size_t total, size_t due) = 0;
  virtual void on_outcome(const Outcome& outcome) = 0;
  virtual void on_end(const RunSummary& summary) = 0;
};

/// Shares the cores out among the workers that the plan wants, and opens the stages if a picture is due. Part of
/// run_plan; call it before to have a missing model told before outputs are opened. Throws MissingError.
void prepare_run(const Pipeline& pipeline, const Plan& plan);

/// Pushes the plan's pictures through: decode threads, workers and encode threads joined by bounded queues, with a
/// bound on the pictures in flight, so memory does not depend on their number. One bad picture is one failed outcome.
/// Throws MissingError, as prepare_run, before any picture is read.
/// Pictures that wait for a service hold no thread. When one is blocked, nothing new begins. When `cancel` is
/// requested, what waits is called off, and is left for another run. When `cancel` is requested or failures reach their
/// limit, what a stage has begun is finished and nothing new begins.
RunSummary run_plan(const Pipeline& pipeline, const Plan& plan, RunListener& listener, const Cancel& cancel);

}  // namespace inpaint
