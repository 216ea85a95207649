// Where files of models are: given by the user or fetched, or shipped with the program.
#include <cstdlib>
#include <filesystem>

#include "nn/models.h"

namespace inpaint {
namespace {

namespace fs = std::filesystem;

bool is_there(const fs::path& file) {
  std::error_code error;
  return fs::exists(file, error);
}

bool may_ship(const Card& card, const CardFile& file) {
  return card.folder.empty() && file.url.empty() && !file.sha256.empty();
}

}  // namespace

std::string store_path(const Card& card, const std::string& role) {
  const fs::path folder = card.folder.empty() ? fs::path(models_folder()) / card.name : fs::path(card.folder);
  return (folder / card.file(role).name).string();
}

std::vector<std::string> shipped_folders() {
  std::vector<std::string> folders;
  if (const char* data = std::getenv("INPAINT_DATA"); data != nullptr && *data != '\0') {
    folders.push_back((fs::path(data) / "models").string());
  }
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error).parent_path();
  folders.push_back((program / ".." / "share" / "inpaint" / "models").lexically_normal().string());
  folders.push_back((program / "shipped_models").string());
  return folders;
}

bool ships(const Card& card, const std::string& role) {
  return may_ship(card, card.file(role)) && !is_there(store_path(card, role));
}

std::string file_path(const Card& card, const std::string& role) {
  const std::string own = store_path(card, role);
  if (!ships(card, role)) return own;
  const std::vector<std::string> folders = shipped_folders();
  for (const std::string& folder : folders) {
    const fs::path file = fs::path(folder) / card.file(role).name;
    if (is_there(file)) return file.string();
  }
  return (fs::path(folders.front()) / card.file(role).name).string();
}

}  // namespace inpaint
