#pragma once
#include <opencv2/core/mat.hpp>
#include <opencv2/imgproc.hpp>

namespace inpaint {

/// Area averaging along the axes that shrink, `enlarging` along those that grow.
cv::Mat resized(const cv::Mat& picture, cv::Size size, int enlarging = cv::INTER_LINEAR);

/// 1 where any pixel above 0 takes part in what `resized` (bilinear) makes of that place, else 0. CV_8U to CV_8U.
cv::Mat touched(const cv::Mat& mask, cv::Size size);

}  // namespace inpaint
