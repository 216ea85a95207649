// The seam inside the module: what is particular to one network that learns.
#pragma once
#include <ATen/core/Tensor.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "nn/learner.h"
#include "nn/torch/pconv_private.h"

namespace inpaint::torch_module {

/// A network that learns. Weights are kept by its owner under the names of its file; running_mean and running_var are
/// not learned but followed.
class Pupil {
 public:
  virtual ~Pupil() = default;
  /// Names and shapes, in the order in which files have them.
  virtual std::vector<std::pair<std::string, std::vector<int64_t>>> shapes() const = 0;
  /// Factors of the terms of the loss.
  virtual std::map<std::string, double> loss_weights() const = 0;
  /// Scalars by name; statistics in `weights` are updated.
  virtual std::map<std::string, at::Tensor> losses(const TensorMap& weights, const std::vector<at::Tensor>& batch,
                                                   bool freeze_encoder_norms) const = 0;
  virtual at::Tensor predict(const TensorMap& weights, const std::vector<at::Tensor>& batch) const = 0;
  virtual std::map<std::string, std::string> metadata() const = 0;
  /// Factor of the usual spread of random weights.
  virtual double initial_scale(const std::string&) const { return 1; }
};

/// What pupils are made from. `weights`: of the file to begin with; empty if there is none.
struct PupilOptions {
  const LearnerOptions& told;
  const TensorMap& weights;
  std::map<std::string, std::string> metadata;
  at::Device device;
  at::ScalarType type;  ///< of convolutions
};

std::unique_ptr<Pupil> make_pconv_pupil(const PupilOptions& options);
std::unique_ptr<Pupil> make_u2net_pupil(const PupilOptions& options);

}  // namespace inpaint::torch_module
