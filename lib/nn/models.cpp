#include "nn/models.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string_view>

#include "core/error.h"
#include "core/log.h"
#include "core/names.h"
#include "nn/file_kind.h"

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
  card.folder = file.parent_path().empty() ? "." : file.parent_path().string();
  return card;
}

bool names_file(const Card& card, const std::string& name) {
  return std::any_of(card.files.begin(), card.files.end(), [&](const CardFile& file) { return file.name == name; });
}

Card card_of_file(const fs::path& file) {
  const std::string name = file.filename().string();
  const fs::path own = file.string() + ".yaml", shared = file.parent_path() / "card.yaml";
  std::error_code error;
  for (const fs::path& place : {own, shared}) {
    if (!fs::exists(place, error)) continue;
    Card card = card_in(place);
    if (names_file(card, name)) return card;
    if (place == own) throw SpecError(fmt::format("{}: files: none of them is {}", own.string(), name));
  }
  for (const Card& shipped : shipped_cards()) {
    if (!names_file(shipped, name)) continue;
    Card card = shipped;
    card.folder = file.parent_path().empty() ? "." : file.parent_path().string();
    return card;
  }
  refuse_pickle(file.string());
  throw SpecError(
      fmt::format("{}: has no card that says how to feed it; 'inpaint models inspect {}' drafts one, to be kept as {}",
                  file.string(), file.string(), own.string()));
}

// As part of an address (RFC 3986, 2.3).
std::string escaped(const std::string& path) {
  std::string text;
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain =
        byte < 128 && (std::isalnum(byte) || std::string_view("-._~/").find(c) != std::string_view::npos);
    text += plain ? std::string(1, c) : fmt::format("%{:02X}", byte);
  }
  return text;
}

bool looks_like_file(const std::string& name) {
  const std::string extension = fs::path(name).extension().string();
  const std::vector<std::string> known{".pt", ".pth", ".onnx", ".safetensors", ".ckpt", ".jit"};
  return name.find('/') != std::string::npos || std::find(known.begin(), known.end(), extension) != known.end();
}

}  // namespace

std::string models_folder() {
  if (std::string own = variable("INPAINT_MODELS"); !own.empty()) {
    while (own.size() > 1 && own.ends_with('/')) own.pop_back();
    return own;
  }
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
    try {
      Card card = card_in(file);
      cards[card.name] = std::move(card);
    } catch (const SpecError& broken) {
      log(LogLevel::warning, fmt::format("{}; this model is left out", broken.what()));
    }
  }
  std::vector<Card> sorted;
  for (auto& [name, card] : cards) sorted.push_back(std::move(card));
  return sorted;
}

Card find_card(const std::string& name_or_path) {
  std::error_code error;
  const fs::path path = name_or_path;
  const bool may_be_name = name_or_path.find('/') == std::string::npos;
  if (may_be_name) {
    const fs::path own = fs::path(models_folder()) / path / "card.yaml";
    if (fs::exists(own, error)) return card_in(own);
    for (Card& card : known_cards()) {
      if (card.name == name_or_path) return card;
    }
  }
  if (fs::exists(path / "card.yaml", error)) return card_in(path / "card.yaml");
  if (fs::is_regular_file(path, error)) return card_of_file(path);
  if (fs::is_directory(path, error))
    throw SpecError(fmt::format("model '{}': the folder holds no card.yaml", name_or_path));
  if (looks_like_file(name_or_path)) throw SpecError(fmt::format("model '{}': no such file or folder", name_or_path));
  std::vector<std::string> names;
  for (const Card& card : known_cards()) names.push_back(card.name);
  throw SpecError(fmt::format("unknown model '{}'{}", name_or_path, name_hint(name_or_path, names)));
}

bool in_store(const Card& card) {
  return card.folder.empty() || fs::path(card.folder).parent_path() == fs::path(models_folder());
}

std::string file_url(const Card& card, const std::string& role) {
  const CardFile& file = card.file(role);
  std::string mirror = variable("INPAINT_MODELS_MIRROR");
  if (mirror.empty()) return file.url;
  while (mirror.ends_with('/')) mirror.pop_back();
  if (mirror.find("://") == std::string::npos) mirror = "file://" + escaped(fs::absolute(mirror).string());
  return fmt::format("{}/{}/{}", mirror, escaped(card.name), escaped(file.name));
}

bool can_be_fetched(const Card& card, const std::string& role) {
  const CardFile& file = card.file(role);
  return !file_url(card, role).empty() && !(file.md5.empty() && file.sha256.empty());
}

std::optional<int64_t> card_size(const Card& card) {
  int64_t sum = 0;
  for (const CardFile& file : card.files) {
    if (!file.size) return std::nullopt;
    sum += *file.size;
  }
  return sum;
}

}  // namespace inpaint
