#include <algorithm>
#include <cctype>
#include <map>
#include <set>

#include "core/names.h"
#include "nn/tasks/normal_form_private.h"

namespace inpaint {
namespace {

// Plurals that no rule makes, those in -ves of words in -f (gloves and sleeves follow the rule), and a few words in -s.
const std::map<std::string, std::string, std::less<>> irregular = {
    {"calves", "calf"},
    {"halves", "half"},
    {"knives", "knife"},
    {"leaves", "leaf"},
    {"loaves", "loaf"},
    {"scarves", "scarf"},
    {"shelves", "shelf"},
    {"wolves", "wolf"},
    {"kerchieves", "kerchief"},
    {"neckerchieves", "neckerchief"},
    {"men", "man"},
    {"women", "woman"},
    {"people", "person"},
    {"persons", "person"},
    {"children", "child"},
    {"feet", "foot"},
    {"teeth", "tooth"},
    {"geese", "goose"},
    {"mice", "mous"},
    {"mouse", "mous"},
    {"lens", "lens"},
    {"lenses", "lens"},
    {"tutus", "tutu"},
    {"menus", "menu"},
    {"hanfus", "hanfu"},
    {"bandeaus", "bandeau"},
    {"bus", "bus"},
    {"gas", "gas"},
};

// Words that stand in the plural, and whose singular is another thing; not so as part of others (wine glasses).
const std::set<std::string, std::less<>> plural_only = {
    "boxers", "braces", "briefs", "cords",  "flats",  "glasses",    "heels",      "khakis", "knickers",
    "nylons", "pjs",    "shades", "shorts", "slacks", "spectacles", "suspenders", "tights", "trunks",
};

bool sibilant(std::string_view text) {
  static constexpr std::string_view ends[] = {"s", "x", "z", "ch", "sh"};
  return std::any_of(std::begin(ends), std::end(ends), [&](std::string_view end) { return text.ends_with(end); });
}

// Plural and singular come to the same, which need not be a word: dresses, dress -> dress; blouses, blouse -> blous;
// hoodies, hoodie -> hoody; ladies, lady -> lady; shoes, shoe -> sho; potatoes, potato -> potato; capes, cape -> cape.
std::string singular(std::string word) {
  if (const auto found = irregular.find(word); found != irregular.end()) return found->second;
  if (word.size() < 3) return word;
  const bool plural = word.ends_with('s') && !word.ends_with("ss") && !word.ends_with("us");
  if (plural) word.pop_back();
  if (!word.ends_with('e')) return word;
  const std::string_view stem(word.data(), word.size() - 1);
  if (stem.ends_with('i')) return std::string(stem.substr(0, stem.size() - 1)) + "y";
  if (stem.ends_with('o') || sibilant(stem)) return std::string(stem);
  return word;
}

}  // namespace

std::vector<std::string> tokens_of(std::string_view text) {
  std::vector<std::string> tokens;
  bool inside = false;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\'') continue;
    const bool letter = byte >= 0x80 || std::isalnum(byte) != 0;
    if (letter && !inside) tokens.emplace_back();
    if (letter) tokens.back() += byte < 0x80 ? static_cast<char>(std::tolower(byte)) : c;
    inside = letter;
  }
  return tokens;
}

std::string normal_form(std::string_view text) {
  std::vector<std::string> tokens = tokens_of(text);
  if (tokens.empty()) return "";
  if (tokens.size() > 1 || !plural_only.contains(tokens.front())) tokens.back() = singular(tokens.back());
  return join(tokens, "");
}

}  // namespace inpaint
