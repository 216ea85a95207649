#pragma once
#include <opencv2/core/mat.hpp>

namespace inpaint::matte {

/// Colours known in some cells of a grid, spread smoothly over all of it: where little is known, the wider surroundings
/// decide. `sums`: CV_32FC4, weight × colour and the weight (1 = known well). The result has the same layout with
/// weight 1; all 0 if nothing is known at all.
cv::Mat spread_colors(const cv::Mat& sums);

}  // namespace inpaint::matte
