#pragma once
#include <memory>
#include <string>
#include <vector>

#include "image/tasks.h"
#include "stages/chosen_model.h"
#include "stages/models.h"

namespace inpaint {

/// Opens the network of a chosen card that finds subjects, classes or what box and points show. `labels`: the classes
/// that count, for cards that have them. Throws MissingError, SpecError.
std::unique_ptr<Segmenter> open_network_segmenter(const ChosenModel& model, const SubjectOptions& options,
                                                  const std::vector<int>& labels);
/// Likewise; edges follow the picture.
std::unique_ptr<Matter> open_network_matter(const ChosenModel& model, const SubjectOptions& options,
                                            const std::vector<int>& labels);

}  // namespace inpaint
