// The seam inside the module: TorchScript and the native architectures stand behind it alike.
#pragma once
#include <ATen/core/Tensor.h>

#include <memory>
#include <string>
#include <vector>

#include "nn/torch/choice_private.h"

namespace inpaint::torch_module {

/// A network made ready to run in one way.
class Program {
 public:
  virtual ~Program() = default;
  /// Threads may call it at the same time. All outputs, flattened. May throw anything that libtorch throws.
  virtual std::vector<at::Tensor> run(std::vector<at::Tensor> inputs) const = 0;
  /// How many convolutions are computed in the plan's precision.
  virtual int reduced_convolutions() const = 0;
};

/// A network read into memory, on its device.
class Network {
 public:
  virtual ~Network() = default;
  virtual std::unique_ptr<Program> program(const Plan& plan) const = 0;
  virtual size_t input_count() const = 0;
  /// What it wants, in words: "forward(image: Tensor, mask: Tensor)".
  virtual std::string signature() const = 0;
};

}  // namespace inpaint::torch_module
