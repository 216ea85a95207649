#pragma once
#include <string>

namespace inpaint {

/// The names of what a training keeps in its folder. The folder is a model: card and weights; beside them is how it
/// came about. What only a further run needs lies in a hidden folder.
class TrainingFolder {
 public:
  explicit TrainingFolder(std::string path) : path_(std::move(path)) {}

  const std::string& path() const { return path_; }
  /// Of the model: the folder's own, without where it lies.
  std::string name() const;
  std::string card() const { return path_ + "/card.yaml"; }
  std::string weights() const { return path_ + "/model.safetensors"; }
  std::string record() const { return path_ + "/training.json"; }
  std::string metrics() const { return path_ + "/metrics.jsonl"; }
  std::string report() const { return path_ + "/report.html"; }
  /// Where train() keeps its checkpoint and the best weights.
  std::string state() const { return path_ + "/.training"; }
  std::string checkpoint() const { return state() + "/checkpoint.safetensors"; }
  std::string best() const { return state() + "/best.safetensors"; }
  std::string pictures() const { return state() + "/pictures"; }

 private:
  std::string path_;
};

/// Replaces a text file of a training, whole or not at all. Throws MissingError if it cannot be written.
void replace_text(const std::string& path, const std::string& text);

/// Makes the folder (and `state`) and keeps every other training out of it as long as this lives.
class TrainingLock {
 public:
  /// Throws MissingError if the folder cannot be made or written, or another training is at work there.
  explicit TrainingLock(const TrainingFolder& folder);
  ~TrainingLock();
  TrainingLock(const TrainingLock&) = delete;
  TrainingLock& operator=(const TrainingLock&) = delete;

 private:
  int file_ = -1;
};

}  // namespace inpaint
