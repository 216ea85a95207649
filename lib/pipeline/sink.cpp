#include "pipeline/sink.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "core/error.h"
#include "pipeline/atomic_file.h"

namespace inpaint {
namespace fs = std::filesystem;

bool DirectorySink::exists(const std::string& name) const {
  std::error_code error;
  return fs::exists(fs::path(root_) / name, error);
}

void DirectorySink::put(const std::string& name, std::span<const uint8_t> bytes) {
  write_atomically((fs::path(root_) / name).string(), bytes);
}

void DirectorySink::remove(const std::string& name) {
  std::error_code ignored;
  fs::remove(fs::path(root_) / name, ignored);
}

std::string DirectorySink::shown(const std::string& name) const {
  return (fs::path(root_) / name).lexically_normal().string();
}

void StdoutSink::put(const std::string&, std::span<const uint8_t> bytes) {
  while (!bytes.empty()) {
    const ssize_t put = ::write(STDOUT_FILENO, bytes.data(), bytes.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) throw ItemError(fmt::format("cannot write to standard output: {}", std::strerror(errno)));
    bytes = bytes.subspan(static_cast<size_t>(put));
  }
}

}  // namespace inpaint
