#pragma once
#include <string>
#include <vector>

#include "nn/card.h"

namespace inpaint {

/// The classes of a card that words ask for: indices of card.labels, ascending, each once. Case, hyphens, blanks,
/// underscores and English plurals do not count ("T_Shirts" is "t-shirt"). A word finds
///   1. the labels that are called so; a label with several names ("shirt, blouse") is called by each;
///   2. for words of configs/garments.yaml without such a label, those with another name of the thing (trousers:
///   pants);
///      in either case the labels of its kinds, too (upper: shirt, jacket);
///   3. where these find none, the labels of what it is a kind of, the nearest (jeans: trousers, else lower); of what
///   is
///      worn in two places, of both (suit: upper and lower), or none.
/// Several words unite. The background has no other name than "background".
/// Throws SpecError for a card without labels; a word that nothing knows (with the nearest known one, or all that the
/// card knows, by label); a word that this card has no class for (naming the cards that ship and have one).
std::vector<int> labels_for(const std::vector<std::string>& words, const Card& card);

/// The words that find classes of a card: its labels, then the others in the order of configs/garments.yaml.
std::vector<std::string> words_for(const Card& card);

}  // namespace inpaint
