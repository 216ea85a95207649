#pragma once
#include <opencv2/core/mat.hpp>

namespace inpaint::subject {

/// 8-bit RGB scaled down, if need be, to the size at which subjects are found: 0.16 MP. Never scaled up.
cv::Mat at_working_size(const cv::Mat& rgb);

}  // namespace inpaint::subject
