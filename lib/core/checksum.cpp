#include "core/checksum.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/evp.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <vector>

#include "core/error.h"

namespace inpaint {
namespace {

class Digest {
 public:
  explicit Digest(const EVP_MD* kind) : context_(EVP_MD_CTX_new(), EVP_MD_CTX_free) {
    if (!context_ || EVP_DigestInit_ex(context_.get(), kind, nullptr) != 1)
      throw std::runtime_error("libcrypto cannot compute this checksum");
  }
  void update(std::span<const uint8_t> bytes) { EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()); }
  std::string hexadecimal() {
    uint8_t bytes[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    EVP_DigestFinal_ex(context_.get(), bytes, &size);
    std::string text;
    for (unsigned i = 0; i < size; ++i) text += fmt::format("{:02x}", bytes[i]);
    return text;
  }

 private:
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_;
};

class ReadOnlyFile {
 public:
  explicit ReadOnlyFile(const std::string& path) : path_(path), fd_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
    if (fd_ < 0) fail();
    posix_fadvise(fd_, 0, 0, POSIX_FADV_SEQUENTIAL);
  }
  ~ReadOnlyFile() { ::close(fd_); }
  ReadOnlyFile(const ReadOnlyFile&) = delete;
  ReadOnlyFile& operator=(const ReadOnlyFile&) = delete;

  /// 0 at the end.
  size_t read(std::span<uint8_t> into) {
    for (;;) {
      const ssize_t got = ::read(fd_, into.data(), into.size());
      if (got >= 0) return static_cast<size_t>(got);
      if (errno != EINTR) fail();
    }
  }

 private:
  [[noreturn]] void fail() const {
    throw MissingError(fmt::format("{}: cannot be read: {}", path_, std::strerror(errno)));
  }
  std::string path_;
  int fd_;
};

}  // namespace

Checksums file_checksums(const std::string& path, bool md5, bool sha256) {
  ReadOnlyFile file(path);
  std::optional<Digest> md5_digest, sha256_digest;
  if (md5) md5_digest.emplace(EVP_md5());
  if (sha256) sha256_digest.emplace(EVP_sha256());
  std::vector<uint8_t> buffer(1 << 20);
  while (const size_t got = file.read(buffer)) {
    if (md5_digest) md5_digest->update({buffer.data(), got});
    if (sha256_digest) sha256_digest->update({buffer.data(), got});
  }
  return {md5_digest ? md5_digest->hexadecimal() : "", sha256_digest ? sha256_digest->hexadecimal() : ""};
}

std::string checksum_difference(const Checksums& expected, const Checksums& actual) {
  if (!expected.sha256.empty() && expected.sha256 != actual.sha256)
    return fmt::format("SHA-256 {} instead of {}", actual.sha256, expected.sha256);
  if (!expected.md5.empty() && expected.md5 != actual.md5)
    return fmt::format("MD5 {} instead of {}", actual.md5, expected.md5);
  return "";
}

std::string size_text(int64_t bytes) {
  const auto n = static_cast<double>(bytes);
  if (bytes < 1000) return fmt::format("{} bytes", bytes);
  if (bytes < 1000 * 1000) return fmt::format("{:.1f} kB", n / 1e3);
  if (bytes < 1000 * 1000 * 1000) return fmt::format("{:.1f} MB", n / 1e6);
  return fmt::format("{:.2f} GB", n / 1e9);
}

}  // namespace inpaint
