#pragma once
#include <cstdint>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "nn/tensor.h"
#include "train/config.h"

namespace inpaint {

/// Where the pictures come from.
struct DatasetPaths {
  std::vector<std::string> pictures;  ///< files, directories, globs, @lists
  std::string masks;                  ///< reconstruct: "random", a mask, or a directory of masks (white = hole)
  std::string mattes;                 ///< remove-bg: a directory with one per picture; empty: the pictures' own alpha
};

/// A picture that is not learned from.
struct SkippedPicture {
  std::string path, reason;
};

/// A stack of crops with what is to be learned from them, as Learner takes it.
struct TrainingBatch {
  std::vector<Tensor> tensors;
  std::vector<std::string> names;  ///< of the pictures, in order
};

/// The pictures of a training. Which picture, crop and mask a batch has depends on the seed and the number of the step
/// alone, never on threads or on what was asked for before. Threads may call it at the same time.
class Dataset {
 public:
  /// Looks at every picture once, in parallel. Broken ones are skipped and listed. Throws SpecError if fewer than 8 are
  /// left, or if masks leave nothing to learn (naming the folder and the cure).
  Dataset(const DatasetPaths& paths, const TrainingConfig& config);
  ~Dataset();

  int64_t learned_from() const;
  int64_t held_out() const;
  const std::vector<SkippedPicture>& skipped() const;

  /// Fresh crops, flips, colours and masks. remove-bg: some are put on other backgrounds.
  TrainingBatch training_batch(int64_t step) const;
  /// The held-out pictures in a fixed order, centre crops with fixed masks, `config.batch` at a time; at most
  /// `config.evaluation_pictures`.
  int64_t evaluation_batches() const;
  TrainingBatch evaluation_batch(int64_t index) const;

  /// Path, hash and use ("learned", "held-out", "skipped") of each picture, and a hash over all that were learned from.
  nlohmann::json record() const;
  /// Over all pictures, masks and mattes: a training can go on only with the same.
  std::string fingerprint() const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace inpaint
