#pragma once
#include <functional>
#include <string>

#include "core/cancel.h"
#include "train/options.h"
#include "train/record.h"
#include "train/trainer.h"

namespace inpaint {

/// Where a training goes, and who runs it.
struct FinetunePlace {
  std::string folder;
  bool resume = false;
  ProgramFacts program;
};

/// What is known before the first step.
struct FinetuneStart {
  TrainingConfig config;  ///< with iterations or minutes set
  int64_t learned_from = 0, held_out = 0;
  std::vector<SkippedPicture> skipped;
  std::string learner;  ///< its facts
};

struct FinetuneListener {
  std::function<void(const FinetuneStart&)> start;
  std::function<void(const nlohmann::json& event)> event;
};

/// Throws SpecError if `place.folder` cannot take this training: it holds one and that is not to go on, it holds
/// another model, it is a file; or there is nothing to go on with.
void check_place(const FinetunePlace& place);

/// Whether the training there has come to its end by itself, and `fields` (of FinetuneOptions) do not ask for a longer
/// one.
bool is_finished(const std::string& folder, const Fields& fields);

/// A whole training: looks at the pictures, teaches, and makes the folder a model with metrics.jsonl, training.json and
/// report.html, also if it is interrupted or diverges. `fields` describe `options` and know what was given.
/// Throws SpecError and MissingError as Dataset, make_learner and train() do; the last checkpoint stays.
TrainingResult finetune(const FinetuneOptions& options, const Fields& fields, const FinetunePlace& place,
                        const FinetuneListener& listener, const Cancel& cancel);

}  // namespace inpaint
