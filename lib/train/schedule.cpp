#include "train/schedule.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace inpaint {

Pace pace_at(const TrainingConfig& config, int64_t step, double progress) {
  Pace pace;
  progress = std::clamp(progress, 0.0, 1.0);
  pace.second_stage = progress > 1 - config.second_stage;
  double share = pace.second_stage ? 0.25 : 1;  // the paper: 2e-4, then 5e-5
  if (config.schedule == Schedule::cosine) share = 0.5 * (1 + std::cos(std::numbers::pi * progress));
  if (step < config.warm_up) share *= static_cast<double>(step + 1) / static_cast<double>(config.warm_up);
  pace.learning_rate = config.learning_rate * share;
  return pace;
}

}  // namespace inpaint
