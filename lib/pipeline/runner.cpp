#include "pipeline/runner.h"

#include <fmt/format.h>

#include <atomic>
#include <chrono>
#include <semaphore>
#include <thread>

#include "core/error.h"
#include "core/hash.h"
#include "core/log.h"
#include "core/queue.h"
#include "pipeline/run_size_private.h"
#include "pipeline/work_queue.h"
#include "pipeline/write_item.h"

namespace inpaint {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

// A picture in flight.
struct Job {
  const PlannedItem* planned = nullptr;
  Item item;
  std::string input_hash, identity;  // as read
  double seconds = 0;
  size_t step = 0;  // the stage it is at
  std::unique_ptr<Waiting> waiting;
  Clock::time_point parked;
};

class Run {
 public:
  Run(const Pipeline& pipeline, const Plan& plan, RunListener& listener, const Cancel& cancel)
      : pipeline_(pipeline),
        plan_(plan),
        listener_(listener),
        cancel_(cancel),
        workers_(worker_count(pipeline, plan)),
        decoded_(workers_),
        worked_(workers_),
        in_flight_(static_cast<std::ptrdiff_t>(in_flight_limit(workers_)) + most_waiting(pipeline)) {}

  RunSummary run() {
    const Clock::time_point start = Clock::now();
    prepare_run(pipeline_, plan_);
    summary_.total = plan_.items.size();
    listener_.on_start(plan_.items.size(), plan_.count(PlannedItem::Decision::work));
    report_what_is_settled();
    if (!pipeline_.run().dry_run && !due_.empty()) {
      if (!plan_.ledger_directory.empty()) {
        ledger_.emplace(plan_.ledger_directory, Ledger::Mode::write);
        ledger_->put_recipe(plan_.recipe_hash, pipeline_.recipe().dump());
      }
      work();
    }
    // Also when nothing was left to do: whoever interrupted a loop of commands wants the loop to end.
    summary_.interrupted = summary_.interrupted || cancel_.requested();
    summary_.seconds = seconds_since(start);
    listener_.on_end(summary_);
    return summary_;
  }

 private:
  void report_what_is_settled() {
    for (const PlannedItem& planned : plan_.items) {
      Outcome outcome = outcome_of(planned);
      switch (planned.decision) {
        case PlannedItem::Decision::done: outcome = skipped(planned); break;
        case PlannedItem::Decision::failed_before:
          outcome.status = Outcome::Status::failed;
          outcome.reason = planned.reason + " (as before; --retry-failed tries again)";
          break;
        case PlannedItem::Decision::later:
          outcome.status = Outcome::Status::not_started;
          outcome.reason = "beyond --limit";
          break;
        case PlannedItem::Decision::work:
          if (!pipeline_.run().dry_run) {
            due_.push_back(&planned);
            continue;
          }
          outcome.status = Outcome::Status::planned;
          outcome.reason = planned.reason;
          break;
      }
      finish(outcome);
    }
  }

  void work() {
    std::vector<std::jthread> decoders, workers, encoders;
    std::optional<std::jthread> watcher;
    if (most_waiting(pipeline_) > 0)
      watcher.emplace([this](const std::stop_token& over) { call_off_if_cancelled(over); });
    // Encoders wait for the disk now and then, hence two more of them; who waits for a network does so most of the
    // time.
    const size_t waiting = in_flight_limit(workers_);
    const size_t readers = plan_.source->is_remote() ? waiting : workers_;
    const size_t writers = plan_.sink->is_remote() ? waiting : workers_ + 2;
    for (size_t i = 0; i < readers; ++i) decoders.emplace_back([this] { decode_loop(); });
    for (size_t i = 0; i < workers_; ++i) workers.emplace_back([this] { work_loop(); });
    for (size_t i = 0; i < writers; ++i) encoders.emplace_back([this] { encode_loop(); });
    decoders.clear();
    decoded_.close();
    workers.clear();
    worked_.close();
    encoders.clear();
    for (size_t i = std::min(next_.load(), due_.size()); i < due_.size(); ++i) leave(*due_[i]);
  }

  void call_off_if_cancelled(const std::stop_token& over) {
    while (!over.stop_requested() && !cancel_.requested()) std::this_thread::sleep_for(std::chrono::milliseconds(30));
    if (!cancel_.requested()) return;
    for (const Pipeline::Step& step : pipeline_.steps()) step.stage->abort();
  }

  // Reports a picture as left for another run.
  void leave(const PlannedItem& planned) {
    Outcome outcome = outcome_of(planned);
    outcome.status = Outcome::Status::not_started;
    outcome.reason = cancel_.requested() ? "interrupted" : "stopped after failures";
    if (blocked_ && !cancel_.requested()) {
      outcome.status = Outcome::Status::blocked;
      std::lock_guard lock(finish_mutex_);
      outcome.reason = blocked_reason_;
    }
    finish(outcome);
    std::lock_guard lock(finish_mutex_);
    summary_.interrupted = cancel_.requested();
  }

