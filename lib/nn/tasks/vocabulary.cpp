#include "nn/tasks/vocabulary.h"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <set>

#include "core/error.h"
#include "core/names.h"
#include "nn/tasks/vocabulary_private.h"

namespace inpaint {
namespace {

// Letters and digits alone, in lower case: "T-Shirt" and "t shirt" become "tshirt".
std::string spelling(std::string_view word) {
  std::string out;
  for (const char c : word) {
    const auto letter = static_cast<unsigned char>(c);
    if (std::isalnum(letter) || letter >= 0x80) out += static_cast<char>(letter < 0x80 ? std::tolower(letter) : letter);
  }
  return out;
}

constexpr std::array<std::array<std::string_view, 2>, 4> irregular{
    {{"people", "person"}, {"men", "man"}, {"women", "woman"}, {"children", "child"}}};

// What may be the singular of a spelling, itself included. Wrong guesses do no harm: they are no words.
std::vector<std::string> singulars(const std::string& word) {
  std::vector<std::string> out{word};
  const auto replace = [&](std::string_view ending, std::string_view by) {
    if (word.size() > ending.size() + 1 && word.ends_with(ending))
      out.push_back(word.substr(0, word.size() - ending.size()) + std::string(by));
  };
  for (const auto& [plural, singular] : irregular) {
    if (word == plural) out.emplace_back(singular);
  }
  if (word.ends_with("ss")) return out;
  replace("s", "");
  for (const char* hiss : {"ses", "xes", "zes", "ches", "shes"}) {
    if (word.ends_with(hiss)) replace("es", "");
  }
  replace("ies", "y");
  replace("ves", "f");
  replace("ves", "fe");
  return out;
}

bool same_word(std::string_view a, std::string_view b) {
  const auto forms = singulars(spelling(a)), others = singulars(spelling(b));
  return !forms.front().empty() && std::any_of(forms.begin(), forms.end(), [&](const std::string& form) {
    return std::find(others.begin(), others.end(), form) != others.end();
  });
}

std::vector<std::string> strings(const YAML::Node& node) { return node.as<std::vector<std::string>>(); }

std::vector<Garment> read_garments() {
  std::vector<Garment> out;
  for (const YAML::Node& node : YAML::Load(garments_text())) {
    Garment garment{{}, strings(node["words"])};
    for (const std::string& labels : strings(node["labels"])) garment.labels.push_back(split(labels, '+'));
    out.push_back(std::move(garment));
  }
  return out;
}

const Garment* garment_called(const std::string& word) {
  for (const Garment& garment : garments()) {
    const auto same = [&](const std::string& known) { return same_word(word, known); };
    if (std::any_of(garment.words.begin(), garment.words.end(), same)) return &garment;
  }
  return nullptr;
}

// Labels of the card that are this word; none if there are none.
std::vector<int> own_labels(const Card& card, const std::string& word) {
  std::vector<int> out;
  for (size_t i = 0; i < card.labels.size(); ++i) {
    if (same_word(card.labels[i], word)) out.push_back(static_cast<int>(i));
  }
  return out;
}

std::vector<int> labels_of(const Garment& garment, const Card& card) {
  for (const auto& names : garment.labels) {
    std::vector<int> found;
    for (const std::string& name : names) {
      for (const int label : own_labels(card, name)) found.push_back(label);
    }
    if (!found.empty()) return found;
  }
  return {};
}

std::vector<int> labels_of(const std::string& word, const Card& card) {
  const std::vector<int> own = own_labels(card, word);
  if (!own.empty()) return own;
  const Garment* garment = garment_called(word);
  return garment ? labels_of(*garment, card) : std::vector<int>{};
}

// "upper (top, tee, ...), lower (...)": all that the card can be asked for.
std::string all_by_label(const Card& card) {
  std::vector<std::string> groups;
  for (size_t i = 0; i < card.labels.size(); ++i) {
    std::vector<std::string> words;
    for (const Garment& garment : garments()) {
      const std::vector<int> labels = labels_of(garment, card);
      if (labels == std::vector<int>{static_cast<int>(i)})
        words.insert(words.end(), garment.words.begin(), garment.words.end());
    }
    groups.push_back(card.labels[i] + (words.empty() ? "" : " (" + join(words, ", ") + ")"));
  }
  return join(groups, "; ");
}

// The end of a phrase, if it alone is known: "dress" of "red dress".
std::string known_ending(const std::string& phrase, const Card& card) {
  for (size_t blank = phrase.find(' '); blank != std::string::npos; blank = phrase.find(' ', blank + 1)) {
    const std::string ending(trim(std::string_view(phrase).substr(blank)));
    if (!labels_of(ending, card).empty()) return ending;
  }
  return "";
}

[[noreturn]] void unknown_word(const std::string& word, const Card& card) {
  const std::string ending = known_ending(word, card);
  if (!ending.empty()) {
    throw SpecError(
        fmt::format("--target {}: only kinds of garments are known, no colours, patterns or brands; ask for "
                    "'{}'",
                    word, ending));
  }
  std::vector<std::string> known = card.labels;
  for (const Garment& garment : garments()) {
    if (!labels_of(garment, card).empty()) known.insert(known.end(), garment.words.begin(), garment.words.end());
  }
  const std::string near = nearest_name(word, known);
  throw SpecError(near.empty()
                      ? fmt::format("--target {}: unknown; model {} can find: {}", word, card.name, all_by_label(card))
                      : fmt::format("--target {}: unknown (did you mean '{}'?)", word, near));
}

[[noreturn]] void no_class(const std::string& word, const Card& card, const std::vector<Card>& others) {
  std::vector<std::string> able;
  for (const Card& other : others) {
    if (!labels_of(word, other).empty()) able.push_back(other.name);
  }
  throw SpecError(fmt::format("--target {}: model {} has no class for it, only {}; {}", word, card.name,
                              join(card.labels, ", "),
                              able.empty() ? "no known model has one" : "models that have one: " + join(able, ", ")));
}

std::vector<std::string> words_in(const std::string& list) {
  std::vector<std::string> words;
  for (const std::string& word : split(list, ',')) {
    if (!spelling(word).empty()) words.push_back(word);
  }
  if (words.empty()) throw SpecError(fmt::format("--target '{}': expected garments, such as 'top, jeans'", list));
  return words;
}

}  // namespace

const std::vector<Garment>& garments() {
  static const std::vector<Garment> read = read_garments();
  return read;
}

std::vector<int> labels_for(const std::string& words, const Card& card, const std::vector<Card>& others) {
  std::set<int> chosen;
  for (const std::string& word : words_in(words)) {
    const std::vector<int> labels = labels_of(word, card);
    if (labels.empty()) garment_called(word) ? no_class(word, card, others) : unknown_word(word, card);
    chosen.insert(labels.begin(), labels.end());
  }
  return {chosen.begin(), chosen.end()};
}

std::vector<std::string> models_for_words(const std::string& list, const std::vector<Card>& cards) {
  const std::vector<std::string> words = words_in(list);
  for (const std::string& word : words) {
    const auto knows = [&](const Card& card) { return !own_labels(card, word).empty(); };
    if (!garment_called(word) && std::none_of(cards.begin(), cards.end(), knows)) {
      Card all;
      all.name = "any";
      for (const Card& card : cards) all.labels.insert(all.labels.end(), card.labels.begin(), card.labels.end());
      unknown_word(word, all);
    }
  }
  std::vector<std::string> able;
  for (const Card& card : cards) {
    const auto has = [&](const std::string& word) { return !labels_of(word, card).empty(); };
    if (std::all_of(words.begin(), words.end(), has)) able.push_back(card.name);
  }
  if (able.empty()) {
    throw SpecError(
        fmt::format("--target {}: no known model has classes for {} ('inpaint models list' shows what there "
                    "is; cards of your own name theirs under 'labels')",
                    list, words.size() == 1 ? "it" : "all of these"));
  }
  return able;
}

}  // namespace inpaint
