// Nets of OpenCV, which one thread at a time may use. Part of the driver module.
#pragma once
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <opencv2/dnn.hpp>
#include <vector>

namespace inpaint {

/// A few copies of one net, made when a caller finds none idle; above the limit callers wait for one.
class NetPool {
 public:
  using Make = std::function<cv::dnn::Net()>;

  NetPool(cv::dnn::Net first, int limit, Make make) : limit_(limit), make_(std::move(make)) {
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
    cv::dnn::Net net;
    ~Lease() { pool.give_back(std::move(net)); }
  };

  cv::dnn::Net take() {
    std::unique_lock lock(mutex_);
    returned_.wait(lock, [&] { return !idle_.empty() || made_ < limit_; });
    if (!idle_.empty()) {
      cv::dnn::Net net = std::move(idle_.back());
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

  void give_back(cv::dnn::Net net) {
    const std::lock_guard lock(mutex_);
    idle_.push_back(std::move(net));
    returned_.notify_one();
  }

  int limit_, made_ = 0;
  Make make_;
  std::mutex mutex_;
  std::condition_variable returned_;
  std::vector<cv::dnn::Net> idle_;
};

}  // namespace inpaint
