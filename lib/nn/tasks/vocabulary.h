#pragma once
#include <string>
#include <vector>

#include "nn/card.h"

namespace inpaint {

/// A kind of garment.
struct Garment {
  /// What models call its class, the most precise first; several names belong together.
  std::vector<std::vector<std::string>> labels;
  std::vector<std::string> words;  ///< what people call it, lower case
};

/// The garments known by name; made from configs/garments.yaml when the program was built.
const std::vector<Garment>& garments();

/// Which of a card's labels the words mean: indices, ascending, each once. `words`: separated by commas, such as
/// "top, jeans"; capitals, blanks, hyphens and plurals do not matter. A word is one of the card's own labels, or a
/// garment's name whose class the card has. Throws SpecError, for an unknown word with the nearest known one or all
/// that the card can find, for a known one that the card has no class for with the models among `others` that have one.
std::vector<int> labels_for(const std::string& words, const Card& card, const std::vector<Card>& others);

/// The names of those cards that have labels for all words, in the order given. Throws SpecError for an unknown word,
/// and if there is no such card.
std::vector<std::string> models_for_words(const std::string& words, const std::vector<Card>& cards);

}  // namespace inpaint
