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
  /// remove-bg: a directory with one per picture, of its size, white or opaque where the subject is; empty: the
  /// pictures' own alpha, and such cut-outs are always put on other backgrounds.
  std::string mattes;
};

/// A picture that is not learned from.
struct SkippedPicture {
  std::string path, reason;
};

/// A stack of crops with what is to be learned from them, as Learner takes it (with patch fills if config.first_fill is
/// patch).
struct TrainingBatch {
  std::vector<Tensor> tensors;
  std::vector<std::string> names;  ///< of the pictures, in order
};

/// The pictures of a training. Which picture, crop and mask a batch has depends on the seed and the number of the step
/// alone, never on threads, on memory, or on what was asked for before. Every picture comes once per pass, in an order
/// that differs from pass to pass. Threads may call it at the same time.
/// Pictures are worked on at 8 bits and with a shorter side of 2 × size at most (or size / smallest-scale, if that is
/// more; remove-bg: size × largest-scale); larger ones are averaged down. Scale 1 is that size; remove-bg: the whole
/// picture squeezed to size × size, as the network sees it later. As many as fit into `memory` stay decoded, always the
/// same ones; the others are decoded each time they come.
class Dataset {
 public:
  /// Looks at every picture once, on threads_per_worker() threads. Broken ones, repeated ones, those with a side below
  /// 32 pixels and those without a usable matte are skipped and listed. Throws SpecError if fewer than 8 are left, or
  /// if masks leave nothing to learn (naming the folder and the cure).
  Dataset(const DatasetPaths& paths, const TrainingConfig& config);
  ~Dataset();

  int64_t learned_from() const;
  int64_t held_out() const;
  const std::vector<SkippedPicture>& skipped() const;

  /// Fresh crops, flips, colours and masks. remove-bg: some are put on other backgrounds. Throws MissingError, naming
  /// the file, if a picture, matte or mask is gone or has changed; so does evaluation_batch.
  TrainingBatch training_batch(int64_t step) const;
  /// The held-out pictures in a fixed order, centre crops with fixed masks (random ones cover 10, 25 and 40 % in turn;
  /// remove-bg: whole pictures squeezed), `config.batch` at a time; at most
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
