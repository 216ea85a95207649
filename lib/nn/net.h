// The only door to a network runtime. Standard library and core only: driver modules include this.
#pragma once
#include <string>
#include <vector>

#include "nn/device.h"
#include "nn/tensor.h"

namespace inpaint {

/// How an opened network runs.
struct NetFacts {
  std::string driver;                     ///< "native", "opencv 4.6.0", "torch 1.13.1"
  Device device;                          ///< never automatic
  Precision precision = Precision::fp32;  ///< never automatic
  std::string detail;                     ///< what else -v should tell: "channels_last, 117 convolutions in bf16"
};

/// An opened network: tensors in, tensors out. Threads may call run at the same time; it computes with
/// threads_per_worker() threads.
class Net {
 public:
  virtual ~Net() = default;
  /// `inputs` in the network's order; the first axis of each is the batch. All outputs, in the network's order
  /// (entries of tuples and lists flattened; of dictionaries by key).
  /// Throws ItemError if the network refuses these inputs (naming expected and given shapes as far as it tells), and
  /// std::bad_alloc if the device has not enough memory for them; the network stays usable.
  virtual std::vector<Tensor> run(const std::vector<Tensor>& inputs) const = 0;
  virtual NetFacts facts() const = 0;
};

}  // namespace inpaint
