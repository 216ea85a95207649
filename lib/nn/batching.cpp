#include "nn/batching.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>

#include "core/log.h"
#include "nn/stack.h"

namespace inpaint {
namespace {

// How long the first waits for as many as shared the last call. Short beside any call that is worth sharing.
constexpr auto patience = std::chrono::milliseconds(2);

struct Request {
  const std::vector<Tensor>& inputs;
  std::vector<Tensor> outputs{};
  std::exception_ptr error{};
  bool done = false;
  int64_t entries() const { return inputs[0].extent(0); }
};
using Group = std::vector<Request*>;

// Whether the first axis of every input can be the batch: it is of one length.
bool can_share(const std::vector<Tensor>& inputs) {
  return !inputs.empty() && std::all_of(inputs.begin(), inputs.end(), [&](const Tensor& input) {
    return input.rank() > 0 && inputs[0].rank() > 0 && input.extent(0) == inputs[0].extent(0);
  });
}

bool alike(const std::vector<Tensor>& a, const std::vector<Tensor>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const Tensor& x, const Tensor& y) {
    return x.rank() == y.rank() && std::equal(x.shape().begin() + 1, x.shape().end(), y.shape().begin() + 1);
  });
}

int64_t entries_of(const Group& group) {
  int64_t sum = 0;
  for (const Request* request : group) sum += request->entries();
  return sum;
}

}  // namespace

// One thread at a time leads: it takes what waits at the front, and what is like it, and calls the network for all.
class BatchingNet::Gate {
 public:
  Gate(std::string name, std::shared_ptr<const Net> net, int most)
      : name_(std::move(name)), net_(std::move(net)), most_(std::max(1, most)) {}

  const Net& net() const { return *net_; }

  std::vector<Tensor> run(const std::vector<Tensor>& inputs) {
    if (!shares_ || !can_share(inputs)) return net_->run(inputs);
    Request request{inputs};
    std::unique_lock lock(mutex_);
    queue_.push_back(&request);
    changed_.notify_all();
    while (!request.done) {
      if (leading_) {
        changed_.wait(lock);
      } else {
        lead(lock);
      }
    }
    lock.unlock();
    if (request.error) std::rethrow_exception(request.error);
    return std::move(request.outputs);
  }

 private:
  void lead(std::unique_lock<std::mutex>& lock) {
    leading_ = true;
    const auto until = std::chrono::steady_clock::now() + patience;
    while (queue_.size() < std::min(callers_, static_cast<size_t>(most_.load()))) {
      if (changed_.wait_until(lock, until) == std::cv_status::timeout) break;
    }
    const Group group = take();
    callers_ = group.size() + queue_.size();
    lock.unlock();
    serve(group);
    lock.lock();
    for (Request* request : group) request->done = true;
    leading_ = false;
    changed_.notify_all();
  }

  // The first request, and those of the same shapes that find room beside it, in order.
  Group take() {
    Group group{queue_.front()};
    queue_.pop_front();
    int64_t entries = group[0]->entries();
    for (auto next = queue_.begin(); next != queue_.end();) {
      if (!alike((*next)->inputs, group[0]->inputs) || entries + (*next)->entries() > most_) {
        ++next;
        continue;
      }
      entries += (*next)->entries();
      group.push_back(*next);
      next = queue_.erase(next);
    }
    return group;
  }

  // Every request of the group gets its outputs or its error.
  void serve(const Group& group) {
    try {
      if (group.size() == 1) {
        group[0]->outputs = net_->run(group[0]->inputs);
        return;
      }
      if (shares_ && serve_together(group)) return;
    } catch (const std::bad_alloc&) {
      if (group.size() > 1) {
        lower(entries_of(group));
        const auto middle = group.begin() + static_cast<ptrdiff_t>(group.size() / 2);
        serve(Group(group.begin(), middle));
        serve(Group(middle, group.end()));
        return;
      }
      group[0]->error = std::current_exception();
      return;
    } catch (...) {
      if (group.size() == 1) {
        group[0]->error = std::current_exception();
        return;
      }
    }
    for (Request* request : group) serve({request});
  }

  // False if the outputs do not have the batch as first axis.
  bool serve_together(const Group& group) {
    std::vector<Tensor> inputs;
    for (size_t i = 0; i < group[0]->inputs.size(); ++i) {
      std::vector<Tensor> parts;
      for (const Request* request : group) parts.push_back(request->inputs[i]);
      inputs.push_back(stack(parts));
    }
    const std::vector<Tensor> outputs = net_->run(inputs);
    const int64_t total = entries_of(group);
    shares_ = std::all_of(outputs.begin(), outputs.end(),
                          [&](const Tensor& output) { return output.rank() > 0 && output.extent(0) == total; });
    if (!shares_) return false;
    int64_t begin = 0;
    for (Request* request : group) {
      for (const Tensor& output : outputs) request->outputs.push_back(entries(output, begin, request->entries()));
      begin += request->entries();
    }
    return true;
  }

  void lower(int64_t failed) {
    most_ = static_cast<int>(std::clamp<int64_t>(failed / 2, 1, most_));
    if (!told_.exchange(true)) {
      log(LogLevel::warning, "model " + name_ + ": not enough memory for " + std::to_string(failed) +
                                 " pictures at once; fewer share a call from now on");
    }
  }

  const std::string name_;
  const std::shared_ptr<const Net> net_;
  std::atomic<int> most_;
  std::atomic<bool> shares_{true}, told_{false};
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Request*> queue_;  // in order of arrival
  bool leading_ = false;
  size_t callers_ = 1;  // that were there at the last call
};

BatchingNet::BatchingNet(std::string name, std::shared_ptr<const Net> net, int most_entries)
    : gate_(std::make_unique<Gate>(std::move(name), std::move(net), most_entries)) {}

BatchingNet::~BatchingNet() = default;

std::vector<Tensor> BatchingNet::run(const std::vector<Tensor>& inputs) const { return gate_->run(inputs); }

NetFacts BatchingNet::facts() const { return gate_->net().facts(); }

}  // namespace inpaint
