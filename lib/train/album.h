#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "nn/tensor.h"
#include "train/dataset.h"

namespace inpaint {

/// The pictures of the evaluations that the report shows, as JPEG files in a folder: of at most 8 pictures the truth,
/// what the network is given (reconstruct: the picture with its hole painted over; remove-bg: the picture), and what it
/// made of it at up to 12 evaluations, evenly spread, the first and the last among them.
class Album {
 public:
  struct Row {
    std::string name;
    std::string truth, given;       ///< files
    std::vector<std::string> made;  ///< one per shown step
  };

  /// Takes up what lies in `folder`, if `go_on`; else empties it. Throws MissingError if it cannot be written.
  Album(std::string folder, std::string task, bool go_on);

  /// `batch` and `prediction` as TrainingWatcher tells them. What is there of later steps is forgotten: a killed run
  /// left it. Throws MissingError if a file cannot be written.
  void add(int64_t step, const TrainingBatch& batch, const Tensor& prediction);

  const std::vector<int64_t>& steps() const { return steps_; }
  std::vector<Row> rows() const;

 private:
  std::string file(const std::string& column, size_t row) const;
  std::string column_of(int64_t step) const;
  void forget(size_t index);
  void take_up();
  void write_fixed(const TrainingBatch& batch);

  std::string folder_, task_;
  std::vector<int64_t> steps_;
  std::vector<std::string> names_;
};

}  // namespace inpaint
