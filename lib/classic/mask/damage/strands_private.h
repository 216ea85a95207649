#pragma once
#include <opencv2/core.hpp>
#include <vector>

#include "classic/mask/damage/ridges_private.h"

namespace inpaint::damage {

/// The middle of a thin line, as far as it was followed without a break.
struct Strand {
  std::vector<cv::Point> points;  ///< in order of their projection on `course`
  cv::Point2d course;             ///< unit vector of the main direction
  double length = 0;              ///< extent along the course, pixels
  double strength = 0;            ///< median of the ridge's strength, grey levels
};

/// These points as one strand, of strength 0; there must be some.
Strand straighten(std::vector<cv::Point> points);

/// The mean of the ridges' strength around every pixel: what the texture alone gives. CV_32FC1.
cv::Mat texture_of(const cv::Mat& strongest);

/// Follows the crests of `strength` where they stand out of the texture.
std::vector<Strand> follow_crests(const cv::Mat& strength, const cv::Mat& direction, const cv::Mat& texture);

/// Groups of strands (their indices) that continue one another over short breaks.
std::vector<std::vector<size_t>> link_strands(const std::vector<Strand>& strands);

}  // namespace inpaint::damage
