// Bytes of small model files, made by hand.
#pragma once
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace inpaint::test {

inline std::string little_endian(uint64_t value, int bytes) {
  std::string text;
  for (int i = 0; i < bytes; ++i) text += static_cast<char>(value >> 8 * i & 0xff);
  return text;
}

/// A zip archive with these entries, stored (PKWARE APPNOTE 4.3).
inline std::string zip_of(const std::vector<std::pair<std::string, std::string>>& entries) {
  std::string archive, directory;
  for (const auto& [name, content] : entries) {
    const std::string common = little_endian(0, 12) + little_endian(content.size(), 4) +
                               little_endian(content.size(), 4) + little_endian(name.size(), 2) + little_endian(0, 2);
    directory += "PK\1\2" + little_endian(20, 2) + little_endian(20, 2) + little_endian(0, 2) + common.substr(2) +
                 little_endian(0, 10) + little_endian(archive.size(), 4) + name;
    archive += "PK\3\4" + little_endian(20, 2) + common + name + content;
  }
  return archive + directory + "PK\5\6" + little_endian(0, 4) + little_endian(entries.size(), 2) +
         little_endian(entries.size(), 2) + little_endian(directory.size(), 4) + little_endian(archive.size(), 4) +
         little_endian(0, 2);
}

/// What torch.save writes (no code/), and what torch.jit.save writes.
inline std::string pickled_zip() { return zip_of({{"net/data.pkl", "\x80\2}."}, {"net/version", "3\n"}}); }
inline std::string torchscript_zip() {
  return zip_of({{"net/data.pkl", "\x80\2}."}, {"net/code/__torch__.py", "class Net(Module):\n"}});
}

}  // namespace inpaint::test
