#pragma once
#include <opencv2/core/mat.hpp>

namespace inpaint::subject {

/// A partition into connected regions of like colour: height × width int32, labels 0 … count-1.
struct Superpixels {
  cv::Mat labels;
  int count = 0;
};

/// SLIC (Achanta et al. 2012) on a regular grid. `lab`: height × width × 3 float32. `wanted`: about how many regions.
/// `compactness`: the colour distance that weighs as much as one grid step. Every region is connected.
Superpixels slic(const cv::Mat& lab, int wanted, float compactness);

}  // namespace inpaint::subject
