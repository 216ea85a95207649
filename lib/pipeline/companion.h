#pragma once
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "core/codec.h"
#include "image/codec.h"

namespace inpaint {

/// An option that names further input: one file for every picture, or a directory in which each picture finds its own
/// by relative path and stem (a/b.jpg: a/b.*, a/b_mask.*, a/b-mask.*, a/b.mask.*).
class Companion {
 public:
  Companion() = default;
  explicit Companion(std::string path) : path_(std::move(path)) {}

  bool given() const { return !path_.empty(); }
  const std::string& path() const { return path_; }
  /// Looks at the disk once. `extensions`: which files of a directory count. Throws SpecError, headed by `what`
  /// ("--mask"), if the path does not exist.
  void prepare(const std::string& what, const std::vector<std::string>& extensions);
  /// prepare for pictures.
  void prepare_pictures(const std::string& what);

  /// The file that belongs to the picture `rel`; nothing if the directory has none.
  std::optional<std::string> find(const std::string& rel) const;
  /// find, or an ItemError that says what was looked for.
  std::string file_for(const std::string& rel) const;
  /// The mask that belongs to the picture `rel`; a single file is decoded once. Throws ItemError.
  Mask mask_for(const std::string& rel, const DecodeOptions& options, Notes& notes) const;

 private:
  std::string path_, what_;
  bool is_directory_ = false;
  std::map<std::string, std::string> file_of_key_;  // relative path without extension -> file
  struct Cache;
  std::shared_ptr<Cache> cache_;
};

template <>
struct Codec<Companion> {
  static constexpr const char* value_name = "FILE|DIR";
  static Companion parse(const std::string& text) {
    if (text.empty()) throw BadValue("a file or a directory");
    return Companion(text);
  }
  static std::string print(const Companion& value) { return value.path(); }
};

/// The mask if it has the picture's size; scaled to it if `resize`; else an ItemError that names both sizes and `cure`.
Mask fit_mask(const Mask& mask, const Image& image, bool resize, const std::string& cure = "");

/// The bytes of a file. Throws ItemError with the system's reason.
Bytes read_file(const std::string& path);

/// "SIZE:MTIME_NS" of a file: changes when the file does. "" if it cannot be looked at.
std::string file_identity(const std::string& path);

}  // namespace inpaint
