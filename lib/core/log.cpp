#include "core/log.h"

#include <atomic>
#include <cstdio>
#include <mutex>
#include <string>

namespace inpaint {
namespace {

struct LogState {
  std::atomic<LogLevel> level{LogLevel::info};
  std::mutex mutex;
  std::function<void()> before, after;
};

LogState& state() {
  static LogState instance;
  return instance;
}

}  // namespace

void set_log_level(LogLevel level) { state().level = level; }
LogLevel log_level() { return state().level; }

void log(LogLevel level, std::string_view text) {
  LogState& s = state();
  if (level > s.level) return;
  const char* mark = level == LogLevel::error ? "error: " : level == LogLevel::warning ? "warning: " : "";
  std::string line = "inpaint: ";
  line.append(mark).append(text).append("\n");
  std::lock_guard lock(s.mutex);
  if (s.before) s.before();
  std::fwrite(line.data(), 1, line.size(), stderr);
  if (s.after) s.after();
}

void set_log_hooks(std::function<void()> before, std::function<void()> after) {
  LogState& s = state();
  std::lock_guard lock(s.mutex);
  s.before = std::move(before);
  s.after = std::move(after);
}

}  // namespace inpaint
