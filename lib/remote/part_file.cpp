#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>

#include "core/checksum.h"
#include "core/error.h"
#include "core/log.h"
#include "remote/part_file_private.h"

namespace inpaint {
namespace {

namespace fs = std::filesystem;

std::string origin_path(const std::string& part) { return part + ".json"; }

}  // namespace

PartFile::PartFile(const std::string& target, const Cancel* cancel) : target_(target), path_(target + ".part") {
  std::error_code error;
  const fs::path folder = fs::path(target).parent_path();
  if (!folder.empty()) fs::create_directories(folder, error);
  if (error) throw MissingError(fmt::format("cannot make the folder {}: {}", folder.string(), error.message()));
  for (bool told = false; !open_locked(); told = true) {
    if (!told) log(LogLevel::info, fmt::format("{}: another process fetches it; waiting", target));
    if (cancel != nullptr && cancel->requested()) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  read_origin();
}

PartFile::~PartFile() {
  if (fd_ < 0) return;
  if (size_ == 0) remove();
  ::close(fd_);
}

// False while another process has it. Whoever waited may find that the file was finished and renamed meanwhile: the
// lock is then on what is no longer PATH.part, and a new one is opened.
bool PartFile::open_locked() {
  const int fd = ::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (fd < 0) fail("cannot be written");
  // Where the file system knows no locks there is nothing to wait for.
  const bool locked = flock(fd, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK;
  struct stat opened = {}, named = {};
  if (!locked || fstat(fd, &opened) != 0 || ::stat(path_.c_str(), &named) != 0 || opened.st_ino != named.st_ino) {
    ::close(fd);
    return false;
  }
  fd_ = fd;
  size_ = static_cast<int64_t>(opened.st_size);
  return true;
}

void PartFile::read_origin() {
  std::ifstream in(origin_path(path_), std::ios::binary);
  const nlohmann::json json = in ? nlohmann::json::parse(in, nullptr, false) : nlohmann::json();
  if (!json.is_object()) return;
  origin_.url = json.value("url", "");
  origin_.validator = json.value("validator", "");
}

void PartFile::begin(const Origin& origin) {
  if (ftruncate(fd_, 0) != 0) fail("cannot be written");
  size_ = 0;
  origin_ = origin;
  const nlohmann::json json = {{"url", origin.url}, {"validator", origin.validator}};
  std::ofstream(origin_path(path_), std::ios::binary)
      << json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

void PartFile::append(std::span<const uint8_t> bytes) {
  while (!bytes.empty()) {
    const ssize_t put = ::pwrite(fd_, bytes.data(), bytes.size(), static_cast<off_t>(size_));
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) fail(fmt::format("cannot be written after {}", size_text(size_)));
    size_ += put;
    bytes = bytes.subspan(static_cast<size_t>(put));
  }
}

void PartFile::remove() {
  ::unlink(path_.c_str());
  ::unlink(origin_path(path_).c_str());
  size_ = 0;
}

void PartFile::rename_to_target() {
  if (::fsync(fd_) != 0) fail("cannot be written");
  if (::rename(path_.c_str(), target_.c_str()) != 0) fail(fmt::format("cannot be renamed to {}", target_));
  ::unlink(origin_path(path_).c_str());
  ::close(fd_);
  fd_ = -1;
}

void PartFile::fail(const std::string& what) const {
  const bool full = errno == ENOSPC || errno == EDQUOT;
  throw MissingError(fmt::format("{}: {}: {}{}", path_, what, std::strerror(errno),
                                 full ? "; make space, then the same command goes on from there" : ""));
}

}  // namespace inpaint
