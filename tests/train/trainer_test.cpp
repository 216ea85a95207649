#include "train/trainer.h"

#include <doctest/doctest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "support.h"
#include "train/figures.h"
#include "train/schedule.h"

using namespace inpaint;
using namespace inpaint::test;

namespace {

// Learns one number: the shade that it fills holes with. Each step takes it towards the mean of the batch.
class ShadeLearner : public Learner {
 public:
  StepResult step(const std::vector<Tensor>& batch, const StepOptions& options) override {
    ++steps;
    if (steps == diverges_at) return {.loss = NAN, .finite = false};
    double mean = 0;
    for (const float value : batch[0].values()) mean += static_cast<double>(value);
    mean /= static_cast<double>(batch[0].size());
    shade_.data()[0] += static_cast<float>(options.learning_rate * (mean - static_cast<double>(shade_.data()[0])));
    return {.loss = std::abs(mean - static_cast<double>(shade_.data()[0])), .terms = {{"hole", 1}}};
  }
  Tensor predict(const std::vector<Tensor>& batch) override {
    Tensor made(batch[0].shape());
    std::fill_n(made.data(), made.size(), shade_.data()[0]);
    return made;
  }
  std::vector<std::pair<std::string, Tensor>> weights() const override { return {{"shade", copy()}}; }
  std::map<std::string, std::string> metadata() const override { return {{"architecture", "shade"}}; }
  std::vector<std::pair<std::string, Tensor>> state() const override { return {{"shade", copy()}}; }
  void restore(const Safetensors& state) override { shade_.data()[0] = state.get("shade").data()[0]; }
  std::string facts() const override { return "shade"; }

  int steps = 0, diverges_at = -1;

 private:
  Tensor copy() const {
    Tensor made({1});
    made.data()[0] = shade_.data()[0];
    return made;
  }
  Tensor shade_ = [] {
    Tensor zero({1});
    zero.data()[0] = 0;
    return zero;
  }();
};

struct World {
  World() {
    for (int i = 0; i < 12; ++i)
      write_picture(folder / ("in/" + std::to_string(i) + ".png"), painted_picture(48, 48, i), Format::png);
    config.size = 32;
    config.levels = 3;
    config.batch = 2;
    config.iterations = 12;
    config.evaluate_every = 5;
    config.learning_rate = 0.2;
    config.warm_up = 0;
    watcher.event = [this](const nlohmann::json& event) {
      events.push_back(event);
      if (event.at("event") == "step" && event.at("step") == stop_at) cancel.request();
    };
  }
  TrainingResult run(const std::string& name, bool resume = false) {
    std::filesystem::create_directories(folder / name);
    const Dataset dataset({{folder / "in"}, "random", ""}, config);
    return train(learner, dataset, config, folder / name, resume, watcher, cancel);
  }
  float best_of(const std::string& name) {
    return Safetensors(folder / (name + "/best.safetensors")).get("shade").data()[0];
  }
  std::vector<int64_t> steps_of(const std::string& kind) {
    std::vector<int64_t> steps;
    for (const nlohmann::json& event : events) {
      if (event.at("event") == kind) steps.push_back(event.at("step"));
    }
    return steps;
  }

  ScratchFolder folder;
  TrainingConfig config;
  TrainingWatcher watcher;
  Cancel cancel;
  ShadeLearner learner;
  std::vector<nlohmann::json> events;
  int64_t stop_at = -1;
};

}  // namespace

TEST_CASE("a training evaluates before, at intervals and at the end, and keeps the best weights") {
  World world;
  const TrainingResult result = world.run("model");
  CHECK(result.ended == "finished");
  CHECK(result.steps == 12);
  CHECK(world.steps_of("evaluation") == std::vector<int64_t>{0, 5, 10, 12});
  CHECK(world.steps_of("step").size() == 12);
  CHECK(result.best > result.first);
  CHECK(world.best_of("model") > 0.1F);
}

TEST_CASE("an interrupted training goes on with the same numbers") {
  World whole;
  const TrainingResult expected = whole.run("model");
  World first;
  first.stop_at = 7;
  CHECK(first.run("model").ended == "interrupted");
  ShadeLearner fresh;
  std::vector<nlohmann::json> events;
  const TrainingWatcher watcher{[&](const nlohmann::json& event) { events.push_back(event); }, {}};
  const Cancel cancel;
  const Dataset dataset({{first.folder / "in"}, "random", ""}, first.config);
  const TrainingResult resumed = train(fresh, dataset, first.config, first.folder / "model", true, watcher, cancel);
  CHECK(resumed.ended == "finished");
  CHECK(resumed.steps == 12);
  CHECK(resumed.best == expected.best);
  CHECK(resumed.first == expected.first);
  CHECK(first.best_of("model") == whole.best_of("model"));
  CHECK(events.front().at("step") == 8);
}

