#pragma once
#include <opencv2/core/mat.hpp>
#include <opencv2/core/matx.hpp>

#include "train/random_private.h"

namespace inpaint {

/// What happens to every colour of a crop: matrix × colour + shift, 0 black to 1 white, cut to that range.
struct ColorChange {
  cv::Matx33f matrix = cv::Matx33f::eye();
  cv::Vec3f shift{0, 0, 0};
};

/// Brightness, contrast (about the crop's mean colour) and saturation (about its luma, Rec. 601), each times
/// 1 - amount to 1 + amount.
ColorChange random_color_change(const cv::Mat& rgb, double amount, Random& random);

/// `rgb`: size × size × 3, uint8. `planes`: 3 × size × size, in [0,1].
void write_planes(const cv::Mat& rgb, const ColorChange& change, float* planes);
/// `values`: size × size, uint8, written as values / 255.
void write_plane(const cv::Mat& values, float* plane);

/// Sometimes: blurred, uneven light, grain, the marks of JPEG; the faults of pictures as shops get them. `rgb`: size ×
/// size × 3, uint8; may be changed in place.
cv::Mat degraded(cv::Mat rgb, Random& random);

}  // namespace inpaint
