#include "train/trainer.h"

#include <chrono>
#include <deque>
#include <filesystem>
#include <future>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "train/figures.h"
#include "train/schedule.h"

namespace inpaint {
namespace {

constexpr size_t batches_ahead = 3;

using Clock = std::chrono::steady_clock;
double seconds_since(Clock::time_point begin) { return std::chrono::duration<double>(Clock::now() - begin).count(); }

// What a training can go on with only if it is the same; how long it takes may change.
nlohmann::json lasting_config(TrainingConfig config) {
  Fields fields;
  config.describe(fields);
  nlohmann::json json = fields.resolved();
  for (const char* free : {"minutes", "iterations", "patience", "checkpoint-minutes", "memory", "device", "threads"})
    json.erase(free);
  return json;
}

// Batches made by other threads while the network learns.
class Feeder {
 public:
  Feeder(const Dataset& dataset, int64_t first) : dataset_(dataset), next_(first) {}
  TrainingBatch next() {
    while (ahead_.size() < batches_ahead) {
      ahead_.push_back(std::async(std::launch::async, [this, step = next_] { return dataset_.training_batch(step); }));
      ++next_;
    }
    TrainingBatch batch = ahead_.front().get();
    ahead_.pop_front();
    return batch;
  }

 private:
  const Dataset& dataset_;
  int64_t next_;
  std::deque<std::future<TrainingBatch>> ahead_;
};

class Training {
 public:
  Training(Learner& learner, const Dataset& dataset, const TrainingConfig& config, const std::string& folder,
           const TrainingWatcher& watcher, const Cancel& cancel)
      : learner_(learner),
        dataset_(dataset),
        config_(config),
        checkpoint_((std::filesystem::path(folder) / "checkpoint.safetensors").string()),
        best_file_((std::filesystem::path(folder) / "best.safetensors").string()),
        watcher_(watcher),
        cancel_(cancel) {}

  void resume() {
    if (!std::filesystem::exists(checkpoint_))
      throw SpecError(checkpoint_ + ": there is nothing to resume; leave --resume out to begin anew");
    const Safetensors state(checkpoint_);
    const auto text = state.metadata().find("training");
    const nlohmann::json told =
        text == state.metadata().end() ? nlohmann::json() : nlohmann::json::parse(text->second, nullptr, false);
    if (!told.is_object()) throw MissingError(checkpoint_ + ": is no checkpoint of a training");
    check_same(told);
    learner_.restore(state);
    result_.steps = told.at("steps");
    result_.best_step = told.at("best-step");
    result_.best = told.at("best");
    result_.first = told.at("first");
    without_gain_ = told.at("without-gain");
    spent_ = told.at("seconds");
  }

  TrainingResult run() {
    begin_ = last_checkpoint_ = Clock::now();
    if (result_.steps == 0 && !cancel_.requested()) {
      result_.first = result_.best = evaluate();
      save_best();
      save();
    }
    Feeder feeder(dataset_, result_.steps);
    while (result_.ended.empty()) {
      if (cancel_.requested()) {
        result_.ended = "interrupted";
      } else if (progress() >= 1) {
        result_.ended = "finished";
      } else if (!take_step(feeder.next())) {
        return result_;
      }
    }
    if (evaluated_at_ != result_.steps && result_.ended == "finished") judge();
    save();
    return result_;
  }

 private:
  void check_same(const nlohmann::json& told) const {
    const nlohmann::json now = lasting_config(config_);
    std::string differ;
    for (const auto& [key, value] : now.items()) {
      if (told.at("config").value(key, nlohmann::json()) != value) differ += (differ.empty() ? "" : ", ") + key;
    }
    if (!differ.empty())
      throw SpecError(checkpoint_ + ": this training was begun with another " + differ +
                      "; resume it with the same, or begin anew in another folder");
    if (told.at("fingerprint") != dataset_.fingerprint())
      throw SpecError(checkpoint_ +
                      ": this training was begun with other pictures, masks or mattes; resume it with the same, or "
                      "begin anew in another folder with --base on this one");
  }

  double seconds() const { return spent_ + seconds_since(begin_); }

