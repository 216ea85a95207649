#pragma once
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "core/fields.h"
#include "image/detection.h"
#include "nn/tasks/detect.h"
#include "pipeline/item.h"
#include "stages/chosen_model.h"

namespace inpaint {

/// Boxes found by a network: which network, which of its boxes count, and what is told of them. The network is the
/// stage's model itself, or another one (--detector) whose boxes show the model what to find.
class DetectionTask {
 public:
  void describe(Fields& fields);
  /// --detector was given.
  bool wanted() const { return !detector_name_.empty(); }
  /// With the stage's own model. `target`: the classes that count, as of --target; empty: all. Throws SpecError for
  /// words that the card has no class for.
  void prepare(const Card& card, const std::string& target);
  /// With the network of --detector. Throws SpecError or MissingError.
  void prepare_detector(const std::string& target);
  bool prepared() const { return card_.has_value(); }

  /// Checksum of the file of --detector; null without.
  nlohmann::json recipe() const;
  /// Opening --detector loads a runtime that computes with OpenMP. `model`: the stage's.
  bool opens_network(const ChosenModel& model) const;
  /// `model`: the stage's. Throws MissingError.
  void open(const ChosenModel& model);

  /// Tells them in the item's facts: "detections", each with label, score and box, the best score first.
  std::vector<Detection> find(Item& item) const;
  /// As one COCO data set.
  std::string coco(const Item& item, const std::vector<Detection>& found) const;

 private:
  std::string detector_name_, checksum_;
  DetectOptions options_;
  std::optional<Card> card_;
  std::unique_ptr<Detector> detector_;
};

/// 255 inside the boxes.
Mask mask_of(const std::vector<Detection>& found, const Image& image);

}  // namespace inpaint
