#include "train/dataset.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numeric>
#include <opencv2/core.hpp>

#include "classic/fill/proposal.h"
#include "classic/mask/random.h"
#include "core/error.h"
#include "core/hash.h"
#include "train/colors_private.h"
#include "train/crop_private.h"
#include "train/free_form_private.h"
#include "train/mask_files_private.h"
#include "train/pictures_private.h"

namespace inpaint {
namespace {

// What a key of Random is for.
enum Purpose : uint64_t { order = 1, crop = 2, evaluation = 3 };

constexpr double evaluation_shares[] = {0.1, 0.25, 0.4};
constexpr int64_t mebibyte = 1 << 20;

PictureRules rules_of(const TrainingConfig& config, bool cuts_out) {
  const double most = cuts_out ? config.size * std::max(1.0, config.largest_scale)
                               : std::max(2.0 * config.size, config.size / config.smallest_scale);
  PictureRules rules;
  rules.example = {cuts_out, cvCeil(most)};
  rules.held_out = config.held_out;
  rules.budget = static_cast<int64_t>(config.memory * mebibyte);
  return rules;
}

const char* name_of(PictureUse use) {
  return use == PictureUse::learned ? "learned" : use == PictureUse::held_out ? "held-out" : "skipped";
}

/// A batch while it is filled.
struct Filling {
  Filling(int count, int size, bool with_fills)
      : side(size), pictures({count, 3, size, size}), planes({count, 1, size, size}) {
    if (with_fills) fills = Tensor({count, 6, size, size});
  }
  float* picture(int i) { return pictures.data() + int64_t{3} * i * side * side; }
  float* plane(int i) { return planes.data() + int64_t{1} * i * side * side; }
  float* fill(int i, int variant) { return fills.data() + int64_t{3} * (2 * i + variant) * side * side; }
  TrainingBatch done() {
    std::vector<Tensor> tensors{pictures, planes};
    if (!fills.empty()) tensors.push_back(fills);
    return {std::move(tensors), std::move(names)};
  }

  int side;
  Tensor pictures, planes, fills;
  std::vector<std::string> names;
};

}  // namespace

struct Dataset::Parts {
  Parts(const DatasetPaths& paths, const TrainingConfig& given)
      : config(given),
        cuts_out(config.task == "remove-bg"),
        reads_fills(!cuts_out && config.first_fill == "patch"),
        masks(cuts_out || paths.masks == "random"
                  ? nullptr
                  : std::make_unique<MaskFiles>(paths.masks, config.size, rules_of(config, false).budget / 4)),
        pictures(paths.pictures, cuts_out ? paths.mattes : "", picture_rules()) {
    for (const PictureEntry& entry : pictures.entries()) {
      if (entry.use == PictureUse::skipped) skipped.push_back({entry.path, entry.reason});
    }
    if (!masks) return;
    for (const MaskFiles::Entry& entry : masks->entries()) {
      if (!entry.reason.empty()) skipped.push_back({entry.path, entry.reason});
    }
  }

  PictureRules picture_rules() const {
    PictureRules rules = rules_of(config, cuts_out);
    if (masks) rules.budget -= masks->bytes_kept();
    return rules;
  }

  // The picture that comes at this place, counted from the first step on.
  size_t entry_at(int64_t place) const {
    const auto count = static_cast<int64_t>(pictures.learned().size());
    std::vector<size_t> shuffled = pictures.learned();
    Random random{config.seed, Purpose::order, static_cast<uint64_t>(place / count)};
    for (size_t i = shuffled.size(); i > 1; --i)
      std::swap(shuffled[i - 1], shuffled[static_cast<size_t>(random.whole(0, static_cast<int64_t>(i) - 1))]);
    return shuffled[static_cast<size_t>(place % count)];
  }

  cv::Mat hole(Random& random) const {
    return masks ? masks->hole(random) : free_form_hole(config.size, config.smallest_hole, config.largest_hole, random);
  }

  void fill_reconstruct(Filling& batch, int i, const Example& example, Random& random) const {
    const cv::Rect part = random_square(example.size(), config, random);
    cv::Mat rgb = resized(example.rgb(part), {config.size, config.size});
    if (config.flip && random.chance(0.5)) rgb = mirrored(rgb);
    const ColorChange change = random_color_change(rgb, config.jitter, random);
    write_example(batch, i, rgb, hole(random), change);
  }

  void write_example(Filling& batch, int i, const cv::Mat& rgb, const cv::Mat& hole, const ColorChange& change) const {
    write_planes(rgb, change, batch.picture(i));
    write_plane(255 - hole, batch.plane(i));
    for (int variant = 0; reads_fills && variant < 2; ++variant)
      write_planes(fill_proposal(Image(rgb), Mask(hole), variant).pixels(), change, batch.fill(i, variant));
  }

  void fill_remove_bg(Filling& batch, int i, const Example& example, Random& random) const {
    const auto count = static_cast<int64_t>(pictures.learned().size());
    const auto other = [&] {
      return pictures.get(pictures.learned()[static_cast<size_t>(random.whole(0, count - 1))]);
    };
    CutOutCrop crop = random_cut_out_crop(example, other, config, random);
    crop.rgb = degraded(crop.rgb.clone(), random);
    write_planes(crop.rgb, random_color_change(crop.rgb, config.jitter, random), batch.picture(i));
    write_plane(crop.matte, batch.plane(i));
  }

