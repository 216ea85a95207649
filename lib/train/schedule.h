#pragma once
#include <cstdint>

#include "train/config.h"

namespace inpaint {

/// How fast a step learns.
struct Pace {
  double learning_rate = 0;
  bool second_stage = false;  ///< the encoder's batch norms keep their statistics
};

/// step: counted from 0. progress: share of the training that is over, 0 to 1.
Pace pace_at(const TrainingConfig& config, int64_t step, double progress);

}  // namespace inpaint
