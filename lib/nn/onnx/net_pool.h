// For nets that one thread at a time may use, as those of OpenCV.
#pragma once
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

namespace inpaint {

/// A few copies of one net, made when a caller finds none idle; once there are `limit`, callers wait for one. If making
/// one throws, so does the call.
template <class Copy>
class NetPool {
 public:
  using Make = std::function<Copy()>;

  NetPool(Copy first, int limit, Make make) : limit_(limit), make_(std::move(make)) {
    idle_.push_back(std::move(first));
    made_ = 1;
  }

  /// Calls `use` with a net that is nobody else's until it returns.
  template <class Use>
  void with_net(const Use& use) {
    Lease lease{*this, take()};
    use(lease.net);
  }

 private:
  struct Lease {
    NetPool& pool;
    Copy net;
    ~Lease() { pool.give_back(std::move(net)); }
  };

  Copy take() {
    std::unique_lock lock(mutex_);
    returned_.wait(lock, [&] { return !idle_.empty() || made_ < limit_; });
    if (!idle_.empty()) {
      Copy net = std::move(idle_.back());
      idle_.pop_back();
      return net;
    }
    ++made_;
    lock.unlock();
    try {
      return make_();
    } catch (...) {
      lock.lock();
      --made_;
      returned_.notify_one();
      throw;
    }
  }

  void give_back(Copy net) {
    const std::lock_guard lock(mutex_);
    idle_.push_back(std::move(net));
    returned_.notify_one();
  }

  int limit_, made_ = 0;
  Make make_;
  std::mutex mutex_;
  std::condition_variable returned_;
  std::vector<Copy> idle_;
};

}  // namespace inpaint
