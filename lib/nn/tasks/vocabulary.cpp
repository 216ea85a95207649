#include "nn/tasks/vocabulary.h"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <map>
#include <set>
#include <stdexcept>

#include "core/error.h"
#include "core/names.h"
#include "nn/tasks/garments_private.h"
#include "nn/tasks/normal_form_private.h"

namespace inpaint {
namespace {

// A thing in configs/garments.yaml.
struct Thing {
  std::vector<std::string> words;    // the first is its name
  std::vector<size_t> above, kinds;  // indices of things
};

class Garments {
 public:
  Garments() { read(YAML::Load(garments_yaml()), nullptr); }

  const std::vector<Thing>& things() const { return things_; }
  /// Nothing for words that are not of it.
  const Thing* find(const std::string& form) const {
    const auto found = by_form_.find(form);
    return found == by_form_.end() ? nullptr : &things_[found->second];
  }

 private:
  void read(const YAML::Node& kinds, const size_t* above) {
    for (const auto& entry : kinds) {
      const auto name = entry.first.as<std::string>();
      if (name == "also") continue;
      const size_t index = thing(name);
      if (above != nullptr) {
        things_[index].above.push_back(*above);
        things_[*above].kinds.push_back(index);
      }
      const YAML::Node also = entry.second.IsMap() ? entry.second["also"] : entry.second;
      for (const auto& word : also) name_it(index, word.as<std::string>());
      if (entry.second.IsMap()) read(entry.second, &index);
    }
  }

  // One that stands in two places is one thing.
  size_t thing(const std::string& name) {
    if (const auto found = by_form_.find(normal_form(name)); found != by_form_.end()) {
      if (things_[found->second].words.front() == name) return found->second;
    }
    things_.emplace_back();
    name_it(things_.size() - 1, name);
    return things_.size() - 1;
  }

  void name_it(size_t index, const std::string& word) {
    if (!by_form_.emplace(normal_form(word), index).second)
      throw std::logic_error("configs/garments.yaml: '" + word + "' stands there twice");
    things_[index].words.push_back(word);
  }

  std::vector<Thing> things_;
  std::map<std::string, size_t> by_form_;
};

const Garments& garments() {
  static const Garments all;
  return all;
}

using Labels = std::set<int>;

// The labels of a card, found by words.
class Finder {
 public:
  explicit Finder(const Card& card) {
    for (size_t i = 0; i < card.labels.size(); ++i) {
      add(card.labels[i], static_cast<int>(i));
      std::string names = card.labels[i];
      std::replace_if(
          names.begin(), names.end(), [](char c) { return c == ';' || c == '/' || c == '|'; }, ',');
      for (const std::string& name : split(names, ',')) add(name, static_cast<int>(i));
    }
  }

  Labels find(const std::string& word) const {
    const std::string form = normal_form(word);
    const Thing* thing = garments().find(form);
    Labels found = called(form);
    if (thing == nullptr) return found;
    if (found.empty()) found = called(*thing);
    for (const size_t kind : thing->kinds) found.merge(with_kinds(garments().things()[kind]));
    return found.empty() ? above(*thing) : found;
  }

 private:
  void add(const std::string& name, int label) {
    if (const std::string form = normal_form(name); !form.empty()) by_form_[form].insert(label);
  }

  Labels called(const std::string& form) const {
    const auto found = by_form_.find(form);
    return found == by_form_.end() ? Labels() : found->second;
  }

  Labels called(const Thing& thing) const {
    Labels found;
    for (const std::string& word : thing.words) found.merge(called(normal_form(word)));
    return found;
  }

  Labels with_kinds(const Thing& thing) const {
    Labels found = called(thing);
    for (const size_t kind : thing.kinds) found.merge(with_kinds(garments().things()[kind]));
    return found;
  }

  // What is worn in two places needs labels for both.
  Labels above(const Thing& thing) const {
    Labels found;
    for (const size_t one : thing.above) {
      const Thing& broader = garments().things()[one];
      Labels more = called(broader);
      if (more.empty()) more = above(broader);
      if (more.empty()) return {};
      found.merge(more);
    }
    return found;
  }

  std::map<std::string, Labels> by_form_;
};

// Everything that a card knows, label by label: "upper (t-shirt, shirt), lower (jeans)".
std::string known_by_label(const Card& card, const Finder& finder) {
  std::vector<std::string> labels;
  for (size_t i = 0; i < card.labels.size(); ++i) {
    std::vector<std::string> names;
    for (const Thing& thing : garments().things()) {
      const std::string& name = thing.words.front();
      const Labels found = finder.find(name);
      if (found.contains(static_cast<int>(i)) && normal_form(name) != normal_form(card.labels[i]))
        names.push_back(name);
    }
    labels.push_back(card.labels[i] + (names.empty() ? "" : " (" + join(names, ", ") + ")"));
  }
  return join(labels, ", ");
}

// "blue jeans": jeans.
std::string known_end(const std::string& word, const Finder& finder) {
  std::vector<std::string> tokens = tokens_of(word);
  while (tokens.size() > 1) {
    tokens.erase(tokens.begin());
    const std::string end = join(tokens, " ");
    if (!finder.find(end).empty()) return end;
  }
  return "";
}

std::vector<std::string> shipped_that_know(const std::string& word) {
  std::vector<std::string> names;
  for (const Card& card : shipped_cards()) {
    if (!card.labels.empty() && !Finder(card).find(word).empty()) names.push_back(card.name);
  }
  return names;
}

[[noreturn]] void refuse(const std::string& word, const Card& card, const Finder& finder) {
  const std::vector<std::string> able = shipped_that_know(word);
  if (!able.empty() || garments().find(normal_form(word)) != nullptr) {
    throw SpecError(fmt::format("{} has no class for '{}', only {}; {}", card.name, word, join(card.labels, ", "),
                                able.empty() ? "no model that ships has one" : "try --model " + join(able, " or ")));
  }
  std::string near = known_end(word, finder);
  if (near.empty()) near = nearest_name(join(tokens_of(word), " "), words_for(card));
  if (!near.empty()) throw SpecError(fmt::format("{} knows no '{}' (did you mean '{}'?)", card.name, word, near));
  throw SpecError(fmt::format("{} knows no '{}'; known: {}", card.name, word, known_by_label(card, finder)));
}

}  // namespace

std::vector<int> labels_for(const std::vector<std::string>& words, const Card& card) {
  if (card.labels.empty())
    throw SpecError(
        fmt::format("{}: its card names no labels, so that words find nothing; add labels: [...] to the "
                    "card",
                    card.name));
  const Finder finder(card);
  Labels all;
  for (const std::string& word : words) {
    Labels found = finder.find(word);
    if (found.empty()) refuse(word, card, finder);
    all.merge(found);
  }
  return {all.begin(), all.end()};
}

std::vector<std::string> words_for(const Card& card) {
  const Finder finder(card);
  std::vector<std::string> words = card.labels;
  for (const Thing& thing : garments().things()) {
    if (!finder.find(thing.words.front()).empty()) words.insert(words.end(), thing.words.begin(), thing.words.end());
  }
  return words;
}

}  // namespace inpaint
