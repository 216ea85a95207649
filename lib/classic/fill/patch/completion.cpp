#include "classic/fill/patch/completion_private.h"

#include <algorithm>
#include <cmath>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include "classic/fill/patch/membrane_private.h"
#include "classic/fill/patch/offsets_private.h"
#include "classic/fill/patch/peel_private.h"
#include "classic/fill/patch/search_private.h"
#include "classic/fill/patch/vote_private.h"
#include "core/error.h"

namespace inpaint::patch {
namespace {

constexpr double settled = 0.1;         // mean change of a grey level at which iterations end
constexpr size_t fewest_sources = 200;  // a coarse scale with fewer is left out
constexpr size_t most_offsets = 60;
constexpr int largest_for_offsets = 400'000;  // pixels
constexpr int guide_scale = 1;                // what a guide shows at half the scale is to be kept

// Scales until the hole is about as wide as a patch.
int scale_count(const cv::Mat& hole, int size) {
  cv::Mat depth;
  const cv::Rect box = cv::boundingRect(hole);
  cv::copyMakeBorder(hole(box), depth, 1, 1, 1, 1, cv::BORDER_REPLICATE);  // beyond the picture: hole beside hole
  cv::distanceTransform(depth, depth, cv::DIST_L2, cv::DIST_MASK_5);
  double deepest = 0;
  cv::minMaxLoc(depth, nullptr, &deepest);
  int count = 1 + std::max(0, static_cast<int>(std::floor(std::log2(std::max(1.0, 2 * deepest / size)))));
  while (count > 1 && (std::min(hole.cols, hole.rows) >> (count - 1)) < 4 * size) --count;
  return count;
}

bool has_source(const cv::Mat& hole, const cv::Mat& allowed, int size) {
  cv::Mat usable = hole == 0;
  if (!allowed.empty()) usable &= allowed != 0;
  cv::erode(usable, usable, cv::Mat::ones(size, size, CV_8U), {-1, -1}, 1, cv::BORDER_CONSTANT, cv::Scalar::all(0));
  return cv::countNonZero(usable) > 0;
}

// The hole takes the guide's colours; how strong its texture is to be stays as it is.
void follow(Level& level, const cv::Mat& guide, int scale) {
  cv::Mat small = guide;
  for (int i = 0; i < scale; ++i) cv::pyrDown(cv::Mat(small), small, {(small.cols + 1) / 2, (small.rows + 1) / 2});
  for (int32_t at = 0; at < level.area(); ++at) {
    if (!level.hole[at]) continue;
    const auto& color = small.ptr<cv::Vec3b>(at / level.width)[at % level.width];
    level.pixels[at] =
        (level.pixels[at] & 0xff000000u) | static_cast<uint32_t>(color[0] | color[1] << 8 | color[2] << 16);
  }
}

class Completion {
 public:
  Completion(const cv::Mat& guide, const Schedule& schedule, uint64_t seed, const Cancel* cancel, const Watch& watch)
      : guide_(guide), schedule_(schedule), seed_(seed), cancel_(cancel), watch_(watch) {}

  bool run(cv::Mat& rgb, const cv::Mat& hole, const cv::Mat& allowed) {
    if (!has_source(hole, allowed, schedule_.size)) return false;  // before coarse scales, which may have some
    cv::Mat rgb8 = rgb;
    if (rgb.depth() != CV_8U) rgb.convertTo(rgb8, CV_8U, 1 / 257.0);
    std::vector<Scale> scales = make_pyramid(rgb8, hole, allowed, count_for(hole));
    rgb8.release();
    for (int scale = static_cast<int>(scales.size()) - 1; scale >= 0; --scale) {
      Level level = make_level(scales.back(), schedule_.size);
      scales.pop_back();
      if (scale > 0 && level.source_count < fewest_sources) continue;
      run_scale(level, scale);
      level_ = std::move(level);
    }
    FinishOptions finishing = schedule_.finish;
    if (level_.targets.size() > schedule_.most_targets) finishing.cycles /= 2;
    finish(std::move(level_), rgb, finishing);
    return true;
  }

 private:
  // What a guide leaves open is finer than its scale.
  int count_for(const cv::Mat& hole) const {
    const int count = scale_count(hole, schedule_.size);
    return guide_.empty() ? count : std::min(count, guide_scale + 1);
  }

  void run_scale(Level& level, int scale) {
    const uint64_t key = mix(seed_ ^ static_cast<uint64_t>(scale));
    const bool first = level_.width == 0;
    set_doubt(level, scale == 0 ? schedule_.fine_decay : schedule_.decay);
    if (first) {
      fill_smoothly(level);
      if (guide_.empty()) {
        peel(level, schedule_, key);
      } else {
        follow(level, guide_, scale);
        start_random(level, key);
      }
    } else {
      inherit(level, level_, key);
      vote(level, schedule_.spread);
    }
    if (watch_) watch_(std::to_string(scale) + "-start", level);
    if (level.targets.size() > schedule_.most_targets && !first) {
      refine(level, key);
    } else {
      iterate(level, key, first);
    }
    if (watch_) watch_(std::to_string(scale) + "-end", level);
  }

  // Expectation and maximisation: sources for the estimate, an estimate from the sources.
  void iterate(Level& level, uint64_t key, bool first) {
    std::vector<cv::Point> offsets;
    if (schedule_.drawn > 0 && level.area() <= largest_for_offsets) offsets = dominant_offsets(level, most_offsets);
    const int reach = std::max(level.width, level.height);
    const int radius = std::min(first ? schedule_.radius : schedule_.fine_radius, reach);
    for (int i = 0; i < std::max(iterations_, schedule_.fine_iterations); ++i) {
      search_passes(level, mix(key + static_cast<uint64_t>(i)), schedule_.passes, radius, &offsets);
      if (vote(level, schedule_.spread) < settled) break;
    }
    iterations_ /= 2;
    search_passes(level, mix(key + 1000), schedule_.passes, std::min(8, reach), &offsets);
  }

  // What the coarser scale found is right but for a pixel or two, and so is the estimate made from it.
  void refine(Level& level, uint64_t key) { search_passes(level, key, 2, 2, nullptr); }

  void search_passes(Level& level, uint64_t key, int passes, int radius, const std::vector<cv::Point>* offsets) {
    for (int pass = 0; pass < passes; ++pass) {
      if (cancel_ && cancel_->requested()) throw ItemError("cancelled");
      Pass options;
      options.seed = mix(key + static_cast<uint64_t>(pass));
      options.backward = pass % 2 == 1;
      options.refresh = pass == 0;
      options.radius = radius;
      options.borrowed = offsets ? schedule_.borrowed : 0;
      options.drawn = offsets ? schedule_.drawn : 0;
      options.offsets = offsets;
      options.distrust = schedule_.distrust;
      search(level, options);
    }
  }

  const cv::Mat& guide_;
  const Schedule& schedule_;
  const uint64_t seed_;
  const Cancel* const cancel_;
  const Watch& watch_;
  Level level_;  // the last one done
  int iterations_ = schedule_.coarse_iterations;
};

}  // namespace

bool complete(cv::Mat& rgb, const cv::Mat& hole, const cv::Mat& allowed, const cv::Mat& guide, const Schedule& schedule,
              uint64_t seed, const Cancel* cancel, const Watch& watch) {
  return Completion(guide, schedule, seed, cancel, watch).run(rgb, hole, allowed);
}

}  // namespace inpaint::patch
