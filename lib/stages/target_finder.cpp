#include "stages/target_finder.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/names.h"
#include "nn/models.h"
#include "nn/tasks/vocabulary.h"
#include "stages/network_models.h"

namespace inpaint {
namespace {

bool finds_classes(const Card& card) {
  return (card.output.kind == "classes" || card.output.kind == "boxes") && !card.labels.empty();
}

bool files_are_there(const Card& card) {
  std::error_code error;
  return std::all_of(card.files.begin(), card.files.end(), [&](const CardFile& file) {
    return std::filesystem::exists(file_path(card, file.role), error);
  });
}

}  // namespace

std::vector<std::string> target_words(const std::string& text) {
  std::vector<std::string> words = split(text, ',');
  std::erase(words, "");
  if (words.empty()) throw SpecError("--target: expected words, such as t-shirt or \"jeans, belt\"");
  return words;
}

Card card_for_target(const std::vector<std::string>& words) {
  std::vector<Card> able;
  std::string refusal;
  for (const Card& card : known_cards()) {
    if (!finds_classes(card)) continue;
    try {
      labels_for(words, card);
      able.push_back(card);
    } catch (const SpecError& error) {
      if (refusal.empty()) refusal = error.what();
    }
  }
  if (able.empty()) throw SpecError(refusal.empty() ? "--target: no model with classes is known" : refusal);
  const auto there = std::find_if(able.begin(), able.end(), files_are_there);
  return there == able.end() ? able.front() : *there;
}

}  // namespace inpaint
