#pragma once
#include "classic/fill/patch/level_private.h"

namespace inpaint::patch {

/// The offsets by which the known part of a picture resembles itself most (tiles, stripes, checks, weaves): peaks of
/// its autocorrelation, strongest first, none closer to 0 than a patch, in both directions. At most `most`; none where
/// nothing repeats.
std::vector<cv::Point> dominant_offsets(const Level& level, size_t most);

}  // namespace inpaint::patch
