#pragma once
#include <opencv2/core/mat.hpp>
#include <string>
#include <vector>

#include "train/random_private.h"

namespace inpaint {

/// Masks that someone gives, as holes for crops of one size. White is hole: any pixel that is more than half white, and
/// every pixel of the crop that takes part of its value from one. Thread-safe.
class MaskFiles {
 public:
  struct Entry {
    std::string path, hash;
    std::string reason;  ///< why it is skipped; empty if it is not
  };

  /// `path`: a file or a directory. Decodes all, on threads_per_worker() threads; keeps `budget` bytes of them at most
  /// and decodes the others when they are needed. Throws SpecError, naming the path and the cure, if none is left.
  MaskFiles(const std::string& path, int size, int64_t budget);

  const std::vector<Entry>& entries() const { return entries_; }
  int64_t bytes_kept() const;
  /// A random part of a random mask, turned and mirrored: size × size, 255 in the hole; never empty, never full.
  /// Throws MissingError if its file is gone or has another content than at first.
  cv::Mat hole(Random& random) const;

 private:
  cv::Mat load(Entry& entry) const;
  cv::Mat get(size_t entry) const;
  cv::Mat whole_in_crop(const cv::Mat& mask) const;

  int size_;
  std::vector<Entry> entries_;
  std::vector<cv::Mat> kept_;  // parallel to entries_; empty: decoded when needed
  std::vector<size_t> usable_;
};

}  // namespace inpaint
