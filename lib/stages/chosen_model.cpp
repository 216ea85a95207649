#include "stages/chosen_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/names.h"
#include "nn/models.h"
#include "nn/tasks/feed.h"
#include "stages/models.h"

namespace inpaint {
namespace {

using Shapes = std::vector<std::vector<int64_t>>;

bool holds(const std::vector<std::string>& words, const std::string& word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

// The path that the text is if no model is called so: with a '/', so that find_card takes it for one.
std::optional<std::string> path_in(const std::string& text) {
  namespace fs = std::filesystem;
  if (text.find('/') != std::string::npos) return text;
  std::error_code error;
  const fs::path stored = fs::path(models_folder()) / text;
  if (!text.empty() && fs::exists(stored / "card.yaml", error)) return stored.string();
  if (fs::is_regular_file(text, error) || fs::exists(fs::path(text) / "card.yaml", error)) return "./" + text;
  return std::nullopt;
}

}  // namespace

nlohmann::json network_recipe(const Card& card, const std::string& checksum) {
  return {{"name", card.name}, {"checksum", checksum}, {"card", card_recipe(card)}};
}

ChosenModel::ChosenModel(std::string task) : task_(std::move(task)), asked_{default_model(task_)} {
  name_ = asked_.text;
}

void ChosenModel::describe(Fields& fields, const std::string& what) {
  fields.add("model", asked_,
             fmt::format("{}: {}; a network (see 'inpaint models list --task {}'); or the PATH of a model file or of a "
                         "folder with card.yaml",
                         what, join(models_for(task_), ", "), task_));
  fields.add("device", device_, "Networks: where they run; auto: the first GPU, or the CPU if there is none")
      .not_in_recipe();
  fields.add("precision", precision_,
             "Networks: number type; auto: a smaller one where it measured faster and within the card's tolerance");
}

void ChosenModel::prepare(const Fields& given) {
  const std::vector<std::string> builtin = models_for(task_);
  if (holds(builtin, asked_.text)) {
    name_ = asked_.text;
    card_.reset();
    check_model_options(task_, name_, nullptr, given);
    return;
  }
  std::vector<std::string> names = builtin;
  bool named = false;  // also of a card for something else, which the other prepare refuses
  for (const Card& card : known_cards()) {
    named = named || card.name == asked_.text;
    if (holds(card.tasks, task_)) names.push_back(card.name);
  }
  if (named) {
    prepare(given, find_card(asked_.text));
  } else if (const auto path = path_in(asked_.text)) {
    prepare(given, find_card(*path));
  } else {
    throw SpecError(fmt::format("{}: --model: no model '{}'{}", task_, asked_.text, name_hint(asked_.text, names)));
  }
}

void ChosenModel::prepare(const Fields& given, const Card& card) {
  card_ = card;
  name_ = card.name;
  if (!holds(card.tasks, task_))
    throw SpecError(fmt::format("{}: --model {}: is for {}", task_, card.name, join(card.tasks, ", ")));
  check_model_options(task_, name_, &card, given);
  check_input(card);
  checksum_ = model_checksum(card);
}

nlohmann::json ChosenModel::recipe() const {
  if (!card_) return nullptr;
  return network_recipe(*card_, checksum_);
}

bool ChosenModel::opens_network() const { return card_ && runs_on_torch(*card_, device_, precision_); }

bool ChosenModel::would_use_torch(const Card& other) const { return runs_on_torch(other, device_, precision_); }

std::shared_ptr<const Net> ChosenModel::open(const std::string& role) const {
  return open_net(*card_, role, device_, precision_, role == "decoder" ? Shapes{} : usual_shapes(card_->input));
}

std::shared_ptr<const Net> ChosenModel::open_beside(const Card& other) const {
  return open_net(other, "net", device_, precision_, usual_shapes(other.input));
}

}  // namespace inpaint
