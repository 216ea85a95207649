#pragma once
#include <opencv2/core.hpp>

namespace inpaint::damage {

constexpr int ridge_directions = 16;  ///< over half a turn
constexpr double ridge_side = 3.0;    ///< pixels from a ridge's middle to where its sides are measured
constexpr int ridge_half_length = 5;  ///< pixels along the line that count, to both sides

/// The line's course, a unit vector; `direction` in [0, ridge_directions).
cv::Point2d ridge_course(int direction);

/// How much every pixel is lighter (or darker) than both sides of a line through it, in grey levels, at least 0, for
/// the direction in which that is most.
struct Ridges {
  cv::Mat light, dark;                      ///< CV_32FC1
  cv::Mat light_direction, dark_direction;  ///< CV_8UC1
};

/// `grey`: CV_32FC1, 0 to 255. Finds ridges up to about 4 pixels wide.
Ridges find_ridges(const cv::Mat& grey);

}  // namespace inpaint::damage
