#pragma once
#include <opencv2/core/mat.hpp>

#include "image/image.h"

namespace inpaint {

/// The original in float32 RGB, [0,1], scaled by `shrink` (at most 1), where the subject and a thin band around it (its
/// soft edge, its JPEG ringing) are filled from what surrounds them; left as it is if the subject covers everything.
/// `alpha`: uint8 or uint16, of the original's size.
cv::Mat without_subject(const Image& original, const cv::Mat& alpha, double shrink);

/// alpha (uint8 or uint16) in float32, [0,1], scaled by averaging.
cv::Mat shrunk_alpha(const cv::Mat& alpha, cv::Size size);

}  // namespace inpaint
