#pragma once
#include <cstdint>
#include <span>
#include <string>

#include "core/cancel.h"

namespace inpaint {

/// What has come of a download, in PATH.part, locked against other processes; and where it came from, in
/// PATH.part.json.
class PartFile {
 public:
  /// Where the bytes came from, and what tells that file from a later one.
  struct Origin {
    std::string url;
    std::string validator;  ///< its ETag, else its date; empty if the server tells neither
  };

  /// Waits until no other process has it; given() is false if cancelled meanwhile. Throws MissingError.
  PartFile(const std::string& target, const Cancel* cancel);
  /// Removes the files if nothing has come.
  ~PartFile();
  PartFile(const PartFile&) = delete;
  PartFile& operator=(const PartFile&) = delete;

  bool given() const { return fd_ >= 0; }
  const std::string& path() const { return path_; }
  int64_t size() const { return size_; }
  const Origin& origin() const { return origin_; }

  /// Empties it; what comes from now on is of this origin.
  void begin(const Origin& origin);
  /// Throws MissingError, for no space left, too.
  void append(std::span<const uint8_t> bytes);
  void remove();
  void rename_to_target();

 private:
  bool open_locked();
  void read_origin();
  [[noreturn]] void fail(const std::string& what) const;

  std::string target_, path_;
  int fd_ = -1;
  int64_t size_ = 0;
  Origin origin_;
};

}  // namespace inpaint
