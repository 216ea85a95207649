// Options that every command shares, told once each: what comes in, what goes out, how the run goes.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/fields.h"
#include "image/codec.h"
#include "pipeline/companion.h"

namespace inpaint {

/// A number of pixels: "250000000", "250M" or "250MP".
struct PixelCount {
  int64_t pixels = 0;
};
template <>
struct Codec<PixelCount> {
  static constexpr const char* value_name = "N[M]";
  static PixelCount parse(const std::string& text);
  static std::string print(const PixelCount& count);
};

/// A number of bytes: "256000000" or "256M" (a million each).
struct ByteCount {
  int64_t bytes = 0;
};
template <>
struct Codec<ByteCount> {
  static constexpr const char* value_name = "N[M]";
  static ByteCount parse(const std::string& text);
  static std::string print(const ByteCount& count);
};

/// Part I of N, counted from 1: "2/5".
struct Shard {
  uint64_t index = 1, count = 1;
  /// A picture's part depends on its relative path only, so adding pictures moves none.
  bool holds(const std::string& rel) const;
};
template <>
struct Codec<Shard> {
  static constexpr const char* value_name = "I/N";
  static Shard parse(const std::string& text);
  static std::string print(const Shard& shard);
};

/// Where events go: "https://..." (or http) or "file:PATH".
struct EventTarget {
  std::string text;
  bool is_file() const { return text.starts_with("file:"); }
  std::string path() const { return text.substr(5); }  ///< of a file
};
template <>
struct Codec<EventTarget> {
  static constexpr const char* value_name = "URL|file:PATH";
  /// Throws SpecError itself: a BadValue would have the address told with what it holds of keys.
  static EventTarget parse(const std::string& text);
  static std::string print(const EventTarget& target) { return target.text; }
};

struct InputOptions {
  std::vector<std::string> paths;  ///< files, directories, globs, @list.txt, http(s) addresses, s3://bucket/prefix, "-"
  Companion mask;
  std::string mask_fit = "error";  ///< "error" or "resize"
  PixelCount max_pixels{250'000'000};
  ByteCount max_download{256'000'000};
  bool allow_private_addresses = false;
  void describe(Fields& fields);
};

struct OutputOptions {
  std::string path;  ///< a directory, a file, s3://bucket/prefix, or "-"
  std::string name = "{dir}/{stem}.{ext}";
  std::string write = "auto";  ///< "auto", "image", "mask"
  std::optional<std::string> format;
  std::optional<int> quality;
  std::string metadata = "keep";
  Color background{255, 255, 255};
  std::string s3_sse;      ///< "AES256", "aws:kms", or "": as the bucket says
  std::string s3_kms_key;  ///< of aws:kms; "": the account's own
  std::string public_url;  ///< of outputs in S3, with {bucket} and {key}; "": not known
  void describe(Fields& fields);
};

struct RunOptions {
  int jobs = 0;  ///< pictures in work at once; 0 = one per core
  uint64_t seed = 0;
  std::optional<uint64_t> limit;
  Shard shard;
  bool redo = false;
  bool retry_failed = false;
  bool fail_fast = false;
  std::optional<uint64_t> max_failures;
  bool dry_run = false;
  std::optional<uint64_t> confirm_over;
  bool yes = false;
  std::optional<EventTarget> events;
  void describe(Fields& fields);
};

}  // namespace inpaint
