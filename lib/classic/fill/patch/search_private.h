#pragma once
#include "classic/fill/patch/level_private.h"

namespace inpaint::patch {

/// What one pass over the targets does.
struct Pass {
  uint64_t seed = 0;      ///< differs between passes
  bool backward = false;  ///< takes over the sources of the right and lower neighbours instead of left and upper
  bool refresh = false;   ///< the estimate has changed: the distance to the present source is computed anew first
  int radius = 0;         ///< random sources up to this far from the best one, then half as far, and so on down to 1
  int borrowed = 0;       ///< offsets tried that random other targets have
  int drawn = 0;          ///< offsets tried out of `offsets`
  const std::vector<cv::Point>* offsets = nullptr;
  int distrust = 0;  ///< see Comparison
};

/// PatchMatch (Barnes et al. 2009) over the targets, in a fixed number of bands: the same result for any number of
/// threads.
void search(Level& level, const Pass& pass);

/// Gives each target a random source; the level must have one.
void start_random(Level& level, uint64_t seed);

/// Gives each target the source that corresponds to that of a coarser level, or, if that may not be taken, one
/// of its neighbours', or else a random one. Distances are taken over, too: good enough for a first vote.
void inherit(Level& level, const Level& coarse, uint64_t seed);

/// 64 random bits that depend on the key alone (splitmix64).
inline uint64_t mix(uint64_t key) {
  key += 0x9e3779b97f4a7c15u;
  key = (key ^ (key >> 30)) * 0xbf58476d1ce4e5b9u;
  key = (key ^ (key >> 27)) * 0x94d049bb133111ebu;
  return key ^ (key >> 31);
}

}  // namespace inpaint::patch
