#pragma once
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>

#include "pipeline/event_outlet.h"
#include "pipeline/runner.h"

namespace inpaint {

/// Hands on to `next` what it is told, and to an outlet: an event "started", one "item" per picture that this run did
/// or failed at, one "finished". It never holds the run up: a thread delivers what waits in a bounded queue, whose
/// oldest events are dropped when it is full. At the end it waits for the outlet a little, then warns of what was lost.
class EventListener : public RunListener {
 public:
  struct Limits {
    size_t waiting = 1000, per_batch = 50;
    double batch_seconds = 2;  ///< a batch that is not full waits for others so long
    double flush_seconds = 10;
  };
  EventListener(RunListener& next, std::unique_ptr<EventOutlet> outlet, const Limits& limits);
  EventListener(RunListener& next, std::unique_ptr<EventOutlet> outlet)
      : EventListener(next, std::move(outlet), Limits()) {}
  /// What is not delivered by now is given up.
  ~EventListener() override;

  void on_start(size_t total, size_t due) override;
  void on_outcome(const Outcome& outcome) override;
  void on_end(const RunSummary& summary) override;

 private:
  void push(const char* kind, nlohmann::json event);
  void deliver_all();
  bool wait_for_batch(std::unique_lock<std::mutex>& lock);
  nlohmann::json take_batch();
  void flush();
  void tell_losses() const;

  RunListener& next_;
  const std::unique_ptr<EventOutlet> outlet_;
  const Limits limits_;
  const std::string run_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<nlohmann::json> queue_;
  size_t number_ = 0, dropped_ = 0, undelivered_ = 0;
  std::string reason_;  // of the last failure
  bool ending_ = false, given_up_ = false, idle_ = false;
  std::thread thread_;
};

}  // namespace inpaint
