#pragma once
#include <cstdint>
#include <opencv2/core/mat.hpp>

namespace inpaint::matte {

/// How far from a mask's edge hairs are looked for, in pixels.
float hair_reach(cv::Size size);

constexpr uint8_t open = 128;  ///< in trimaps: neither surely subject nor surely background

/// Where opacity is open around the edge of a mask.
struct OpenBand {
  cv::Mat trimap;  ///< CV_8U: 255, 0, or `open`
  cv::Mat hairy;   ///< CV_8U: 255 where the edge is no line but a mixture
};

/// `rgb`: CV_8UC3. `hard`: CV_8U, 0 or 255, both present. `distance`: its signed_distance.
OpenBand find_open_band(const cv::Mat& rgb, const cv::Mat& hard, const cv::Mat& distance);

}  // namespace inpaint::matte
