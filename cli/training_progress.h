#pragma once
#include <chrono>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "terminal.h"
#include "train/finetune.h"

namespace inpaint {

/// Tells people and scripts how a training goes: a progress line on standard error, or a line per evaluation where
/// there is none; with `json`, each event and a summary on standard output.
class TrainingProgress {
  using Clock = std::chrono::steady_clock;

 public:
  TrainingProgress(bool json, ProgressMode mode);
  ~TrainingProgress();
  TrainingProgress(const TrainingProgress&) = delete;
  TrainingProgress& operator=(const TrainingProgress&) = delete;

  void start(const FinetuneStart& start);
  bool started() const { return start_ != Clock::time_point(); }
  void event(const nlohmann::json& event);
  void end(const TrainingResult& result, const std::string& folder);

 private:
  void take(const nlohmann::json& step);
  void tell_evaluation(const nlohmann::json& evaluation) const;
  std::string text() const;
  void draw();
  void erase() const;

  bool json_ = false, on_terminal_ = false, shows_ = false;
  TrainingConfig config_;
  Clock::time_point start_, first_told_, drawn_;
  bool stepped_ = false;
  int64_t step_ = 0;
  double loss_ = 0, rate_ = 0, progress_ = 0, first_progress_ = 0;
  std::string figure_;  // of the last evaluation
};

}  // namespace inpaint
