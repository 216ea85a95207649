#pragma once
#include <functional>
#include <opencv2/core/mat.hpp>
#include <string>

#include "classic/fill/patch/level_private.h"
#include "classic/fill/patch/schedule_private.h"
#include "core/cancel.h"

namespace inpaint::patch {

/// Called with a name ("2-start", "2-end": scale 2 before and after its iterations) and the state there.
using Watch = std::function<void(const std::string& name, const Level& level)>;

/// Fills a hole by multi-scale patch completion (Wexler et al. 2007, Newson et al. 2014).
/// `rgb`: CV_8UC3 or CV_16UC3, continuous; its hole pixels are replaced. `hole`: CV_8UC1, not 0 = fill, somewhere.
/// `allowed`: CV_8UC1, not 0 = may be taken from; empty = everywhere. `guide`: CV_8UC3, see PatchOptions; may be empty.
/// Returns false, with nothing changed, if no patch
/// of this size lies wholly in what is known and allowed. Throws ItemError when cancelled.
bool complete(cv::Mat& rgb, const cv::Mat& hole, const cv::Mat& allowed, const cv::Mat& guide, const Schedule& schedule,
              uint64_t seed, const Cancel* cancel, const Watch& watch);

}  // namespace inpaint::patch
