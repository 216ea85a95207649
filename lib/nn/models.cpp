#include "nn/models.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>
#include <sstream>

#include "core/error.h"
#include "core/log.h"
#include "core/names.h"
#include "nn/module.h"

namespace inpaint {
namespace {

namespace fs = std::filesystem;

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

std::string text_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  if (!in) throw SpecError(fmt::format("{}: cannot be read", file.string()));
  return text.str();
}

Card card_in(const fs::path& file) {
  Card card = read_card(text_of(file), file.string());
  card.folder = file.parent_path().string();
  return card;
}

}  // namespace

std::string models_folder() {
  if (const std::string own = variable("INPAINT_MODELS"); !own.empty()) return own;
  if (const std::string data = variable("XDG_DATA_HOME"); !data.empty()) return data + "/inpaint/models";
  return variable("HOME") + "/.local/share/inpaint/models";
}

std::vector<Card> known_cards() {
  std::map<std::string, Card> cards;
  for (const Card& card : shipped_cards()) cards[card.name] = card;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(models_folder(), error)) {
    const fs::path file = entry.path() / "card.yaml";
    if (!fs::exists(file, error)) continue;
    Card card = card_in(file);
    cards[card.name] = std::move(card);
  }
  std::vector<Card> sorted;
  for (auto& [name, card] : cards) sorted.push_back(std::move(card));
  return sorted;
}

std::string file_path(const Card& card, const std::string& role) {
  const fs::path folder = card.folder.empty() ? fs::path(models_folder()) / card.name : fs::path(card.folder);
  return (folder / card.file(role).name).string();
}

}  // namespace inpaint
