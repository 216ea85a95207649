#pragma once
#include <memory>
#include <string>

#include "nn/net.h"

namespace inpaint {

/// A network whose callers on several threads share calls: inputs of equal shapes are stacked along the batch up to
/// `most_entries`, for devices that compute many pictures at once faster than one after another. Who comes first waits
/// a few milliseconds for others, but only while others are on their way in or out, so that a single caller is never
/// delayed. Each caller gets the outputs of its own entries, and its own exceptions: a shared call that fails is
/// repeated one by one. Where memory does not suffice, fewer entries share a call from then on, told once in the log.
/// Only for networks whose outputs have the batch as first axis, and treat each entry by itself; outputs without such a
/// batch are noticed, and calls are no longer shared. Throws as the network inside.
class BatchingNet : public Net {
 public:
  /// `name`: for the log.
  BatchingNet(std::string name, std::shared_ptr<const Net> net, int most_entries);
  ~BatchingNet() override;
  std::vector<Tensor> run(const std::vector<Tensor>& inputs) const override;
  NetFacts facts() const override;

 private:
  class Gate;
  std::unique_ptr<Gate> gate_;
};

}  // namespace inpaint
