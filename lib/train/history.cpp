#include "train/history.h"

#include <cmath>

namespace inpaint {
namespace {

constexpr size_t most_points = 2048;

}  // namespace

void Curve::add(int64_t step, double value) {
  if (!std::isfinite(value)) return;
  sum_ += value;
  if (++count_ < stride_) return;
  points_.push_back({step, sum_ / static_cast<double>(count_)});
  sum_ = 0;
  count_ = 0;
  if (points_.size() < most_points) return;
  for (size_t i = 0; i < most_points / 2; ++i)
    points_[i] = {points_[2 * i + 1].step, (points_[2 * i].value + points_[2 * i + 1].value) / 2};
  points_.resize(most_points / 2);
  stride_ *= 2;
}

void History::add(const nlohmann::json& event) {
  const std::string kind = event.at("event");
  const int64_t step = event.at("step");
  last_step = std::max(last_step, step);
  if (kind != "step" && kind != "evaluation") return;
  for (const auto& [key, value] : event.items()) {
    if (key != "step" && key != "progress" && key != "seconds" && value.is_number()) curves[key].add(step, value);
  }
  if (kind == "evaluation") evaluations.push_back(event);
  if (event.contains("terms")) {
    for (const auto& [term, value] : event["terms"].items()) {
      if (value.is_number()) curves["terms/" + term].add(step, value);
    }
  }
}

RankingFigure ranking_figure(const std::string& task) {
  return task == "remove-bg" ? RankingFigure{"mae", "", false} : RankingFigure{"hole-psnr", "dB", true};
}

nlohmann::json best_evaluation(const History& history, const std::string& task) {
  const RankingFigure figure = ranking_figure(task);
  nlohmann::json best;
  for (const nlohmann::json& evaluation : history.evaluations) {
    const auto value = evaluation.find(figure.key);
    if (value == evaluation.end() || !value->is_number()) continue;
    const bool better =
        best.is_null() || (figure.more_is_better ? *value > best[figure.key] : *value < best[figure.key]);
    if (better) best = evaluation;
  }
  return best;
}

}  // namespace inpaint
