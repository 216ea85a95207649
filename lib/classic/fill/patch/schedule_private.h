#pragma once
#include <cstddef>

#include "classic/fill/patch/finish_private.h"

namespace inpaint::patch {

/// How much work goes where. The values were measured on natural photographs and garments (tests/bench/fill.sh).
struct Schedule {
  int size = 7;                   ///< odd side of a patch
  float decay = 1.3f;             ///< of a vote per pixel of depth, at coarse scales ...
  float fine_decay = 3;           ///< ... and at the finest
  float spread = 1;               ///< see vote()
  int coarse_iterations = 12;     ///< of search and vote at the coarsest scale; half as many at each finer one, but ...
  int fine_iterations = 4;        ///< ... at least these
  int passes = 2;                 ///< over the targets in one search
  int radius = 64;                ///< of random search, at coarse scales ...
  int fine_radius = 16;           ///< ... and where a field was inherited
  int borrowed = 2, drawn = 2;    ///< offsets of other targets and dominant ones tried per target and pass
  int distrust = 2;               ///< see Comparison
  size_t most_targets = 250'000;  ///< scales with more only refine what the coarser one found
  FinishOptions finish;
};

}  // namespace inpaint::patch
