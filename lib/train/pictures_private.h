#pragma once
#include <string>
#include <vector>

#include "train/example_private.h"

namespace inpaint {

enum class PictureUse { learned, held_out, skipped };

/// One picture of a training, as listed and probed.
struct PictureEntry {
  std::string path, rel;
  std::string matte;  ///< its file; empty: none
  std::string hash, matte_hash;
  PictureUse use = PictureUse::learned;
  std::string reason;  ///< why it is skipped
};

struct PictureRules {
  ExampleRules example;
  double held_out = 0.1;
  int64_t budget = 0;  ///< bytes that decoded pictures may take
};

/// The pictures of a training. Those learned from are kept decoded as far as the budget goes; the others are decoded
/// each time they are asked for: when every picture comes once per pass, keeping the same ones hits more often than
/// keeping the latest. Thread-safe.
class Pictures {
 public:
  /// Decodes all of them once, on threads_per_worker() threads. Which are held out depends on their contents alone, so
  /// that it stays as it is when others are added. Throws SpecError for inputs that do not exist, and if fewer than
  /// `least_pictures` can be used.
  Pictures(const std::vector<std::string>& inputs, const std::string& mattes, const PictureRules& rules);

  static constexpr int least_pictures = 8;

  const std::vector<PictureEntry>& entries() const { return entries_; }
  /// Indices of entries: learned from in the order of listing, held out in the order of their hashes.
  const std::vector<size_t>& learned() const { return learned_; }
  const std::vector<size_t>& held_out() const { return held_out_; }
  /// Throws MissingError if the file is gone or has another content than at first.
  Example get(size_t entry) const;
  int64_t bytes_kept() const;

 private:
  void list(const std::vector<std::string>& inputs, const std::string& mattes);
  void probe();
  void skip_duplicates();
  void check_enough() const;
  void hold_out();

  PictureRules rules_;
  std::vector<PictureEntry> entries_;
  std::vector<Example> kept_;  // parallel to entries_; empty: decoded when needed
  std::vector<size_t> learned_, held_out_;
};

/// In [0,1), by content: what decides whether a picture is held out.
double draw_of_hash(const std::string& hash);

}  // namespace inpaint
