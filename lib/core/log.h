#pragma once
#include <functional>
#include <string_view>

namespace inpaint {

/// All talk goes to standard error, one whole line at a time, from any thread; standard output carries results only.
enum class LogLevel { error, warning, info, detail };

/// Lines above this level are dropped. Default: info. -q sets error, -v sets detail.
void set_log_level(LogLevel level);
LogLevel log_level();

/// Writes "inpaint: TEXT" (errors and warnings are marked as such).
void log(LogLevel level, std::string_view text);

/// Called before and after each line, so that a progress line can step aside. Empty functions remove it.
void set_log_hooks(std::function<void()> before, std::function<void()> after);

}  // namespace inpaint
