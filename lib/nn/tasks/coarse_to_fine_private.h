#pragma once
#include <opencv2/core/mat.hpp>

#include "nn/tasks/crop_net_private.h"

namespace inpaint {

/// Fills a hole that is larger than the network can look at (`most`). At half the scale first (again so, until it
/// fits), which decides what goes where; then in overlapping views at full scale, from the rim inwards, each continuing
/// the ones before. Near the rim all is taken from the views; deep in the hole, what the half scale could resolve is
/// taken from there, and of what is finer as much from the views as suits it.
/// `pixels`: CV_16UC3; `hole`: CV_8U, above 0 is filled; `margin`: known pixels around what a view fills. Known pixels
/// come back as they were. Throws as CropNet::fill.
cv::Mat fill_coarse_to_fine(const CropNet& net, const cv::Mat& pixels, const cv::Mat& hole, cv::Size most, int margin);

}  // namespace inpaint
