// What teaches a network. Standard library and core only: driver modules include this.
#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "nn/driver.h"
#include "nn/safetensors.h"
#include "nn/tensor.h"

namespace inpaint {

/// Which network is to learn, and how it is judged.
struct LearnerOptions {
  std::string architecture;  ///< "pconv", "u2netp"
  /// pconv from random weights: channels of the first level, number of levels, and what the network adds to in the
  /// hole: a smooth fill ("pull-push"), the mean of that and of two patch fills ("patch"), or nothing ("none").
  /// Weights of the base "pull-push" may be widened to "patch".
  int width = 32, levels = 6;
  std::string base = "patch";
  std::string weights;                 ///< safetensors to begin with; empty: random ones, by `seed`
  std::string features;                ///< pconv: safetensors with VGG16's first layers; empty: a bank of filters
  std::map<std::string, double> loss;  ///< weights of terms that differ from the defaults, by name
  double ema = 0.999;                  ///< share of the old average kept at each step; 0: no averaging
  double clip = 1;                     ///< largest norm of the gradient; 0: any
  uint64_t seed = 0;
  Device device;
  Precision precision = Precision::automatic;
};

/// How one step is taken.
struct StepOptions {
  double learning_rate = 0;
  bool freeze_encoder_norms = false;  ///< the encoder's batch norms keep their statistics
};

/// What one step found.
struct StepResult {
  double loss = 0;                                   ///< the weighted sum
  std::map<std::string, double> terms;               ///< each term before its weight
  double gradient_norm = 0;                          ///< before clipping
  bool finite = true;                                ///< false: loss or gradient is no number; nothing was changed
  double forward_seconds = 0, backward_seconds = 0;  ///< the loss counts as forward
};

/// A network with its optimiser (Adam) and the running average of its weights. Not thread-safe. On one machine and with
/// one number of threads the same steps give the same bits.
/// A batch is, for pconv: pictures N × 3 × H × W in [0,1], known pixels N × 1 × H × W (1 known, 0 hole), and for the
/// base "patch" the pictures with their holes filled in two ways, N × 6 × H × W; for u2netp: pictures likewise, mattes
/// N × 1 × H × W in [0,1].
class Learner {
 public:
  virtual ~Learner() = default;
  /// Throws std::bad_alloc if memory does not suffice.
  virtual StepResult step(const std::vector<Tensor>& batch, const StepOptions& options) = 0;
  /// What the averaged weights make of a batch (its truth in the hole is not looked at): pconv: the picture with its
  /// hole filled; u2netp: the matte. In [0,1].
  virtual Tensor predict(const std::vector<Tensor>& batch) = 0;
  /// The averaged weights under the names that the drivers read.
  virtual std::vector<std::pair<std::string, Tensor>> weights() const = 0;
  /// What drivers must be told of the file beside its tensors.
  virtual std::map<std::string, std::string> metadata() const = 0;
  /// Everything that the next step depends on: weights, averages, optimiser.
  virtual std::vector<std::pair<std::string, Tensor>> state() const = 0;
  /// Throws MissingError naming the first tensor that is missing or of another shape.
  virtual void restore(const Safetensors& state) = 0;
  /// One line for the log: runtime, device, precision, number of parameters.
  virtual std::string facts() const = 0;
};

/// What a driver module that can teach exports under C linkage as `inpaint_learner_1`. Throws MissingError for weights
/// that are absent or of another architecture, an absent device; SpecError for an unknown term of the loss.
using LearnerEntry = std::unique_ptr<Learner> (*)(const DriverHost& host, const LearnerOptions& options);

/// From the torch module. Throws MissingError if there is none, and as LearnerEntry does.
std::unique_ptr<Learner> make_learner(const LearnerOptions& options);

}  // namespace inpaint
