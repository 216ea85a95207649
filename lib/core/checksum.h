#pragma once
#include <cstdint>
#include <string>

namespace inpaint {

/// Published checksums of a file: lower-case hexadecimal, empty where unknown or not wanted.
struct Checksums {
  std::string md5, sha256;
  bool none() const { return md5.empty() && sha256.empty(); }
  bool operator==(const Checksums&) const = default;
};

/// The checksums of a file's bytes, of the kinds named. Reads it once. Throws MissingError if it cannot be read.
Checksums file_checksums(const std::string& path, bool md5, bool sha256);

/// The first checksum told in `expected` that `actual` has differently, as "MD5 X instead of Y"; empty if none.
std::string checksum_difference(const Checksums& expected, const Checksums& actual);

/// Bytes as people read them: "812 bytes", "4.6 MB" (a million).
std::string size_text(int64_t bytes);

}  // namespace inpaint
