#include "train/metrics.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>

#include "core/error.h"

namespace inpaint {
namespace {

[[noreturn]] void fail(const std::string& path) {
  throw MissingError(fmt::format("cannot write '{}': {}", path, std::strerror(errno)));
}

bool is_event(const nlohmann::json& line) {
  return line.is_object() && line.contains("event") && line["event"].is_string() && line.contains("step") &&
         line["step"].is_number_integer();
}

// Whether a line of an earlier run is told anew by a run that begins with `first`.
bool told_anew(const nlohmann::json& line, const nlohmann::json& first) {
  const int64_t step = line["step"], from = first["step"];
  return step > from || (step == from && line["event"] == first["event"]);
}

}  // namespace

MetricsFile::MetricsFile(std::string path, bool go_on) : path_(std::move(path)), waits_(go_on) {
  file_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | (go_on ? 0 : O_TRUNC), 0666);
  if (file_ < 0) fail(path_);
}

MetricsFile::~MetricsFile() { ::close(file_); }

void MetricsFile::go_on_before(const nlohmann::json& event) {
  waits_ = false;
  std::ifstream in(path_, std::ios::binary);
  std::string text;
  off_t kept = 0;
  while (std::getline(in, text)) {
    const bool whole = !in.eof();
    const nlohmann::json line = nlohmann::json::parse(text, nullptr, false);
    if (!whole || !is_event(line) || told_anew(line, event)) break;
    history_.add(line);
    kept += static_cast<off_t>(text.size() + 1);
  }
  if (::ftruncate(file_, kept) != 0) fail(path_);
}

void MetricsFile::add(const nlohmann::json& event) {
  if (waits_) go_on_before(event);
  const std::string line = event.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
  for (size_t at = 0; at < line.size();) {
    const ssize_t put = ::write(file_, line.data() + at, line.size() - at);
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) fail(path_);
    at += static_cast<size_t>(put);
  }
  history_.add(event);
}

}  // namespace inpaint
