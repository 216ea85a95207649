#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <numbers>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include "core/error.h"
#include "core/hash.h"
#include "core/names.h"
#include "core/threads.h"
#include "pipeline/companion.h"
#include "pipeline/source.h"
#include "train/example_private.h"
#include "train/mask_files_private.h"
#include "train/workers_private.h"

namespace inpaint {
namespace {

constexpr int tries = 20;                              // of random parts, before the whole mask is squeezed in
constexpr double least_hole = 0.01, most_hole = 0.95;  // share of a random part that will do
constexpr double smallest_part = 0.5;                  // side of it, of the mask's shorter side

double share(const cv::Mat& hole) { return cv::countNonZero(hole) / static_cast<double>(hole.total()); }

void check_teaches(const cv::Mat& hole) {
  const int covered = cv::countNonZero(hole);
  if (covered == 0) throw ItemError("it covers nothing");
  if (covered == static_cast<int>(hole.total())) throw ItemError("it covers everything");
}

// A square part of the mask about a random centre, at a random angle, perhaps mirrored.
cv::Mat random_part(const cv::Mat& mask, int size, Random& random) {
  const double side = random.uniform(smallest_part, 1) * std::min(mask.cols, mask.rows);
  const double x = random.uniform(side / 2, mask.cols - side / 2), y = random.uniform(side / 2, mask.rows - side / 2);
  const double angle = random.uniform(0, 2 * std::numbers::pi), step = side / size;
  const double c = std::cos(angle) * step, s = std::sin(angle) * step, mirrored = random.chance(0.5) ? -1 : 1;
  const double centre = (size - 1) / 2.0;
  const double a = c * mirrored, b = s * mirrored;
  const cv::Matx23d mask_from_crop(a, -s, x - 0.5 - (a - s) * centre, b, c, y - 0.5 - (b + c) * centre);
  cv::Mat part;
  cv::warpAffine(mask, part, mask_from_crop, {size, size}, cv::INTER_LINEAR | cv::WARP_INVERSE_MAP);
  return part > 0;
}

}  // namespace

cv::Mat MaskFiles::load(Entry& entry) const {
  Notes notes;
  const Bytes bytes = read_file(entry.path);
  const std::string hash = content_hash(bytes);
  if (!entry.hash.empty() && entry.hash != hash) throw ItemError("it has changed since the training began");
  entry.hash = hash;
  return shrunk(decode_mask(bytes, {}, notes).values() > 127, 2 * size_) > 0;
}

MaskFiles::MaskFiles(const std::string& path, int size, int64_t budget) : size_(size) {
  for (const SourceItem& item : FileSource({path}).list()) entries_.push_back({item.location, "", ""});
  kept_.resize(entries_.size());
  std::atomic<int64_t> left{budget};
  for_each_index(entries_.size(), threads_per_worker(), [&](size_t i) {
    try {
      cv::Mat mask = load(entries_[i]);
      check_teaches(whole_in_crop(mask));
      const auto bytes = static_cast<int64_t>(mask.total());
      if (left.fetch_sub(bytes) < bytes) {
        left += bytes;
      } else {
        kept_[i] = mask;
      }
    } catch (const ItemError& error) {
      entries_[i].reason = error.what();
    }
  });
  for (size_t i = 0; i < entries_.size(); ++i) {
    if (entries_[i].reason.empty()) usable_.push_back(i);
  }
  if (usable_.empty()) {
    throw SpecError(
        fmt::format("--masks '{}' leaves nothing to learn: none of {} has both white (hole) and black "
                    "(known) parts; the first: {}: {}. Use other masks, or --masks random",
                    path, count_of(entries_.size(), "mask"), entries_[0].path, entries_[0].reason));
  }
}

int64_t MaskFiles::bytes_kept() const {
  int64_t sum = 0;
  for (const cv::Mat& mask : kept_) sum += static_cast<int64_t>(mask.total());
  return sum;
}

cv::Mat MaskFiles::get(size_t index) const {
  if (!kept_[index].empty()) return kept_[index];
  Entry entry = entries_[index];
  try {
    return load(entry);
  } catch (const ItemError& error) {
    throw MissingError(fmt::format("mask '{}': {}; leave the masks as they are while they are learned from", entry.path,
                                   error.what()));
  }
}

cv::Mat MaskFiles::whole_in_crop(const cv::Mat& mask) const {
  cv::Mat squeezed;
  cv::resize(mask, squeezed, {size_, size_}, 0, 0, cv::INTER_AREA);
  return squeezed > 0;
}

cv::Mat MaskFiles::hole(Random& random) const {
  const cv::Mat mask = get(usable_[static_cast<size_t>(random.whole(0, static_cast<int64_t>(usable_.size()) - 1))]);
  const double least = std::min(least_hole, share(mask) / 2);  // where all holes are thin, parts have no more
  for (int i = 0; i < tries; ++i) {
    cv::Mat part = random_part(mask, size_, random);
    if (const double covered = share(part); covered >= least && covered <= most_hole) return part;
  }
  return whole_in_crop(mask);
}

}  // namespace inpaint
