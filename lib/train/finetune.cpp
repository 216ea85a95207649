#include "train/finetune.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <opencv2/core.hpp>

#include "core/error.h"
#include "core/threads.h"
#include "train/album.h"
#include "train/folder.h"
#include "train/metrics.h"
#include "train/report.h"
#include "train/result.h"

namespace inpaint {
namespace {

namespace fs = std::filesystem;

bool exists(const std::string& path) {
  std::error_code error;
  return fs::exists(path, error);
}

// Batches are made beside each other, each on one thread.
class OneThreadEach {
 public:
  OneThreadEach() { cv::setNumThreads(1); }
  OneThreadEach(const OneThreadEach&) = delete;
  OneThreadEach& operator=(const OneThreadEach&) = delete;
  ~OneThreadEach() { cv::setNumThreads(before_); }

 private:
  int before_ = cv::getNumThreads();
};

// What is told while it trains, put down in the folder.
class Notebook {
 public:
  Notebook(const TrainingFolder& folder, const std::string& task, bool go_on, TrainingRecord record)
      : folder_(folder),
        task_(task),
        metrics_(folder.metrics(), go_on),
        album_(folder.pictures(), task, go_on),
        record_(std::move(record)) {}

  TrainingRecord& record() { return record_; }
  const History& history() const { return metrics_.history(); }

  void event(const nlohmann::json& event) {
    metrics_.add(event);
    if (event["event"] == "evaluation") write("running");
  }
  void pictures(int64_t step, const TrainingBatch& batch, const Tensor& prediction) {
    album_.add(step, batch, prediction);  // its evaluation comes next, and is reported then
  }
  void end(const std::string& ended) { write(ended); }

 private:
  void write(const std::string& ended) {
    record_.tell_progress(ended, history(), task_);
    replace_text(folder_.report(), training_report(folder_.name(), record_.json(), history(), album_));
    record_.write();
  }

  TrainingFolder folder_;
  std::string task_;
  MetricsFile metrics_;
  Album album_;
  TrainingRecord record_;
};

// The record of this training as it is to be: how long it takes may have changed since it began.
TrainingRecord record_of(const FinetuneOptions& options, const Fields& fields, const FinetunePlace& place,
                         const TrainingConfig& config, const BaseModel* base, bool go_on) {
  std::vector<GivenValue> given = options_to_record(fields);
  // What ships may change before the training goes on.
  if (options.base.empty()) given.emplace_back("base", base == nullptr ? "none" : base->name);
  TrainingConfig resolved = config;
  Fields described;
  resolved.describe(described);
  TrainingRecord record(TrainingFolder(place.folder).record(), go_on);
  record.begin_sitting(place.program, given, described.resolved());
  if (!go_on) record.tell_base(base);
  return record;
}

FinetuneStart start_of(const TrainingConfig& config, const Dataset& dataset, const Learner& learner) {
  return {config, dataset.learned_from(), dataset.held_out(), dataset.skipped(), learner.facts()};
}

TrainingResult teach(const FinetuneOptions& options, const Fields& fields, const FinetunePlace& place,
                     TrainingConfig config, const BaseModel* base, const FinetuneListener& listener,
                     const Cancel& cancel) {
  const TrainingFolder folder(place.folder);
  const OneThreadEach one_thread_each;
  const std::unique_ptr<Learner> learner = make_learner(learner_options(config, base));
  const Dataset dataset(options.paths, config);
  if (!config.iterations && !config.minutes) config.iterations = default_iterations(config, dataset.learned_from());
  const TrainingLock lock(folder);
  // Killed before its first checkpoint, a training begins anew.
  const bool go_on = place.resume && exists(folder.checkpoint());
  Notebook notebook(folder, config.task, go_on, record_of(options, fields, place, config, base, go_on));
  notebook.record().tell_learner(learner->facts());
  if (!go_on) {
    notebook.record().tell_data(dataset);
    notebook.record().write();
  }
  listener.start(start_of(config, dataset, *learner));
  const TrainingWatcher watcher{
      [&](const nlohmann::json& event) {
        notebook.event(event);
        listener.event(event);
      },
      [&](int64_t step, const TrainingBatch& batch, const Tensor& made) { notebook.pictures(step, batch, made); }};
  const TrainingResult result = train(*learner, dataset, config, folder.state(), go_on, watcher, cancel);
  if (exists(folder.best()))
    write_model(folder, config, learner->metadata(), notebook.record().json().value("figures", nlohmann::json()));
  notebook.end(result.ended);
  return result;
}

}  // namespace

void check_place(const FinetunePlace& place) {
  const TrainingFolder folder(place.folder);
  std::error_code error;
  if (exists(folder.path()) && !fs::is_directory(folder.path(), error))
    throw SpecError(fmt::format("{}: a file; expected the folder that becomes the model", folder.path()));
  if (place.resume && !exists(folder.record()))
    throw SpecError(fmt::format("--resume: {} holds no training; without --resume one begins there", folder.path()));
  if (!place.resume && exists(folder.checkpoint()))
    throw SpecError(
        fmt::format("{} holds a training already; --resume goes on with it, or name another folder", folder.path()));
  if (!place.resume && (exists(folder.card()) || exists(folder.weights())))
    throw SpecError(fmt::format("{} holds a model already; name another folder", folder.path()));
}

bool is_finished(const std::string& folder, const Fields& fields) {
  const std::string ended = recorded_end(folder);
  if (ended != "finished" && ended != "stopped early") return false;
  FinetuneOptions recorded;
  Fields before;
  recorded.describe(before);
  for (const GivenOption& option : recorded_options(folder)) before.set(option.name, option.text, option.where);
  const nlohmann::json then = before.resolved(), now = fields.resolved();
  return then["iterations"] == now["iterations"] && then["minutes"] == now["minutes"] &&
         then["patience"] == now["patience"];
}

TrainingResult finetune(const FinetuneOptions& options, const Fields& fields, const FinetunePlace& place,
                        const FinetuneListener& listener, const Cancel& cancel) {
  check_place(place);
  TrainingConfig config = options.training;
  const std::optional<BaseModel> base = find_base(options.base, config);
  if (base) take_shape(*base, fields, config);
  config.check();
  if (config.threads > 0) set_threads_per_worker(config.threads);
  return teach(options, fields, place, config, base ? &*base : nullptr, listener, cancel);
}

}  // namespace inpaint
