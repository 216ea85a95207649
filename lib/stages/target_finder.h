#pragma once
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "core/fields.h"
#include "image/detection.h"
#include "image/tasks.h"
#include "nn/card.h"
#include "pipeline/item.h"
#include "stages/chosen_model.h"

namespace inpaint {

/// The words of an option --target: "t-shirt", "jeans, t-shirt". Throws SpecError if there are none.
std::vector<std::string> target_words(const std::string& text);

/// Indices of the card's labels that the words of --target mean, ascending. Throws SpecError for words that it does not
/// know or has no class for.
std::vector<int> target_labels(const std::string& text, const Card& card);

/// The card of a network that finds these things: among those that know them, one whose files are there, else the first
/// by name. `text`: of --target; `task`: the command. Throws SpecError if no word is known, naming those that are.
Card card_for_target(const std::string& text, const std::string& task);

/// The options --target and --target-model of a stage that works on a mask: what the mask is to select is told in words
/// and found by a network.
class TargetFinder {
 public:
  void describe(Fields& fields);
  /// Throws SpecError or MissingError.
  void prepare(const Fields& given);
  bool given() const { return !text_.empty(); }
  /// Null if not given.
  nlohmann::json recipe() const;
  /// `beside`: the stage's own model, whose device and precision are used.
  bool opens_network(const ChosenModel& beside) const;
  void open(const ChosenModel& beside);
  /// 255 where the target is, of the picture's size; tells the target in the item's facts. Throws ItemError if there is
  /// none in the picture.
  Mask find(Item& item) const;

 private:
  std::string text_, model_, checksum_;
  std::optional<Card> card_;
  std::unique_ptr<Segmenter> segmenter_;
  std::unique_ptr<Detector> detector_;
};

}  // namespace inpaint