TEST_CASE("a training without gain stops early") {
  World world;
  world.config.learning_rate = 0;  // the smallest step would be a gain
  world.config.iterations = 200;
  world.config.patience = 2;
  world.config.evaluate_every = 3;
  const TrainingResult result = world.run("model");
  CHECK(result.ended == "stopped early");
  CHECK(result.steps == 6);  // evaluations of steps 3 and 6 were no gain
}

TEST_CASE("a training that diverges tells the step and leaves the last checkpoint") {
  World world;
  world.learner.diverges_at = 9;
  const TrainingResult result = world.run("model");
  CHECK(result.ended == "diverged");
  CHECK(world.steps_of("diverged") == std::vector<int64_t>{9});
  CHECK(result.steps == 8);
  CHECK(world.steps_of("checkpoint").back() == 5);
  CHECK(std::isfinite(world.best_of("model")));
}

TEST_CASE("a training is resumed only as it was begun") {
  World world;
  world.stop_at = 3;
  CHECK_THROWS_WITH_AS(world.run("model", true), doctest::Contains("there is nothing to resume"), SpecError);
  world.run("model");
  world.config.iterations = 20;  // longer is allowed
  world.config.batch = 4;
  CHECK_THROWS_WITH_AS(world.run("model", true), doctest::Contains("another batch"), SpecError);
  world.config.batch = 2;
  write_picture(world.folder / "in/new.png", painted_picture(48, 48, 77), Format::png);
  CHECK_THROWS_WITH_AS(world.run("model", true), doctest::Contains("other pictures"), SpecError);
  write_safetensors(world.folder / "model/checkpoint.safetensors", world.learner.state());
  CHECK_THROWS_WITH_AS(world.run("model", true), doctest::Contains("no checkpoint of a training"), MissingError);
}

TEST_CASE("the pace: warm-up, cosine, two stages") {
  TrainingConfig config;
  config.learning_rate = 1;
  config.warm_up = 10;
  config.second_stage = 0.3;
  CHECK(pace_at(config, 0, 0).learning_rate == doctest::Approx(0.1));
  CHECK(pace_at(config, 100, 0.5).learning_rate == doctest::Approx(0.5));
  CHECK(pace_at(config, 100, 1).learning_rate == doctest::Approx(0));
  CHECK_FALSE(pace_at(config, 100, 0.69).second_stage);
  CHECK(pace_at(config, 100, 0.71).second_stage);
  config.schedule = Schedule::two_stage;
  CHECK(pace_at(config, 100, 0.69).learning_rate == doctest::Approx(1));
  CHECK(pace_at(config, 100, 0.71).learning_rate == doctest::Approx(0.25));
}

TEST_CASE("figures of filled holes, worked out by hand") {
  TrainingBatch batch;
  Tensor truth({1, 3, 2, 2}), known({1, 1, 2, 2}), made({1, 3, 2, 2});
  std::fill_n(truth.data(), 12, 0.5F);
  std::fill_n(made.data(), 12, 0.6F);
  for (int i = 0; i < 4; ++i) known.data()[i] = i == 0 ? 0.F : 1.F;  // one pixel of four is the hole
  batch.tensors = {truth, known};
  Figures figures("reconstruct");
  figures.add(batch, made);
  CHECK(figures.json()["hole-psnr"].get<double>() == doctest::Approx(20));
  CHECK(figures.json()["hole-l1"].get<double>() == doctest::Approx(25.5));
  CHECK(figures.json()["psnr"].get<double>() == doctest::Approx(20 + 10 * std::log10(4)));
  CHECK(figures.decisive() == doctest::Approx(20));
}

TEST_CASE("figures of mattes, worked out by hand") {
  TrainingBatch batch;
  Tensor truth({1, 1, 1, 4}), made({1, 1, 1, 4});
  const float is[] = {1, 1, 0, 0}, said[] = {1, 0.25F, 0.75F, 0};
  std::copy(is, is + 4, truth.data());
  std::copy(said, said + 4, made.data());
  batch.tensors = {Tensor({1, 3, 1, 4}), truth};
  Figures figures("remove-bg");
  figures.add(batch, made);
  CHECK(figures.json()["mae"].get<double>() == doctest::Approx(0.375));
  CHECK(figures.json()["iou"].get<double>() == doctest::Approx(1.0 / 3));
  // Above 0.75: precision 1, recall 1/2; F = 1.3 * 0.5 / (0.3 + 0.5).
  CHECK(figures.json()["max-f"].get<double>() == doctest::Approx(0.8125));
  CHECK(figures.decisive() == doctest::Approx(-0.375));
}
