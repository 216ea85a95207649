#include "nn/torch/archive_private.h"

#include <algorithm>
#include <cctype>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "core/error.h"

namespace inpaint::torch_module {
namespace {

constexpr const char* convert_cure =
    "it holds pickled Python objects, which may run any code when opened; convert it once with "
    "examples/convert_weights.py, or export the network with torch.jit.trace";

// Parts of zip records: offsets are those of PKWARE's APPNOTE 4.3.
constexpr char end_mark[] = "PK\5\6", entry_mark[] = "PK\1\2", local_mark[] = "PK\3\4";
constexpr size_t end_size = 22, entry_size = 46, local_size = 30;

uint64_t number(const std::string& bytes, size_t at, int count) {
  uint64_t value = 0;
  for (int i = count - 1; i >= 0; --i)
    value = value << 8 | static_cast<unsigned char>(bytes.at(at + static_cast<size_t>(i)));
  return value;
}

class File {
 public:
  explicit File(const std::string& path) : path_(path), stream_(path, std::ios::binary) {
    std::error_code error;
    if (!std::filesystem::exists(path, error)) throw MissingError(path + ": no such file");
    size_ = std::filesystem::is_regular_file(path, error) ? std::filesystem::file_size(path, error) : 0;
    if (error || !stream_) throw MissingError(path + ": cannot be read; check its permissions");
    if (size_ == 0) throw MissingError(path + ": empty or no file; get it again");
  }
  uint64_t size() const { return size_; }
  /// Fewer bytes if the file ends before.
  std::string read(uint64_t at, uint64_t count) {
    std::string bytes(at < size_ ? std::min(count, size_ - at) : 0, '\0');
    stream_.clear();
    stream_.seekg(static_cast<std::streamoff>(at));
    stream_.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    bytes.resize(static_cast<size_t>(std::max<std::streamsize>(stream_.gcount(), 0)));
    return bytes;
  }

 private:
  std::string path_;
  std::ifstream stream_;
  uint64_t size_ = 0;
};

struct Entry {
  std::string name;
  uint64_t method = 0, size = 0, at = 0;
};

// Where the list of entries lies, and how long it is; {0, 0} if there is none.
std::pair<uint64_t, uint64_t> find_list(File& file) {
  const uint64_t tail_size = std::min<uint64_t>(file.size(), 65535 + end_size);
  const std::string tail = file.read(file.size() - tail_size, tail_size);
  const size_t end = tail.rfind(std::string(end_mark, 4));
  if (end == std::string::npos || end + end_size > tail.size()) return {0, 0};
  const uint64_t size = number(tail, end + 12, 4), at = number(tail, end + 16, 4);
  if (at != 0xffffffff) return {at, size};
  const size_t wide = tail.rfind("PK\6\6", end);
  if (wide == std::string::npos || wide + 56 > tail.size()) return {0, 0};
  return {number(tail, wide + 48, 8), number(tail, wide + 40, 8)};
}

std::vector<Entry> read_entries(File& file) {
  const auto [at, size] = find_list(file);
  if (size > file.size()) return {};
  const std::string list = file.read(at, size);
  std::vector<Entry> entries;
  for (size_t i = 0; i + entry_size <= list.size() && list.compare(i, 4, entry_mark, 4) == 0;) {
    const size_t name_size = number(list, i + 28, 2);
    entries.push_back({list.substr(i + entry_size, name_size), number(list, i + 10, 2), number(list, i + 24, 4),
                       number(list, i + 42, 4)});
    i += entry_size + name_size + number(list, i + 30, 2) + number(list, i + 32, 2);
  }
  return entries;
}

// The version is stored as text ("3\n"), not deflated.
int64_t version_in(File& file, const Entry& entry) {
  const std::string head = file.read(entry.at, local_size);
  if (entry.method != 0 || entry.size == 0 || entry.size > 8 || head.size() < local_size) return 0;
  const std::string text = file.read(entry.at + local_size + number(head, 26, 2) + number(head, 28, 2), entry.size);
  int64_t version = 0;
  for (const char c : text) {
    if (std::isdigit(static_cast<unsigned char>(c)) != 0) version = version * 10 + (c - '0');
  }
  return version;
}

// A file that is no zip: what else it is.
std::string other_kind(const std::string& head) {
  const auto starts = [&](const char* text) { return head.compare(0, std::strlen(text), text) == 0; };
  const size_t text = head.find_first_not_of(" \t\r\n");
  if (text != std::string::npos && head[text] == '<') return "a web page, not a network; get the file again";
  if (starts("version https://git-lfs")) return "a Git LFS pointer, not the network; fetch the file itself";
  if (head.size() > 1 && head[0] == '\x80' && head[1] >= 2 && head[1] <= 5) return convert_cure;
  if (head.size() > 9 && head[8] == '{' && head[9] == '"')
    return "safetensors, which hold parameters only; a card with driver: safetensors and its architecture opens them";
  if (head.size() > 1 && head[0] == '\x08' && head[1] > 0 && head[1] < 20)
    return "no TorchScript archive; if it is ONNX, its card must say driver: onnx";
  return "no TorchScript archive (those are zip files that hold code/); get it again or export it with torch.jit.trace";
}

bool ends_with(const std::string& name, const std::string& end) {
  return name.size() >= end.size() && name.compare(name.size() - end.size(), end.size(), end) == 0;
}

}  // namespace

Archive read_archive(const std::string& path) {
  File file(path);
  const std::string head = file.read(0, 512);
  if (head.compare(0, 4, local_mark, 4) != 0) throw MissingError(path + ": " + other_kind(head));
  const std::vector<Entry> entries = read_entries(file);
  if (entries.empty()) throw MissingError(path + ": cut off: a zip file without its end; get it again");
  Archive archive;
  archive.folder = entries.front().name.substr(0, entries.front().name.find('/'));
  bool code = false, pickle = false;
  for (const Entry& entry : entries) {
    archive.names.push_back(entry.name);
    code = code || entry.name.find("/code/") != std::string::npos;
    pickle = pickle || ends_with(entry.name, "data.pkl");
    if (ends_with(entry.name, "/version")) archive.version = version_in(file, entry);
  }
  if (!code && pickle) throw MissingError(path + ": " + convert_cure);
  if (!code) throw MissingError(path + ": a zip file, but no TorchScript archive (it holds no code/)");
  return archive;
}

}  // namespace inpaint::torch_module