  bool stopping() const { return cancel_.requested() || too_many_failures_.load() || blocked_.load(); }

  void decode_loop() {
    for (;;) {
      in_flight_.acquire();
      if (stopping()) break;
      const size_t index = next_.fetch_add(1);
      if (index >= due_.size()) break;
      auto job = std::make_unique<Job>();
      job->planned = due_[index];
      bool unchanged = false;
      if (!attempt(*job, [&] { unchanged = !decode(*job); })) continue;
      unchanged ? skip(*job) : decoded_.push(std::move(job));
    }
    in_flight_.release();
  }

  void work_loop() {
    while (auto job = decoded_.pop()) {
      if (stopping() && !(*job)->waiting) {  // decoding is soon repeated; a stage may take minutes
        leave(*(*job)->planned);
        in_flight_.release();
        continue;
      }
      if (!attempt(**job, [&] { run_stages(**job); })) continue;
      if ((*job)->waiting) {
        park(std::move(*job));
      } else {
        worked_.push(std::move(*job));
      }
    }
  }

  // It comes back to the workers when its answer is there.
  void park(std::unique_ptr<Job> job) {
    decoded_.expect();
    job->parked = Clock::now();
    Waiting& waiting = *job->waiting;
    waiting.when_ready([this, parked = job.release()] {
      parked->seconds += seconds_since(parked->parked);
      decoded_.come_back(std::unique_ptr<Job>(parked));
    });
  }

  void encode_loop() {
    while (auto job = worked_.pop()) {
      if (attempt(**job, [&] { write_item(pipeline_, *(*job)->planned, (*job)->item, *plan_.sink); })) succeed(**job);
    }
  }

  // Runs one step of a picture; a failure ends it.
  bool attempt(Job& job, const std::function<void()>& step) {
    const Clock::time_point start = Clock::now();
    auto cause = ItemError::Cause::other;
    std::string reason;
    try {
      step();
    } catch (const ItemError& error) {
      reason = error.what();
      cause = error.cause();
    } catch (const std::bad_alloc&) {
      reason = "not enough memory";
    } catch (const std::exception& error) {
      reason = fmt::format("internal error: {}", error.what());
    }
    job.seconds += seconds_since(start);
    if (!reason.empty()) end(job, reason, cause);
    return reason.empty();
  }

  // False if the bytes are those that were done before.
  bool decode(Job& job) {
    const SourceItem& source = job.planned->source;
    const Bytes bytes = plan_.source->read(source);
    job.input_hash = content_hash(bytes);
    job.identity = plan_.source->identity_when_read(source);
    if (job.input_hash == job.planned->done_if_hash) return false;
    Item& item = job.item;
    item.rel = source.rel;
    item.seed = stable_hash(fmt::format("{}:{}", pipeline_.run().seed, source.rel));
    if (plan_.source->gives_text()) {
      item.text.assign(bytes.begin(), bytes.end());
      return true;
    }
    const DecodeOptions options{pipeline_.input().max_pixels.pixels};
    item.image = decode_image(bytes, options, item.notes);
    if (pipeline_.input().mask.given()) {
      item.mask = fit_mask(pipeline_.input().mask.mask_for(source.rel, options, item.notes), item.image,
                           pipeline_.input().mask_fit == "resize", "; --mask-fit resize scales the mask");
    }
    return true;
  }

  // From where it is on, to the end or to a stage that waits.
  void run_stages(Job& job) const {
    for (; job.step < pipeline_.steps().size(); ++job.step) {
      const Pipeline::Step& step = pipeline_.steps()[job.step];
      try {
        if (const auto waiting = std::move(job.waiting)) {
          waiting->finish(job.item);
        } else if ((job.waiting = step.stage->start(job.item))) {
          return;
        }
      } catch (const ItemError& error) {
        throw ItemError(step.name + ": " + error.what(), error.cause());
      }
    }
    job.item.original = Image();  // no longer needed; the picture may wait long for an encoder
  }

  Outcome outcome_of(const PlannedItem& planned) const {
    Outcome outcome;
    outcome.input = planned.source.location;
    outcome.output = plan_.sink->shown(planned.output);
    return outcome;
  }

  void tell_url(const PlannedItem& planned, Outcome& outcome) const {
    if (std::string url = plan_.sink->url(planned.output); !url.empty()) outcome.facts["url"] = std::move(url);
  }

