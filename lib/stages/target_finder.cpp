#include "stages/target_finder.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/names.h"
#include "nn/models.h"
#include "nn/tasks/net_classes.h"
#include "nn/tasks/vocabulary.h"
#include "stages/detection_task.h"

namespace inpaint {
namespace {

bool finds_classes(const Card& card) {
  return (card.output.kind == "classes" || card.output.kind == "boxes") && !card.labels.empty();
}

bool files_are_there(const Card& card) {
  std::error_code error;
  return std::all_of(card.files.begin(), card.files.end(),
                     [&](const CardFile& file) { return std::filesystem::exists(file_path(card, file.role), error); });
}

}  // namespace

std::vector<std::string> target_words(const std::string& text) {
  std::vector<std::string> words = split(text, ',');
  std::erase(words, "");
  if (words.empty()) throw SpecError("expected words, such as t-shirt or \"jeans, t-shirt\"");
  return words;
}

std::vector<int> target_labels(const std::string& text, const Card& card) {
  try {
    return labels_for(target_words(text), card);
  } catch (const SpecError& error) {
    throw SpecError(fmt::format("--target: {}", error.what()));
  }
}

Card card_for_target(const std::string& text, const std::string& task) {
  std::vector<Card> able;
  std::string refusal;
  for (const Card& card : known_cards()) {
    if (!finds_classes(card) || std::find(card.tasks.begin(), card.tasks.end(), task) == card.tasks.end()) continue;
    try {
      target_labels(text, card);
      able.push_back(card);
    } catch (const SpecError& error) {
      if (refusal.empty()) refusal = error.what();
    }
  }
  if (able.empty()) throw SpecError(refusal.empty() ? "--target: no model with classes is known" : refusal);
  const auto there = std::find_if(able.begin(), able.end(), files_are_there);
  return there == able.end() ? able.front() : *there;
}

void TargetFinder::describe(Fields& fields) {
  fields
      .add("target", text_,
           "Fill this instead of a mask: what is told in words (t-shirt; \"jeans, t-shirt\") and found by a network "
           "with "
           "classes or boxes")
      .value("WORDS");
  fields.add("target-model", model_, "The network that finds it; default: whichever knows the words")
      .value("NAME|PATH");
}

void TargetFinder::prepare(const Fields& given) {
  if (text_.empty()) {
    if (given.given("target-model")) throw SpecError("--target-model: there is nothing to find; give --target WORDS");
    return;
  }
  card_ = model_.empty() ? card_for_target(text_, "segment") : find_card(model_);
  if (!finds_classes(*card_))
    throw SpecError(fmt::format("--target-model {}: has no classes to choose from", card_->name));
  target_labels(text_, *card_);
  check_input(*card_);
  checksum_ = model_checksum(*card_);
}

nlohmann::json TargetFinder::recipe() const {
  if (!card_) return nullptr;
  return network_recipe(*card_, checksum_);
}

bool TargetFinder::opens_network(const ChosenModel& beside) const { return card_ && beside.would_use_torch(*card_); }

void TargetFinder::open(const ChosenModel& beside) {
  if (!card_) return;
  const std::vector<int> labels = target_labels(text_, *card_);
  std::shared_ptr<const Net> net = beside.open_beside(*card_);
  if (card_->output.kind == "classes") {
    segmenter_ = std::make_unique<ClassSegmenter>(*card_, std::move(net), labels);
  } else {
    DetectOptions options;
    options.labels = labels;
    detector_ = std::make_unique<NetDetector>(*card_, std::move(net), options);
  }
}

Mask TargetFinder::find(Item& item) const {
  item.facts["target"] = text_;
  item.facts["target-model"] = card_->name;
  if (segmenter_) return segmenter_->segment({item.image, {}}).mask;
  const std::vector<Detection> found = detector_->detect(item.image);
  if (found.empty())
    throw ItemError(fmt::format("no_target: {} found no {}", card_->name, text_), ItemError::Cause::input);
  return mask_of(found, item.image);
}

}  // namespace inpaint
