#pragma once
#include <nlohmann/json.hpp>
#include <string>

#include "nn/tensor.h"
#include "train/dataset.h"

namespace inpaint {

/// Figures over held-out pictures, means over pictures. reconstruct: "hole-psnr" (dB, in the hole, at most 100),
/// "hole-l1" (0 to 255), "psnr" (whole picture with the known pixels put back); remove-bg: "mae", "iou" (above one
/// half), "max-f" (beta^2 0.3, the best of 256 thresholds of the mean curve).
class Figures {
 public:
  explicit Figures(std::string task) : task_(std::move(task)), precision_(256), recall_(256) {}
  /// `prediction`: what the network made of the batch.
  void add(const TrainingBatch& batch, const Tensor& prediction);
  nlohmann::json json() const;
  /// What decides which weights are the best; more is better: hole-psnr, or -mae.
  double decisive() const;

 private:
  void add_filled(const float* truth, const float* known, const float* made, int64_t pixels);
  void add_matte(const float* truth, const float* made, int64_t pixels);

  std::string task_;
  int64_t pictures_ = 0;
  double hole_psnr_ = 0, hole_l1_ = 0, psnr_ = 0, mae_ = 0, iou_ = 0;
  std::vector<double> precision_, recall_;
};

}  // namespace inpaint
