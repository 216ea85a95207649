#include "training_progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "core/log.h"
#include "core/names.h"
#include "train/history.h"

namespace inpaint {
namespace {

std::string figure_text(const nlohmann::json& evaluation, const RankingFigure& figure) {
  const auto value = evaluation.find(figure.key);
  if (value == evaluation.end() || !value->is_number()) return "";
  return fmt::format("{} {:.4g}{}", figure.key, value->get<double>(), figure.unit.empty() ? "" : " " + figure.unit);
}

}  // namespace

TrainingProgress::TrainingProgress(bool json, ProgressMode mode)
    : json_(json), on_terminal_(isatty(STDERR_FILENO) == 1) {
  shows_ = mode == ProgressMode::always ||
           (mode == ProgressMode::automatic && on_terminal_ && log_level() >= LogLevel::info);
  if (shows_ && on_terminal_) set_log_hooks([this] { erase(); }, [] {});
}

TrainingProgress::~TrainingProgress() {
  if (shows_ && on_terminal_) set_log_hooks({}, {});
}

void TrainingProgress::start(const FinetuneStart& start) {
  config_ = start.config;
  start_ = Clock::now();
  if (!start.skipped.empty())
    log(LogLevel::info, fmt::format("{} skipped{}", count_of(start.skipped.size(), "picture"),
                                    log_level() < LogLevel::detail ? " (-v names them)" : ""));
  for (const SkippedPicture& picture : start.skipped)
    log(LogLevel::detail, fmt::format("skipped: {}: {}", picture.path, picture.reason));
  log(LogLevel::detail, start.learner);
  const std::string length = config_.iterations ? count_of(static_cast<size_t>(*config_.iterations), "step")
                                                : fmt::format("{:g} min", config_.minutes.value_or(0));
  log(LogLevel::info, fmt::format("learns from {}, judged by {} held out: {}, {} crops of {} × {} pixels a step",
                                  count_of(static_cast<size_t>(start.learned_from), "picture"), start.held_out, length,
                                  config_.batch, config_.size, config_.size));
}

void TrainingProgress::event(const nlohmann::json& event) {
  if (json_) print_json_line(event);
  const std::string kind = event["event"];
  if (kind == "step") {
    take(event);
    draw();
  } else if (kind == "evaluation") {
    tell_evaluation(event);
    figure_ = figure_text(event, ranking_figure(config_.task));
  }
}

void TrainingProgress::take(const nlohmann::json& step) {
  step_ = step["step"];
  progress_ = step.value("progress", 0.0);
  const double loss = step.value("loss", 0.0), rate = step.value("pictures-per-second", 0.0);
  constexpr double kept = 0.9;  // of the running means
  loss_ = stepped_ ? kept * loss_ + (1 - kept) * loss : loss;
  rate_ = stepped_ ? kept * rate_ + (1 - kept) * rate : rate;
  if (stepped_) return;
  stepped_ = true;
  first_progress_ = progress_;
  first_told_ = Clock::now();
}

void TrainingProgress::tell_evaluation(const nlohmann::json& evaluation) const {
  std::string figures;
  for (const auto& [key, value] : evaluation.items()) {
    if (key != "step" && key != "seconds" && value.is_number())
      figures += fmt::format("{}{} {:.4g}", figures.empty() ? "" : ", ", key, value.get<double>());
  }
  log(shows_ && on_terminal_ ? LogLevel::detail : LogLevel::info,
      fmt::format("step {}: {}{}", evaluation["step"].get<int64_t>(), figures,
                  !stepped_ ? "" : fmt::format(", loss {:.4g}, {:.1f} pictures/s", loss_, rate_)));
}

std::string TrainingProgress::text() const {
  // Since the first step that was told: what came before is no measure.
  const double elapsed = std::chrono::duration<double>(Clock::now() - first_told_).count();
  const double gained = progress_ - first_progress_;
  const std::string total = config_.iterations ? fmt::format("/{}", *config_.iterations) : "";
  return fmt::format("{}{} ({:.0f} %), loss {:.4g}{}, {:.1f} pictures/s, {} left", step_, total, 100 * progress_, loss_,
                     figure_.empty() ? "" : ", " + figure_, rate_,
                     gained > 0 ? clock_text(elapsed / gained * (1 - progress_)) : "-:--");
}

void TrainingProgress::draw() {
  const auto now = Clock::now();
  if (!shows_ || std::chrono::duration<double>(now - drawn_).count() < (on_terminal_ ? 0.1 : 2.0)) return;
  drawn_ = now;
  std::fputs((on_terminal_ ? "\r\x1b[K" + text() : text() + "\n").c_str(), stderr);
  std::fflush(stderr);
}

void TrainingProgress::erase() const { std::fputs("\r\x1b[K", stderr); }

void TrainingProgress::end(const TrainingResult& result, const std::string& folder) {
  if (shows_ && on_terminal_) erase();
  if (json_)
    print_json_line({{"summary",
                      {{"ended", result.ended},
                       {"steps", result.steps},
                       {"best_step", result.best_step},
                       {"best", result.best},
                       {"first", result.first},
                       {"seconds", std::chrono::duration<double>(Clock::now() - start_).count()},
                       {"model", folder}}}});
  const RankingFigure figure = ranking_figure(config_.task);
  const double sign = figure.more_is_better ? 1 : -1;  // a result's figures are better when larger
  const bool unjudged = result.steps == 0 && result.best == 0 && result.first == 0;
  const std::string gain =
      unjudged ? "not judged yet"
               : fmt::format("{} {:.4g}{} at step {} ({:.4g} before)", figure.key, sign * result.best,
                             figure.unit.empty() ? "" : " " + figure.unit, result.best_step, sign * result.first);
  const std::string step = fmt::format("step {}", result.steps);
  if (result.ended == "interrupted") {
    log(LogLevel::info,
        fmt::format("interrupted at {}: {}; 'inpaint finetune -o {} --resume' goes on from here", step, gain, folder));
  } else if (result.ended == "diverged") {
    log(LogLevel::error,
        fmt::format("at step {} the loss is no number any more; the best weights before it are kept in "
                    "{} ({}); begin again in another folder with --base {} and a lower "
                    "--learning-rate than {:g}",
                    result.steps + 1, folder, gain, folder, config_.learning_rate));
  } else {
    log(LogLevel::info, fmt::format("{} after {}: {}; --model {} uses it, {}/report.html shows it", result.ended, step,
                                    gain, folder, folder));
  }
}

}  // namespace inpaint
