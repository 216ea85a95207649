#pragma once
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "train/history.h"

namespace inpaint {

/// The events of a training as JSON lines, one per event, each written through at once; and the history they make.
/// Where a training goes on from a checkpoint, lines that a killed run wrote after it are cut off by the first event:
/// the file has every step once.
class MetricsFile {
 public:
  /// `go_on`: keeps the lines of an earlier run. Throws MissingError if the file cannot be written.
  MetricsFile(std::string path, bool go_on);
  ~MetricsFile();
  MetricsFile(const MetricsFile&) = delete;
  MetricsFile& operator=(const MetricsFile&) = delete;

  /// Throws MissingError if the line cannot be written.
  void add(const nlohmann::json& event);
  /// Whole once the first event came.
  const History& history() const { return history_; }

 private:
  void go_on_before(const nlohmann::json& event);

  std::string path_;
  int file_ = -1;
  bool waits_ = false;  // for the first event, which tells what is to be cut
  History history_;
};

}  // namespace inpaint
