#include "terminal.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

#include "core/log.h"
#include "core/names.h"

namespace inpaint {

std::string clock_text(double seconds) {
  const auto s = static_cast<int64_t>(seconds + 0.5);
  return s >= 3600 ? fmt::format("{}:{:02}:{:02}", s / 3600, s / 60 % 60, s % 60)
                   : fmt::format("{}:{:02}", s / 60, s % 60);
}

void print_json_line(const nlohmann::json& line) {
  const std::string text = line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

TerminalListener::TerminalListener(const Options& options)
    : options_(options), on_terminal_(isatty(STDERR_FILENO) == 1) {
  shows_progress_ = options.progress == ProgressMode::always ||
                    (options.progress == ProgressMode::automatic && on_terminal_ && log_level() >= LogLevel::info);
  if (shows_progress_ && on_terminal_) set_log_hooks([this] { erase_progress(); }, [] {});
}

TerminalListener::~TerminalListener() {
  if (shows_progress_ && on_terminal_) set_log_hooks({}, {});
}

void TerminalListener::on_start(size_t total, size_t due) {
  total_ = total;
  due_ = due;
  start_ = Clock::now();
}

void TerminalListener::on_outcome(const Outcome& outcome) {
  if (options_.json) {
    print_json_line({{"input", outcome.input},
                     {"output", outcome.output},
                     {"status", status_name(outcome.status)},
                     {"seconds", outcome.seconds},
                     {"reason", outcome.reason.empty() ? nlohmann::json() : nlohmann::json(outcome.reason)},
                     {"notes", outcome.notes},
                     {"facts", outcome.facts}});
  }
  for (const std::string& note : outcome.notes) {
    ++notes_[note];
    log(total_ == 1 ? LogLevel::info : LogLevel::detail, fmt::format("{}: {}", outcome.input, note));
  }
  const bool worked = outcome.seconds > 0;
  worked_ += worked;
  switch (outcome.status) {
    case Outcome::Status::failed:
      ++failed_;
      failed_before_ += !worked;
      log(LogLevel::error, fmt::format("{}: {}", outcome.input, outcome.reason));
      break;
    case Outcome::Status::blocked:
      if (++blocked_ == 1) log(LogLevel::error, fmt::format("{}: {}", outcome.input, outcome.reason));
      break;
    case Outcome::Status::planned:
      if (!options_.json) fmt::print("{} -> {} ({})\n", outcome.input, outcome.output, outcome.reason);
      break;
    case Outcome::Status::done:
      log(LogLevel::detail, fmt::format("{} -> {} in {:.2f} s", outcome.input, outcome.output, outcome.seconds));
      break;
    default: break;
  }
  if (worked) draw_progress(false);
}

std::string TerminalListener::progress_text() const {
  const double elapsed = std::chrono::duration<double>(Clock::now() - start_).count();
  const double rate = elapsed > 0 ? static_cast<double>(worked_) / elapsed : 0;
  const std::string remaining = rate > 0 ? clock_text(static_cast<double>(due_ - worked_) / rate) : "-:--";
  const std::string failures = failed_ ? fmt::format(", {} failed", failed_) : "";
  return fmt::format("{}/{} ({:.0f} %), {:.1f}/s, {} left{}", worked_, due_,
                     100.0 * static_cast<double>(worked_) / static_cast<double>(std::max<size_t>(due_, 1)), rate,
                     remaining, failures);
}

void TerminalListener::draw_progress(bool force) {
  const double interval = on_terminal_ ? 0.1 : 2.0;
  const auto now = Clock::now();
  if (!shows_progress_ || (!force && std::chrono::duration<double>(now - last_drawn_).count() < interval)) return;
  last_drawn_ = now;
  const std::string text = on_terminal_ ? "\r\x1b[K" + progress_text() : progress_text() + "\n";
  std::fputs(text.c_str(), stderr);
  std::fflush(stderr);
}

void TerminalListener::erase_progress() const { std::fputs("\r\x1b[K", stderr); }

void TerminalListener::on_end(const RunSummary& summary) {
  if (shows_progress_ && worked_ > 0) {
    if (on_terminal_) {
      erase_progress();
    } else {
      draw_progress(true);
    }
  }
  if (options_.json) {
    nlohmann::json told = {{"total", summary.total},         {"done", summary.done},
                           {"uncertain", summary.uncertain}, {"skipped", summary.skipped},
                           {"failed", summary.failed},       {"blocked", summary.blocked},
                           {"planned", summary.planned},     {"not_started", summary.not_started},
                           {"seconds", summary.seconds},     {"interrupted", summary.interrupted}};
    if (!summary.truth.empty()) told["truth"] = summary.truth.to_json();
    print_json_line({{"summary", std::move(told)}});
  } else if (!summary.truth.empty() && log_level() >= LogLevel::info) {
    std::fputs(summary.truth.text().c_str(), stderr);
  }
  tell_people(summary);
}

void TerminalListener::tell_people(const RunSummary& s) const {
  if (total_ > 1) {
    for (const auto& [note, count] : notes_)
      log(LogLevel::info, fmt::format("{}: {} (-v names them)", count_of(count, "picture"), note));
  }
  std::vector<std::string> parts;
  const auto add = [&](size_t n, const char* what) {
    if (n > 0) parts.push_back(fmt::format("{} {}", n, what));
  };
  if (s.planned > 0) parts.push_back(fmt::format("would do {}", count_of(s.planned, "picture")));
  if (s.done > 0)
    parts.push_back(fmt::format("{} done{}", s.done, s.uncertain ? fmt::format(" ({} uncertain)", s.uncertain) : ""));
  add(s.skipped, "done already");
  add(s.failed - failed_before_, "failed");
  add(failed_before_, "failed before and unchanged");
  add(s.blocked, "blocked (the endpoint takes no more)");
  add(s.not_started, "not started");
  const bool nothing = worked_ == 0 && s.planned == 0 && s.not_started == 0 && s.blocked == 0;
  std::string text =
      (nothing ? "nothing to do: " : "") + (parts.empty() ? "no picture falls into this shard" : join(parts, ", "));
  if (nothing && s.skipped > 0) text += "; --redo does them again";
  if (worked_ > 0)
    text += fmt::format(" in {:.1f} s ({:.1f} pictures/s)", s.seconds,
                        static_cast<double>(worked_) / std::max(s.seconds, 1e-9));
  if (s.interrupted) text = "interrupted: " + text + "; the same command goes on from here";
  const bool boring = total_ == 1 && s.done == 1;
  log(boring ? LogLevel::detail : LogLevel::info, text);
}

}  // namespace inpaint
