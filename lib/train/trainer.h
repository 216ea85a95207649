#pragma once
#include <cstdint>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "core/cancel.h"
#include "nn/learner.h"
#include "train/config.h"
#include "train/dataset.h"

namespace inpaint {

/// How a training ended.
struct TrainingResult {
  std::string ended;  ///< "finished", "stopped early", "interrupted", "diverged"
  int64_t steps = 0;
  int64_t best_step = 0;
  double best = 0;   ///< the figure of the best evaluation: reconstruct: PSNR in holes, dB; remove-bg: -MAE
  double first = 0;  ///< that before the first step
};

/// What a training tells while it runs. Events are JSON objects with "event":
///   "step"        step, loss, terms {name: value}, learning-rate, gradient-norm, pictures-per-second
///   "evaluation"  step, and reconstruct: hole-psnr (dB), hole-l1 (0 to 255), psnr; remove-bg: mae, iou, max-f
///   "checkpoint"  step
///   "diverged"    step
struct TrainingWatcher {
  std::function<void(const nlohmann::json& event)> event;
  /// After each evaluation: its first batch (fixed) and what the network makes of it.
  std::function<void(int64_t step, const TrainingBatch& batch, const Tensor& prediction)> pictures;
};

/// Teaches until the iterations or minutes are over, evaluations stop gaining, or `cancel` says so; keeps the best
/// weights. FOLDER/checkpoint.safetensors holds everything that the next step depends on and is replaced atomically;
/// the best weights are in FOLDER/best.safetensors. With `resume` it goes on from there, with the same numbers as if it
/// had never stopped.
/// Throws SpecError if there is nothing to resume, or it was made with another config or other pictures (naming the
/// keys), MissingError if a file cannot be written (the last checkpoint stays).
TrainingResult train(Learner& learner, const Dataset& dataset, const TrainingConfig& config, const std::string& folder,
                     bool resume, const TrainingWatcher& watcher, const Cancel& cancel);

}  // namespace inpaint
