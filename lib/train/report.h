#pragma once
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "train/album.h"
#include "train/history.h"

namespace inpaint {

/// The state of a training as one HTML page that needs nothing beside it: curves, figures, pictures of evaluations,
/// settings. `record`: of TrainingRecord. Pictures whose files are gone are left out.
std::string training_report(const std::string& title, const nlohmann::json& record, const History& history,
                            const Album& album);

}  // namespace inpaint
