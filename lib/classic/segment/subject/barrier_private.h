#pragma once
#include <opencv2/core/mat.hpp>

namespace inpaint::subject {

/// Minimum barrier distance to the picture's border (Zhang et al. 2015): over all paths to the border, the least range
/// (maximum minus minimum) of values on the path. `values`: height × width float32; three raster passes, approximate.
cv::Mat barrier_distance(const cv::Mat& values);

}  // namespace inpaint::subject
