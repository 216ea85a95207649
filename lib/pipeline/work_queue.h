#pragma once
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>

namespace inpaint {

/// What workers take from: fresh work, of which at most `capacity` waits, and work that went away for a while and comes
/// back, which is taken first. Threads may call all of it.
template <class T>
class WorkQueue {
 public:
  explicit WorkQueue(size_t capacity) : capacity_(capacity) {}

  /// Waits while there is enough.
  void push(T value) {
    std::unique_lock lock(mutex_);
    not_full_.wait(lock, [&] { return fresh_.size() < capacity_; });
    fresh_.push_back(std::move(value));
    lock.unlock();
    changed_.notify_one();
  }

  /// Something will come back; before it goes.
  void expect() {
    std::lock_guard lock(mutex_);
    ++away_;
  }

  /// Never waits.
  void come_back(T value) {
    std::lock_guard lock(mutex_);  // held while notifying: the queue may end as soon as nothing is away
    --away_;
    returned_.push_back(std::move(value));
    changed_.notify_one();
  }

  /// Nothing once the queue is closed and nothing is left, nor away.
  std::optional<T> pop() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return !returned_.empty() || !fresh_.empty() || (closed_ && away_ == 0); });
    std::deque<T>& from = returned_.empty() ? fresh_ : returned_;
    if (from.empty()) return std::nullopt;
    T value = std::move(from.front());
    from.pop_front();
    const bool over = closed_ && away_ == 0;
    lock.unlock();
    not_full_.notify_one();
    if (over) changed_.notify_all();
    return value;
  }

  /// No more fresh work will come.
  void close() {
    {
      std::lock_guard lock(mutex_);
      closed_ = true;
    }
    changed_.notify_all();
  }

 private:
  const size_t capacity_;
  std::mutex mutex_;
  std::condition_variable not_full_, changed_;
  std::deque<T> fresh_, returned_;
  size_t away_ = 0;
  bool closed_ = false;
};

}  // namespace inpaint