  Outcome skipped(const PlannedItem& planned) const {
    Outcome outcome = outcome_of(planned);
    outcome.status = Outcome::Status::skipped;
    if (!planned.former_truth.is_null()) outcome.facts["truth"] = planned.former_truth;
    tell_url(planned, outcome);
    return outcome;
  }

  Outcome outcome_of(Job& job) const {
    Outcome outcome = outcome_of(*job.planned);
    outcome.seconds = job.seconds;
    outcome.notes = std::move(job.item.notes);
    outcome.facts = std::move(job.item.facts);
    return outcome;
  }

  void skip(const Job& job) {
    finish(skipped(*job.planned));
    in_flight_.release();
  }

  void succeed(Job& job) {
    job.item.image = Image();
    Outcome outcome = outcome_of(job);
    outcome.status = Outcome::Status::done;
    tell_url(*job.planned, outcome);
    record(job, outcome, false);
    finish(outcome);
    in_flight_.release();
  }

  // Ends a picture that cannot be done.
  void end(Job& job, const std::string& reason, ItemError::Cause cause) {
    if (cause == ItemError::Cause::interrupted) {
      leave(*job.planned);
      in_flight_.release();
    } else if (cause == ItemError::Cause::blocked) {
      block(job, reason);
    } else {
      fail(job, reason, cause == ItemError::Cause::input);
    }
  }

  void block(Job& job, const std::string& reason) {
    Outcome outcome = outcome_of(job);
    outcome.status = Outcome::Status::blocked;
    outcome.reason = reason;
    record(job, outcome, false);
    {
      std::lock_guard lock(finish_mutex_);
      if (blocked_reason_.empty()) blocked_reason_ = reason;
    }
    blocked_ = true;
    finish(outcome);
    in_flight_.release();
  }

  void fail(Job& job, const std::string& reason, bool input_at_fault) {
    Outcome outcome = outcome_of(job);
    outcome.status = Outcome::Status::failed;
    outcome.reason = reason;
    record(job, outcome, input_at_fault);
    const uint64_t limit = pipeline_.run().fail_fast ? 1 : pipeline_.run().max_failures.value_or(UINT64_MAX);
    if (++new_failures_ >= limit) too_many_failures_ = true;  // those of earlier runs do not count
    finish(outcome);
    in_flight_.release();
  }

  void record(const Job& job, const Outcome& outcome, bool input_at_fault) {
    if (!ledger_) return;
    LedgerRecord record;
    record.output = job.planned->output;
    record.input = outcome.input;
    record.status = status_name(outcome.status);
    record.reason = outcome.reason;
    record.input_at_fault = input_at_fault;
    record.recipe = plan_.recipe_hash;
    record.inputs = (job.planned->knows_picture() ? "" : job.identity) + job.planned->inputs;
    record.input_hash = job.input_hash;
    record.seconds = outcome.seconds;
    record.finished_at = utc_now();
    record.facts = outcome.facts.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    try {
      ledger_->put(record);
    } catch (const std::exception& error) {
      log(LogLevel::warning,
          fmt::format("{}: not noted in the ledger, so it will be done again: {}", outcome.input, error.what()));
    }
  }

  void finish(const Outcome& outcome) {
    std::lock_guard lock(finish_mutex_);
    switch (outcome.status) {
      case Outcome::Status::done:
        ++summary_.done;
        summary_.uncertain += outcome.facts.value("uncertain", false);
        summary_.truth.add(outcome.facts);
        break;
      case Outcome::Status::skipped:
        ++summary_.skipped;
        summary_.truth.add(outcome.facts);
        break;
      case Outcome::Status::failed: ++summary_.failed; break;
      case Outcome::Status::blocked: ++summary_.blocked; break;
      case Outcome::Status::planned: ++summary_.planned; break;
      case Outcome::Status::not_started: ++summary_.not_started; break;
    }
    listener_.on_outcome(outcome);
  }

  const Pipeline& pipeline_;
  const Plan& plan_;
  RunListener& listener_;
  const Cancel& cancel_;
  const size_t workers_;
  WorkQueue<std::unique_ptr<Job>> decoded_;
  BoundedQueue<std::unique_ptr<Job>> worked_;
  std::counting_semaphore<> in_flight_;
  std::vector<const PlannedItem*> due_;
  std::atomic<size_t> next_{0};
  std::atomic<uint64_t> new_failures_{0};
  std::atomic<bool> too_many_failures_{false}, blocked_{false};
  std::optional<Ledger> ledger_;
  std::mutex finish_mutex_;
  RunSummary summary_;
  std::string blocked_reason_;
};

}  // namespace

RunSummary run_plan(const Pipeline& pipeline, const Plan& plan, RunListener& listener, const Cancel& cancel) {
  return Run(pipeline, plan, listener, cancel).run();
}

}  // namespace inpaint
