#include "nn/torch/cache_private.h"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace inpaint::torch_module {
namespace {

namespace fs = std::filesystem;

// FNV-1a.
uint64_t mix(uint64_t hash, const std::string& bytes) {
  for (const char c : bytes) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  return hash;
}
constexpr uint64_t start = 0xcbf29ce484222325u;

std::string hexadecimal(uint64_t value) {
  std::ostringstream text;
  text << std::hex << value;
  return text.str();
}

fs::path cache_file(const std::string& key) {
  const char* cache = std::getenv("XDG_CACHE_HOME");
  const char* home = std::getenv("HOME");
  fs::path folder;
  if (cache != nullptr && *cache == '/') {
    folder = cache;
  } else if (home != nullptr && *home == '/') {
    folder = fs::path(home) / ".cache";
  } else {
    return {};
  }
  return folder / "inpaint" / "torch" / (hexadecimal(mix(start, key)) + ".txt");
}

}  // namespace

std::string file_identity(const std::string& file) {
  constexpr std::streamoff block = 65536;
  std::ifstream stream(file, std::ios::binary | std::ios::ate);
  const std::streamoff size = stream.tellg();
  uint64_t hash = mix(start, std::to_string(size));
  for (const std::streamoff at : {std::streamoff{0}, size / 2, std::max<std::streamoff>(size - block, 0)}) {
    std::string bytes(static_cast<size_t>(block), '\0');
    stream.clear();
    stream.seekg(at);
    stream.read(bytes.data(), block);
    bytes.resize(static_cast<size_t>(std::max<std::streamsize>(stream.gcount(), 0)));
    hash = mix(hash, bytes);
  }
  return hexadecimal(hash);
}

std::optional<Choice> remembered(const std::string& key) {
  std::ifstream stream(cache_file(key));
  std::string layout, precision;
  Choice choice;
  if (!std::getline(stream, layout) || !std::getline(stream, precision) || !std::getline(stream, choice.note))
    return {};
  choice.plan.channels_last = layout == "channels_last";
  try {
    choice.plan.precision = Codec<Precision>::parse(precision);
  } catch (const BadValue&) {
    return {};
  }
  return choice;
}

void remember(const std::string& key, const Choice& choice) {
  const fs::path file = cache_file(key);
  if (file.empty()) return;
  std::error_code error;
  fs::create_directories(file.parent_path(), error);
  const fs::path half = file.string() + "." + std::to_string(getpid());
  {
    std::ofstream stream(half);
    stream << (choice.plan.channels_last ? "channels_last" : "contiguous") << '\n'
           << Codec<Precision>::print(choice.plan.precision) << '\n'
           << choice.note << '\n';
    stream.close();
    if (!stream) {
      fs::remove(half, error);
      return;
    }
  }
  fs::rename(half, file, error);
}

}  // namespace inpaint::torch_module
