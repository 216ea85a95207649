#pragma once
#include <opencv2/core/mat.hpp>

namespace inpaint {

/// A network that repaints the whole picture paints known pixels a little differently. How differently, on average over
/// the known pixels near each place of the rim, goes smoothly across the hole (above 0) and is added there, so that the
/// fill meets its surroundings. `fill` and `picture`: CV_32FC3 of one size; `hole`: CV_8U.
void match_tone(cv::Mat& fill, const cv::Mat& picture, const cv::Mat& hole);

}  // namespace inpaint
