// Which way of running a network is the fastest here, found out once by measuring. No libtorch in it.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "nn/driver.h"

namespace inpaint::torch_module {

/// A way of running a network.
struct Plan {
  bool channels_last = false;             ///< memory order batch, height, width, channels
  Precision precision = Precision::fp32;  ///< of the convolutions; all else is fp32
};

/// What one call on the sample gave.
struct Trial {
  double seconds = 0;
  std::vector<Tensor> outputs;
};

struct Choice {
  Plan plan;
  std::string note;  ///< what was measured, for -v; empty if nothing was
};

/// Runs the sample with a plan.
using TryPlan = std::function<Trial(const Plan& plan)>;

/// The fastest plan that the request allows. A reduced precision, asked for or tried, must stay within the request's
/// tolerance of fp32. Without sample shapes nothing is measured. What was found is kept in
/// $XDG_CACHE_HOME/inpaint/torch under `cache_key` and used again. Throws MissingError if a precision was asked for
/// that the device has not or that is not accurate enough.
Choice choose(const OpenRequest& request, const std::string& cache_key, const TryPlan& try_plan);

/// The largest difference of any two values; infinite for other shapes, or NaN on one side only.
double difference(const std::vector<Tensor>& a, const std::vector<Tensor>& b);

}  // namespace inpaint::torch_module
