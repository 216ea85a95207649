#pragma once
#include <chrono>
#include <nlohmann/json.hpp>
#include <string>

#include "core/fields.h"
#include "train/base_model.h"
#include "train/dataset.h"
#include "train/history.h"

namespace inpaint {

/// What runs the training: its version and command line, as far as the record is to tell them.
struct ProgramFacts {
  std::string version;
  std::string command;
};

/// training.json: how a model came about. The record of an earlier sitting is gone on with.
class TrainingRecord {
 public:
  /// `go_on`: takes up the record at `path`; throws SpecError if it is damaged.
  TrainingRecord(std::string path, bool go_on);

  /// `given`: see options_to_record.
  void begin_sitting(const ProgramFacts& program, const std::vector<GivenValue>& given, const nlohmann::json& config);
  void tell_base(const BaseModel* base);
  /// Hash, use and path of each picture, and why some were skipped.
  void tell_data(const Dataset& dataset);
  void tell_learner(const std::string& facts);
  /// `ended` as in TrainingResult; "running" while it does.
  void tell_progress(const std::string& ended, const History& history, const std::string& task);

  /// Throws MissingError if it cannot be written.
  void write();
  const nlohmann::json& json() const { return json_; }

 private:
  using Clock = std::chrono::steady_clock;

  std::string path_;
  nlohmann::json json_;
  Clock::time_point start_ = Clock::now();
};

/// How the training in a folder ended ("finished", ...); empty if there is none.
std::string recorded_end(const std::string& folder);

}  // namespace inpaint
