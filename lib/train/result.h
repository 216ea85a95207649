#pragma once
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "train/config.h"
#include "train/folder.h"

namespace inpaint {

/// Makes the folder a model: the best weights that train() kept become model.safetensors, in half precision unless one
/// is too large for that, and card.yaml says how to feed them. `metadata`: the learner's. `figures`: of the record; may
/// be null. Throws MissingError if a file cannot be written or there are no best weights. Killed in between, it leaves
/// no card.
void write_model(const TrainingFolder& folder, const TrainingConfig& config,
                 const std::map<std::string, std::string>& metadata, const nlohmann::json& figures);

}  // namespace inpaint
