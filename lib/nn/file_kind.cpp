#include "nn/file_kind.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <string_view>
#include <vector>

#include "core/error.h"

namespace inpaint {
namespace {

class Bytes {
 public:
  explicit Bytes(const std::string& path) : in_(path, std::ios::binary) {
    in_.seekg(0, std::ios::end);
    size_ = static_cast<int64_t>(in_.tellg());
    if (!in_ || size_ < 0) throw MissingError(path + ": cannot be read");
  }
  int64_t size() const { return size_; }
  /// Shorter, or empty, at the end of the file.
  std::string at(int64_t offset, int64_t count) {
    if (offset < 0 || offset >= size_) return "";
    std::string text(static_cast<size_t>(std::min(count, size_ - offset)), '\0');
    in_.clear();
    in_.seekg(offset);
    in_.read(text.data(), static_cast<std::streamsize>(text.size()));
    return in_ ? text : "";
  }

 private:
  std::ifstream in_;
  int64_t size_ = 0;
};

uint64_t little_endian(std::string_view bytes) {
  uint64_t value = 0;
  for (size_t i = bytes.size(); i-- > 0;) value = value << 8 | static_cast<uint8_t>(bytes[i]);
  return value;
}

// The central directory's place in a zip archive (PKWARE APPNOTE 4.3.16; 4.3.14 for the 64-bit form), empty if cut off.
std::string central_directory(Bytes& file) {
  constexpr int64_t end_size = 22, comment = 65535, most = 64 << 20;
  const int64_t from = std::max<int64_t>(0, file.size() - end_size - comment);
  const std::string tail = file.at(from, end_size + comment);
  const size_t end = tail.rfind("PK\5\6");
  if (end == std::string::npos || end + end_size > tail.size()) return "";
  uint64_t size = little_endian(std::string_view(tail).substr(end + 12, 4));
  uint64_t offset = little_endian(std::string_view(tail).substr(end + 16, 4));
  if (offset == 0xffffffff || size == 0xffffffff) {
    const std::string locator = file.at(from + static_cast<int64_t>(end) - 20, 20);
    if (!locator.starts_with("PK\6\7")) return "";
    const std::string record = file.at(static_cast<int64_t>(little_endian(std::string_view(locator).substr(8, 8))), 56);
    if (record.size() != 56 || !record.starts_with("PK\6\6")) return "";
    size = little_endian(std::string_view(record).substr(40, 8));
    offset = little_endian(std::string_view(record).substr(48, 8));
  }
  return size > most || offset > static_cast<uint64_t>(file.size())
             ? ""
             : file.at(static_cast<int64_t>(offset), static_cast<int64_t>(size));
}

std::vector<std::string> zip_names(Bytes& file) {
  constexpr size_t header = 46;
  const std::string directory = central_directory(file);
  const std::string_view all = directory;
  std::vector<std::string> names;
  for (size_t at = 0; at + header <= all.size() && all.substr(at, 4) == "PK\1\2";) {
    const size_t name = little_endian(all.substr(at + 28, 2)), extra = little_endian(all.substr(at + 30, 2)),
                 comment = little_endian(all.substr(at + 32, 2));
    names.emplace_back(all.substr(at + header, name));
    at += header + name + extra + comment;
  }
  return names;
}

FileKind zip_kind(Bytes& file) {
  bool pickled = false;
  for (const std::string& name : zip_names(file)) {
    // Entries lie in one folder named after the archive: NAME/code/..., NAME/data.pkl.
    const std::string inner = name.substr(std::min(name.size(), name.find('/') + 1));
    if (inner.starts_with("code/")) return FileKind::torchscript;
    pickled |= inner == "data.pkl";
  }
  return pickled ? FileKind::pickle : FileKind::unknown;
}

// ModelProto starts with ir_version (field 1, a small number), then a text or the graph (field 7).
bool starts_like_onnx(std::string_view bytes) {
  if (bytes.size() < 4 || bytes[0] != 0x08 || bytes[1] < 1 || bytes[1] > 32) return false;
  const int next = static_cast<uint8_t>(bytes[2]);
  return next == 0x12 || next == 0x1a || next == 0x22 || next == 0x28 || next == 0x32 || next == 0x3a || next == 0x42;
}

bool starts_like_safetensors(std::string_view bytes, int64_t file_size) {
  if (bytes.size() < 10 || bytes[8] != '{') return false;
  const uint64_t header = little_endian(bytes.substr(0, 8));
  return header >= 2 && header + 8 <= static_cast<uint64_t>(file_size);
}

}  // namespace

FileKind file_kind(const std::string& path) {
  Bytes file(path);
  const std::string head = file.at(0, 16);
  if (head.starts_with("PK\3\4")) return zip_kind(file);
  if (head.size() >= 2 && head[0] == '\x80' && head[1] >= 2 && head[1] <= 5) return FileKind::pickle;
  if (starts_like_safetensors(head, file.size())) return FileKind::safetensors;
  return starts_like_onnx(head) ? FileKind::onnx : FileKind::unknown;
}

void refuse_pickle(const std::string& path, const std::string& whose) {
  if (file_kind(path) != FileKind::pickle) return;
  throw MissingError(
      fmt::format("{}{}: is a Python pickle, which runs whatever code it holds when it is opened; "
                  "examples/convert_weights.py turns its weights into safetensors",
                  whose, path));
}

const char* file_kind_name(FileKind kind) {
  switch (kind) {
    case FileKind::torchscript: return "TorchScript";
    case FileKind::pickle: return "Python pickle";
    case FileKind::safetensors: return "safetensors";
    case FileKind::onnx: return "ONNX";
    case FileKind::unknown: break;
  }
  return "unknown";
}

}  // namespace inpaint
