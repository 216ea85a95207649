#pragma once
#include <string>
#include <vector>

#include "pipeline/spec.h"
#include "train/config.h"
#include "train/dataset.h"

namespace inpaint {

/// Everything that `finetune` may be told: keys of its config files, and flags.
struct FinetuneOptions {
  DatasetPaths paths;
  std::string base;  ///< model to begin from; "none": random weights; empty: the one that ships for the task, if any
  TrainingConfig training;

  FinetuneOptions() { paths.masks = "random"; }
  void describe(Fields& fields);
  /// Throws SpecError for what does not go together, whatever the base is; its shape is checked with `training`.
  void check() const;
};

/// The options that a training in `folder` was given when it began, paths made absolute. Throws SpecError if the folder
/// holds no training, or its record is damaged.
std::vector<GivenOption> recorded_options(const std::string& folder);

/// What was given, for the record: the paths of pictures, masks and files made absolute, so that the training can go on
/// from any folder.
std::vector<GivenValue> options_to_record(const Fields& fields);

}  // namespace inpaint
