#include "train/folder.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <span>

#include "core/error.h"
#include "pipeline/atomic_file.h"

namespace inpaint {

std::string TrainingFolder::name() const {
  const std::filesystem::path path = std::filesystem::absolute(path_).lexically_normal();
  return (path.has_filename() ? path : path.parent_path()).filename().string();
}

void replace_text(const std::string& path, const std::string& text) {
  try {
    write_atomically(path, std::span(reinterpret_cast<const uint8_t*>(text.data()), text.size()));
  } catch (const ItemError& error) {
    throw MissingError(error.what());
  }
}

TrainingLock::TrainingLock(const TrainingFolder& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder.state(), error);
  if (error) throw MissingError(fmt::format("cannot make the folder '{}': {}", folder.state(), error.message()));
  const std::string path = folder.state() + "/lock";
  file_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (file_ < 0) throw MissingError(fmt::format("cannot write '{}': {}", path, std::strerror(errno)));
  // Where the file system knows no locks, it goes without.
  if (::flock(file_, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
    ::close(file_);
    throw MissingError(fmt::format("{}: another training is at work in this folder", folder.path()));
  }
  remove_stale_temporaries(folder.path());
  remove_stale_temporaries(folder.state());
}

TrainingLock::~TrainingLock() { ::close(file_); }

}  // namespace inpaint
