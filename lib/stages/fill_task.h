#pragma once
#include <functional>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "core/fields.h"
#include "image/tasks.h"
#include "nn/tasks/net_inpainter.h"
#include "pipeline/item.h"
#include "stages/chosen_model.h"
#include "stages/models.h"

namespace inpaint {

/// The work of stages that fill a hole with a chosen model: their options, the model, and what is told of it.
class FillTask {
 public:
  /// `task`: the stage's name.
  explicit FillTask(std::string task) : model_(std::move(task)) {}

  void describe(Fields& fields);
  /// Throws SpecError or MissingError.
  void prepare(const Fields& given) { model_.prepare(given); }
  void open();
  const ChosenModel& model() const { return model_; }

  /// Fills what the item's mask selects and tells mask, model and holes in its facts; what was filled otherwise than
  /// asked for, and an empty mask, in its notes. `donors`: where pixels may be taken from; empty: everywhere.
  void run(Item& item, const Mask& donors = {},
           const std::function<void(const std::string&, const Image&)>& watch = {}) const;

 private:
  ChosenModel model_;
  FillOptions options_;
  LargeOptions large_;
  std::unique_ptr<Inpainter> inpainter_;
};

}  // namespace inpaint
