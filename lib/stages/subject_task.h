#pragma once
#include <optional>
#include <string>
#include <vector>

#include "pipeline/item.h"
#include "pipeline/stage.h"
#include "stages/chosen_model.h"
#include "stages/detection_task.h"
#include "stages/models.h"

namespace inpaint {

/// What the stages that look for a subject share around their model: what the user knows of the subject, and what
/// becomes of a result that the model does not trust.
class SubjectTask {
 public:
  /// `name`: the stage, "segment" or "remove-bg".
  explicit SubjectTask(std::string name) : name_(std::move(name)), model_(name_) {}

  /// `answers`: what --on-uncertain may be, the default first.
  void describe(Fields& fields, const std::vector<std::string>& answers);
  /// Throws SpecError for options that the model does not listen to and for points that contradict each other or the
  /// box in every picture.
  void prepare(const Fields& given);

  const ChosenModel& model() const { return model_; }
  const SubjectOptions& options() const { return options_; }
  /// Checksums of the files of its networks; null if it has none.
  nlohmann::json recipe() const;
  bool opens_network() const;
  /// Opens the model: for "segment" (nothing if it only finds boxes), and for "remove-bg". Throws MissingError.
  std::unique_ptr<Segmenter> open_segmenter();
  std::unique_ptr<Matter> open_matter();
  /// What to find, in words; empty: not told.
  const std::string& target() const { return target_; }
  bool keeps_background() const { return keep_background_; }
  std::vector<const Companion*> companions() const { return {&hint_}; }

  /// Boxes are looked for: by the model itself, or for it to find what is in them.
  bool detects() const { return detection_.prepared(); }
  const DetectionTask& detection() const { return detection_; }

  /// What to ask the model for this picture; nothing, and a note, if the picture is all transparent.
  /// Throws ItemError if box, points or hint do not fit the picture or contradict each other.
  std::optional<SubjectRequest> request(Item& item) const;

  /// Tells model, what it took if it chose (`method`), and confidence in the item's facts: "model", "method",
  /// "confidence", and "uncertain": true if it is too low. Returns whether the picture is to be left as it was. Throws
  /// ItemError if it is to fail.
  bool settle(std::optional<double> confidence, const std::string& method, Item& item) const;

 private:
  Mask hint_for(Item& item) const;
  void prepare_automatic();
  std::unique_ptr<Matter> open_automatic() const;

  void check_network(const Fields& given);
  std::vector<int> labels() const;

  std::string name_;
  ChosenModel model_;
  SubjectOptions options_;
  std::string target_;
  DetectionTask detection_;
  std::optional<Card> automatic_;  // the network that the model "auto" asks, unless it is told where the subject is
  std::string automatic_checksum_;
  Companion hint_;
  bool keep_background_ = false;
  double uncertain_below_ = 0.5;
  std::string on_uncertain_ = "keep";
};

}  // namespace inpaint
