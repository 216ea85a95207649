#include "pipeline/atomic_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <optional>
#include <random>

#include "core/cancel.h"
#include "core/error.h"

namespace inpaint {
namespace fs = std::filesystem;
namespace {

constexpr const char* temporary_suffix = ".inpaint-tmp";

[[noreturn]] void fail(const std::string& path) {
  throw ItemError(fmt::format("cannot write '{}': {}", path, std::strerror(errno)));
}

std::string temporary_name(const fs::path& directory) {
  static const uint64_t base = std::random_device{}() ^ static_cast<uint64_t>(getpid()) << 32;
  static std::atomic<uint64_t> counter{0};
  return (directory / fmt::format(".{:016x}-{}{}", base, counter++, temporary_suffix)).string();
}

// A new locked file; the lock tells others that its writer lives.
class Temporary {
 public:
  /// Errors name `target`, the file it is going to be.
  Temporary(const fs::path& directory, const std::string& target) : target_(target) {
    for (int attempt = 0; attempt < 10; ++attempt) {
      path_ = temporary_name(directory);
      fd_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
      if (fd_ < 0 && errno == EEXIST) continue;
      if (fd_ < 0) fail(target_);
      ephemeral_.emplace(path_.c_str());
      struct stat status;
      // Where the file system knows no locks, nothing is taken for stale either.
      const bool locked = flock(fd_, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK;
      if (locked && fstat(fd_, &status) == 0 && status.st_nlink > 0) return;
      close();  // a clean-up took it for stale between open and lock, and removes or removed it
    }
    errno = EBUSY;
    fail(target_);
  }
  ~Temporary() {
    if (fd_ >= 0) ::unlink(path_.c_str());
    close();
  }
  Temporary(const Temporary&) = delete;
  Temporary& operator=(const Temporary&) = delete;

  void write(std::span<const uint8_t> bytes) {
    while (!bytes.empty()) {
      const ssize_t put = ::write(fd_, bytes.data(), bytes.size());
      if (put < 0 && errno == EINTR) continue;
      if (put < 0) fail(target_);
      bytes = bytes.subspan(static_cast<size_t>(put));
    }
    if (::fsync(fd_) != 0) fail(target_);
  }

  void rename_to_target() {
    if (::rename(path_.c_str(), target_.c_str()) != 0) fail(target_);
    close();
  }

 private:
  void close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
    ephemeral_.reset();
  }

  std::string target_, path_;
  int fd_ = -1;
  std::optional<EphemeralFile> ephemeral_;
};

}  // namespace

void write_atomically(const std::string& path, std::span<const uint8_t> bytes) {
  fs::path directory = fs::path(path).parent_path();
  if (directory.empty()) directory = ".";
  std::error_code error;
  fs::create_directories(directory, error);
  if (error) throw ItemError(fmt::format("cannot make the folder '{}': {}", directory.string(), error.message()));
  Temporary temporary(directory, path);
  temporary.write(bytes);
  temporary.rename_to_target();
}

void remove_stale_temporaries(const std::string& directory) {
  std::error_code error;
  for (fs::directory_iterator it(directory, error), end; !error && it != end; it.increment(error)) {
    const std::string name = it->path().filename().string();
    if (!name.starts_with('.') || !name.ends_with(temporary_suffix)) continue;
    const int fd = ::open(it->path().c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) continue;
    if (flock(fd, LOCK_EX | LOCK_NB) == 0) ::unlink(it->path().c_str());
    ::close(fd);
  }
}

}  // namespace inpaint
