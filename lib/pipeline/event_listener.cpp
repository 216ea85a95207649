#include "pipeline/event_listener.h"

#include <fmt/format.h>

#include <chrono>
#include <random>

#include "core/log.h"
#include "core/names.h"

namespace inpaint {
namespace {

std::chrono::duration<double> seconds(double count) { return std::chrono::duration<double>(count); }

std::string random_id() {
  std::random_device source;
  return fmt::format("{:08x}{:08x}", source(), source());
}

}  // namespace

EventListener::EventListener(RunListener& next, std::unique_ptr<EventOutlet> outlet, const Limits& limits)
    : next_(next), outlet_(std::move(outlet)), limits_(limits), run_(random_id()) {
  thread_ = std::thread([this] { deliver_all(); });
}

EventListener::~EventListener() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = given_up_ = true;
  }
  changed_.notify_all();
  outlet_->abandon();
  thread_.join();
}

void EventListener::on_start(size_t total, size_t due) {
  push("started", {{"total", total}, {"due", due}});
  next_.on_start(total, due);
}

void EventListener::on_outcome(const Outcome& outcome) {
  if (outcome.status == Outcome::Status::done || outcome.status == Outcome::Status::failed) {
    push("item", {{"input", outcome.input},
                  {"output", outcome.output},
                  {"status", status_name(outcome.status)},
                  {"seconds", outcome.seconds},
                  {"reason", outcome.reason.empty() ? nlohmann::json() : nlohmann::json(outcome.reason)},
                  {"facts", outcome.facts}});
  }
  next_.on_outcome(outcome);
}

void EventListener::on_end(const RunSummary& summary) {
  push("finished", {{"total", summary.total},
                    {"done", summary.done},
                    {"skipped", summary.skipped},
                    {"failed", summary.failed},
                    {"not_started", summary.not_started},
                    {"seconds", summary.seconds},
                    {"interrupted", summary.interrupted}});
  next_.on_end(summary);
  flush();
  tell_losses();
}

void EventListener::push(const char* kind, nlohmann::json event) {
  event["event"] = kind;
  event["run"] = run_;
  event["time"] = utc_now();
  {
    const std::lock_guard lock(mutex_);
    event["number"] = ++number_;
    if (queue_.size() >= limits_.waiting) {
      queue_.pop_front();
      ++dropped_;
    }
    if (kind == std::string_view("finished")) event["dropped"] = dropped_;
    queue_.push_back(std::move(event));
  }
  changed_.notify_all();
}

// False at the end.
bool EventListener::wait_for_batch(std::unique_lock<std::mutex>& lock) {
  changed_.wait(lock, [&] { return ending_ || !queue_.empty(); });
  changed_.wait_for(lock, seconds(limits_.batch_seconds),
                    [&] { return ending_ || queue_.size() >= limits_.per_batch; });
  return !queue_.empty() && !given_up_;
}

nlohmann::json EventListener::take_batch() {
  nlohmann::json batch = nlohmann::json::array();
  while (!queue_.empty() && batch.size() < limits_.per_batch) {
    batch.push_back(std::move(queue_.front()));
    queue_.pop_front();
  }
  return batch;
}

void EventListener::deliver_all() {
  std::unique_lock lock(mutex_);
  while (wait_for_batch(lock)) {
    const nlohmann::json batch = take_batch();
    lock.unlock();
    const std::string reason = outlet_->deliver(batch);
    lock.lock();
    if (!reason.empty()) {
      undelivered_ += batch.size();
      reason_ = reason;
    }
  }
  undelivered_ += queue_.size();
  queue_.clear();
  idle_ = true;
  changed_.notify_all();
}

void EventListener::flush() {
  std::unique_lock lock(mutex_);
  ending_ = true;
  changed_.notify_all();
  if (changed_.wait_for(lock, seconds(limits_.flush_seconds), [&] { return idle_; })) return;
  given_up_ = true;
  lock.unlock();
  outlet_->abandon();
  lock.lock();
  changed_.wait(lock, [&] { return idle_; });
}

void EventListener::tell_losses() const {
  if (dropped_ > 0)
    log(LogLevel::warning, fmt::format("--events: {} dropped, the oldest of more than {} that waited for {}",
                                       count_of(dropped_, "event"), limits_.waiting, outlet_->shown()));
  if (undelivered_ > 0)
    log(LogLevel::warning, fmt::format("--events: {} not delivered to {}: {}", count_of(undelivered_, "event"),
                                       outlet_->shown(), reason_));
}

}  // namespace inpaint
