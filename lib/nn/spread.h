#pragma once
#include <atomic>
#include <memory>
#include <vector>

#include "nn/net.h"

namespace inpaint {

/// The same network on several devices: each call goes to the one with the fewest calls inside, the first of equals.
/// Throws as the networks do.
class SpreadNet : public Net {
 public:
  /// At least one (std::invalid_argument).
  explicit SpreadNet(std::vector<std::shared_ptr<const Net>> nets);
  std::vector<Tensor> run(const std::vector<Tensor>& inputs) const override;
  /// Of the first; detail tells how many there are.
  NetFacts facts() const override;

 private:
  std::vector<std::shared_ptr<const Net>> nets_;
  mutable std::vector<std::atomic<int>> inside_;
};

}  // namespace inpaint
