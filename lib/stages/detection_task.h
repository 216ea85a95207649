#pragma once
#include <memory>
#include <string>
#include <vector>

#include "core/fields.h"
#include "image/detection.h"
#include "nn/card.h"
#include "nn/net.h"
#include "nn/tasks/detect.h"
#include "pipeline/item.h"

namespace inpaint {

/// Boxes found by a network: the options that say which of them count, and what is told of them.
class DetectionTask {
 public:
  void describe(Fields& fields);
  /// `words`: the classes that count, in words; empty: all. Throws SpecError for words that the card has no class for.
  void prepare(const Card& card, const std::vector<std::string>& words);
  void open(std::shared_ptr<const Net> net);
  bool prepared() const { return card_.has_value(); }

  /// Tells them in the item's facts: "detections", each with label, score and box, the best score first.
  std::vector<Detection> find(Item& item) const;
  /// As one COCO data set.
  std::string coco(const Item& item, const std::vector<Detection>& found) const;

 private:
  DetectOptions options_;
  std::optional<Card> card_;
  std::unique_ptr<Detector> detector_;
};

/// 255 inside the boxes.
Mask mask_of(const std::vector<Detection>& found, const Image& image);

}  // namespace inpaint
