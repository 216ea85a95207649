#include "nn/verified.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/log.h"
#include "nn/models.h"

namespace inpaint {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

std::atomic<int> hashed{0};
std::mutex store_mutex;

fs::path store_path() { return fs::path(models_folder()) / ".verified.json"; }

std::string key_of(const std::string& path) {
  std::error_code error;
  const fs::path whole = fs::canonical(path, error);
  return error ? path : whole.string();
}

// What tells a changed file; null if there is none.
json stamp_of(const std::string& path) {
  struct stat status = {};
  if (::stat(path.c_str(), &status) != 0) return nullptr;
  return {{"size", static_cast<int64_t>(status.st_size)},
          {"mtime", static_cast<int64_t>(status.st_mtim.tv_sec) * 1'000'000'000 + status.st_mtim.tv_nsec},
          {"inode", static_cast<uint64_t>(status.st_ino)}};
}

// A damaged store is an empty one: it only saves time.
json read_store() {
  std::ifstream in(store_path(), std::ios::binary);
  json store = in ? json::parse(in, nullptr, false) : json();
  return store.is_object() ? store : json::object();
}

std::optional<Checksums> entry_of(const json& store, const std::string& key, const json& stamp) {
  const auto entry = store.find(key);
  if (stamp.is_null() || entry == store.end() || !entry->is_object() || entry->value("stamp", json()) != stamp)
    return std::nullopt;
  const auto text = [&](const char* name) {
    const auto it = entry->find(name);
    return it != entry->end() && it->is_string() ? it->get<std::string>() : std::string();
  };
  return Checksums{text("md5"), text("sha256")};
}

bool write_store(const json& store) {
  static std::atomic<int> counter{0};
  const fs::path path = store_path(), temporary = fmt::format("{}.{}-{}", path.string(), getpid(), counter++);
  {
    std::ofstream out(temporary, std::ios::binary);
    out << store.dump(1, ' ', false, json::error_handler_t::replace);
    if (!out.flush()) {
      ::unlink(temporary.c_str());
      return false;
    }
  }
  if (::rename(temporary.c_str(), path.c_str()) == 0) return true;
  ::unlink(temporary.c_str());
  return false;
}

// Read again before it is written: another process that writes in between only makes a file be hashed again.
void remember(const std::string& key, const json& stamp, const Checksums& sums) {
  const std::lock_guard lock(store_mutex);
  json store = read_store();
  std::erase_if(store.get_ref<json::object_t&>(), [](const auto& entry) { return stamp_of(entry.first).is_null(); });
  store[key] = {{"stamp", stamp}, {"md5", sums.md5}, {"sha256", sums.sha256}};
  std::error_code error;
  fs::create_directories(models_folder(), error);
  if (!write_store(store))
    log(LogLevel::detail,
        fmt::format("{} cannot be written: model files are hashed at every start", store_path().string()));
}

Checksums hash(const std::string& path, bool md5, bool sha256) {
  const json before = stamp_of(path);
  log(LogLevel::detail, fmt::format("{}: checking its checksum", path));
  const Checksums sums = file_checksums(path, md5, sha256);
  ++hashed;
  if (!before.is_null() && stamp_of(path) == before) remember(key_of(path), before, sums);
  return sums;
}

}  // namespace

std::optional<Checksums> known_checksums(const std::string& path) {
  const std::lock_guard lock(store_mutex);
  return entry_of(read_store(), key_of(path), stamp_of(path));
}

Checksums remembered_checksums(const std::string& path, bool md5, bool sha256) {
  const Checksums known = known_checksums(path).value_or(Checksums{});
  const bool enough = (!md5 || !known.md5.empty()) && (!sha256 || !known.sha256.empty());
  if (enough && (md5 || sha256)) return known;
  return hash(path, md5 || !known.md5.empty(), sha256 || !known.sha256.empty());
}

Checksums fresh_checksums(const std::string& path, bool md5, bool sha256) { return hash(path, md5, sha256); }

void remember_checksums(const std::string& path, const Checksums& sums) {
  if (const json stamp = stamp_of(path); !stamp.is_null()) remember(key_of(path), stamp, sums);
}

int files_hashed() { return hashed; }

}  // namespace inpaint