  // 0 at the beginning, 1 at the end.
  double progress() const {
    double part = 0;
    if (config_.iterations) part = static_cast<double>(result_.steps) / static_cast<double>(*config_.iterations);
    if (config_.minutes) part = std::max(part, seconds() / 60 / *config_.minutes);
    return part;
  }

  // False if it diverged.
  bool take_step(const TrainingBatch& batch) {
    const auto begin = Clock::now();
    const Pace pace = pace_at(config_, result_.steps, progress());
    const StepResult step = learner_.step(batch.tensors, {pace.learning_rate, pace.second_stage});
    if (!step.finite) {
      result_.ended = "diverged";
      watcher_.event({{"event", "diverged"}, {"step", result_.steps + 1}});
      return false;
    }
    ++result_.steps;
    if (result_.steps == 1 || result_.steps % told_every() == 0)
      watcher_.event({{"event", "step"},
                      {"step", result_.steps},
                      {"loss", step.loss},
                      {"terms", step.terms},
                      {"learning-rate", pace.learning_rate},
                      {"gradient-norm", step.gradient_norm},
                      {"progress", std::min(1.0, progress())},
                      {"pictures-per-second", config_.batch / seconds_since(begin)}});
    const bool due = result_.steps % config_.evaluate_every == 0;
    if (due) judge();
    const bool old = seconds_since(last_checkpoint_) > 60 * config_.checkpoint_minutes;
    if ((due || old) && result_.ended.empty()) save();  // what ends saves for itself
    return true;
  }

  int64_t told_every() const {
    return config_.iterations ? std::clamp<int64_t>(*config_.iterations / 1000, 1, 20) : 10;
  }

  // Keeps the weights if they are the best so far; ends the training if they have not been for too long.
  void judge() {
    const double figure = evaluate();
    if (figure > result_.best) {
      result_.best = figure;
      result_.best_step = result_.steps;
      without_gain_ = 0;
      save_best();
    } else if (++without_gain_ >= config_.patience && config_.patience > 0 && result_.ended.empty()) {
      result_.ended = "stopped early";
    }
  }

  double evaluate() {
    Figures figures(config_.task);
    for (int64_t i = 0; i < dataset_.evaluation_batches(); ++i) {
      const TrainingBatch batch = dataset_.evaluation_batch(i);
      const Tensor prediction = learner_.predict(batch.tensors);
      figures.add(batch, prediction);
      if (i == 0 && watcher_.pictures) watcher_.pictures(result_.steps, batch, prediction);
    }
    nlohmann::json event = figures.json();
    event["event"] = "evaluation";
    event["step"] = result_.steps;
    event["seconds"] = seconds();
    watcher_.event(event);
    evaluated_at_ = result_.steps;
    return figures.decisive();
  }

  void save_best() { write_safetensors(best_file_, learner_.weights(), learner_.metadata()); }

  void save() {
    const nlohmann::json told = {{"steps", result_.steps},
                                 {"best-step", result_.best_step},
                                 {"best", result_.best},
                                 {"first", result_.first},
                                 {"without-gain", without_gain_},
                                 {"seconds", seconds()},
                                 {"config", lasting_config(config_)},
                                 {"fingerprint", dataset_.fingerprint()}};
    write_safetensors(checkpoint_, learner_.state(), {{"training", told.dump()}});
    watcher_.event({{"event", "checkpoint"}, {"step", result_.steps}});
    last_checkpoint_ = Clock::now();
  }

  Learner& learner_;
  const Dataset& dataset_;
  const TrainingConfig& config_;
  std::string checkpoint_, best_file_;
  const TrainingWatcher& watcher_;
  const Cancel& cancel_;
  TrainingResult result_;
  int64_t without_gain_ = 0, evaluated_at_ = -1;
  double spent_ = 0;  // seconds, before this run
  Clock::time_point begin_, last_checkpoint_;
};

}  // namespace

TrainingResult train(Learner& learner, const Dataset& dataset, const TrainingConfig& config, const std::string& folder,
                     bool resume, const TrainingWatcher& watcher, const Cancel& cancel) {
  Training training(learner, dataset, config, folder, watcher, cancel);
  if (resume) training.resume();
  return training.run();
}

}  // namespace inpaint