  void fill_evaluation(Filling& batch, int i, size_t place) const {
    const PictureEntry& entry = pictures.entries()[pictures.held_out()[place]];
    const Example example = pictures.get(pictures.held_out()[place]);
    const uint64_t seed = stable_hash(entry.hash);
    batch.names.push_back(entry.path);
    if (cuts_out) {
      const CutOutCrop crop = whole_crop(example, config.size, seed);
      write_planes(crop.rgb, {}, batch.picture(i));
      write_plane(crop.matte, batch.plane(i));
      return;
    }
    const cv::Rect part = centre_square(example.size(), config);
    Random random{seed, Purpose::evaluation};
    const double share = evaluation_shares[place % std::size(evaluation_shares)];
    const cv::Mat fixed =
        masks ? masks->hole(random) : random_mask(config.size, config.size, RandomMask::strokes, share, seed).values();
    write_example(batch, i, resized(example.rgb(part), {config.size, config.size}), fixed, {});
  }

  int64_t evaluated() const {
    return std::min<int64_t>(config.evaluation_pictures, static_cast<int64_t>(pictures.held_out().size()));
  }

  TrainingConfig config;
  bool cuts_out, reads_fills;
  std::unique_ptr<MaskFiles> masks;
  Pictures pictures;
  std::vector<SkippedPicture> skipped;
};

Dataset::Dataset(const DatasetPaths& paths, const TrainingConfig& config)
    : parts_(std::make_unique<Parts>(paths, config)) {}
Dataset::~Dataset() = default;

int64_t Dataset::learned_from() const { return static_cast<int64_t>(parts_->pictures.learned().size()); }
int64_t Dataset::held_out() const { return static_cast<int64_t>(parts_->pictures.held_out().size()); }
const std::vector<SkippedPicture>& Dataset::skipped() const { return parts_->skipped; }

TrainingBatch Dataset::training_batch(int64_t step) const {
  const TrainingConfig& config = parts_->config;
  Filling batch(config.batch, config.size, parts_->reads_fills);
  for (int i = 0; i < config.batch; ++i) {
    const size_t entry = parts_->entry_at(step * config.batch + i);
    Random random{config.seed, Purpose::crop, static_cast<uint64_t>(step), static_cast<uint64_t>(i)};
    const Example example = parts_->pictures.get(entry);
    batch.names.push_back(parts_->pictures.entries()[entry].path);
    parts_->cuts_out ? parts_->fill_remove_bg(batch, i, example, random)
                     : parts_->fill_reconstruct(batch, i, example, random);
  }
  return batch.done();
}

int64_t Dataset::evaluation_batches() const {
  return (parts_->evaluated() + parts_->config.batch - 1) / parts_->config.batch;
}

TrainingBatch Dataset::evaluation_batch(int64_t index) const {
  const int64_t first = index * parts_->config.batch;
  const int64_t count = std::min<int64_t>(parts_->config.batch, parts_->evaluated() - first);
  Filling batch(static_cast<int>(count), parts_->config.size, parts_->reads_fills);
  for (int i = 0; i < count; ++i) parts_->fill_evaluation(batch, i, static_cast<size_t>(first + i));
  return batch.done();
}

nlohmann::json Dataset::record() const {
  nlohmann::json pictures = nlohmann::json::array(), masks = nlohmann::json::array();
  std::string learned;
  for (const PictureEntry& entry : parts_->pictures.entries()) {
    nlohmann::json told = {{"path", entry.path}, {"hash", entry.hash}, {"use", name_of(entry.use)}};
    if (!entry.matte.empty()) told["matte"] = entry.matte, told["matte-hash"] = entry.matte_hash;
    if (!entry.reason.empty()) told["reason"] = entry.reason;
    if (entry.use == PictureUse::learned) learned += entry.hash + entry.matte_hash + "\n";
    pictures.push_back(std::move(told));
  }
  nlohmann::json out = {{"pictures", std::move(pictures)}, {"learned-hash", content_hash(learned)}};
  if (!parts_->masks) return out;
  for (const MaskFiles::Entry& entry : parts_->masks->entries()) {
    masks.push_back(
        {{"path", entry.path}, {"hash", entry.hash}, {"use", entry.reason.empty() ? "learned" : "skipped"}});
    if (!entry.reason.empty()) masks.back()["reason"] = entry.reason;
  }
  out["masks"] = std::move(masks);
  return out;
}

std::string Dataset::fingerprint() const {
  std::string all;
  for (const PictureEntry& entry : parts_->pictures.entries()) {
    if (entry.use != PictureUse::skipped) all += entry.hash + entry.matte_hash + name_of(entry.use) + "\n";
  }
  if (parts_->masks) {
    for (const MaskFiles::Entry& entry : parts_->masks->entries()) {
      if (entry.reason.empty()) all += "mask " + entry.hash + "\n";
    }
  }
  return content_hash(all);
}

}  // namespace inpaint
