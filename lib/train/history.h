#pragma once
#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace inpaint {

/// A figure over steps, thinned to means over equal numbers of steps, so that it stays small however long a training
/// is.
class Curve {
 public:
  struct Point {
    int64_t step;  ///< the last one that the mean is of
    double value;
  };
  /// Steps ascend. A value that is no number is left out.
  void add(int64_t step, double value);
  const std::vector<Point>& points() const { return points_; }

 private:
  std::vector<Point> points_;
  double sum_ = 0;
  int64_t count_ = 0, stride_ = 1;
};

/// What a training has told so far, gathered from its events (see TrainingWatcher).
struct History {
  /// Of "step" events by key ("loss", "learning-rate", "gradient-norm", "pictures-per-second"), terms of the loss as
  /// "terms/NAME", and of "evaluation" events by key.
  std::map<std::string, Curve> curves;
  std::vector<nlohmann::json> evaluations;
  int64_t last_step = 0;

  void add(const nlohmann::json& event);
};

/// The figure that evaluations are ranked by: hole-psnr (more is better) or mae (less is better).
struct RankingFigure {
  std::string key, unit;
  bool more_is_better = true;
};
RankingFigure ranking_figure(const std::string& task);

/// The best evaluation so far; null if there is none.
nlohmann::json best_evaluation(const History& history, const std::string& task);

}  // namespace inpaint
