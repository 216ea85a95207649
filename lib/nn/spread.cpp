#include "nn/spread.h"

#include <algorithm>
#include <stdexcept>

namespace inpaint {
namespace {

// Counts a call for as long as it runs, however it ends.
class Visit {
 public:
  explicit Visit(std::atomic<int>& count) : count_(count) { ++count_; }
  ~Visit() { --count_; }
  Visit(const Visit&) = delete;
  Visit& operator=(const Visit&) = delete;

 private:
  std::atomic<int>& count_;
};

}  // namespace

SpreadNet::SpreadNet(std::vector<std::shared_ptr<const Net>> nets) : nets_(std::move(nets)), inside_(nets_.size()) {
  if (nets_.empty()) throw std::invalid_argument("no network to spread calls over");
}

std::vector<Tensor> SpreadNet::run(const std::vector<Tensor>& inputs) const {
  const auto least = std::min_element(inside_.begin(), inside_.end(),
                                      [](const auto& a, const auto& b) { return a.load() < b.load(); });
  const Visit visit(*least);
  return nets_[static_cast<size_t>(least - inside_.begin())]->run(inputs);
}

NetFacts SpreadNet::facts() const {
  NetFacts facts = nets_.front()->facts();
  if (nets_.size() > 1) {
    if (!facts.detail.empty()) facts.detail += "; ";
    facts.detail += "on " + std::to_string(nets_.size()) + " devices";
  }
  return facts;
}

}  // namespace inpaint
