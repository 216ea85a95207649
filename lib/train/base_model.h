#pragma once
#include <optional>
#include <string>

#include "nn/learner.h"
#include "train/options.h"

namespace inpaint {

/// The model that a training begins from.
struct BaseModel {
  std::string name;    ///< of its card
  std::string file;    ///< safetensors, found whole
  std::string sha256;  ///< of the file
  /// pconv: what the file says.
  int width = 0, levels = 0;
  std::string first_fill;
};

/// What --base names; nothing if weights are to be random. Throws SpecError if the model is of another task or
/// architecture (naming both) or of no kind that can be taught; MissingError if its file is absent or damaged.
std::optional<BaseModel> find_base(const std::string& base, const TrainingConfig& config);

/// Takes up the shape of the base. Throws SpecError if a shape that was given (`fields`) is another, but for a first
/// fill of patch where the base has pull-push: then the network is widened.
void take_shape(const BaseModel& base, const Fields& fields, TrainingConfig& config);

/// Throws SpecError for a loss that is no TERM=WEIGHT, SpecError and MissingError for absent features.
LearnerOptions learner_options(const TrainingConfig& config, const BaseModel* base);

}  // namespace inpaint
