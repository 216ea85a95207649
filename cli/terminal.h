#pragma once
#include <chrono>
#include <map>
#include <string>

#include "pipeline/runner.h"

namespace inpaint {

enum class ProgressMode { automatic, always, never };

/// "1:02:03", "4:05".
std::string clock_text(double seconds);
/// One line on standard output, flushed.
void print_json_line(const nlohmann::json& line);

/// Tells people and scripts how a run goes: failures and a progress line on standard error; with `json`, one line per
/// picture and a summary on standard output.
class TerminalListener : public RunListener {
 public:
  struct Options {
    bool json = false;
    bool dry_run = false;
    ProgressMode progress = ProgressMode::automatic;
  };
  explicit TerminalListener(const Options& options);
  ~TerminalListener() override;

  void on_start(size_t total, size_t due) override;
  void on_outcome(const Outcome& outcome) override;
  void on_end(const RunSummary& summary) override;

 private:
  using Clock = std::chrono::steady_clock;
  std::string progress_text() const;
  void draw_progress(bool force);
  void erase_progress() const;
  void tell_people(const RunSummary& summary) const;

  Options options_;
  bool on_terminal_ = false, shows_progress_ = false;
  size_t total_ = 0, due_ = 0, worked_ = 0, failed_ = 0, failed_before_ = 0, blocked_ = 0;
  bool working_ = false;
  Clock::time_point start_, last_drawn_;
  std::map<std::string, size_t> notes_;
};

}  // namespace inpaint
