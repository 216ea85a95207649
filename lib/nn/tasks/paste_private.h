#pragma once
#include <opencv2/core/mat.hpp>
#include <vector>

#include "nn/tasks/holes_private.h"

namespace inpaint {

/// Writes a region's fill (CV_32FC3 of its box, RGB in [0,1], values beyond are cut) into `pixels`, those of a picture:
/// its own parts of the hole only, blended by the mask's values; alpha stays. `grey`: all channels alike.
void paste(const cv::Mat& fill, const Region& region, const Holes& holes, const Mask& mask, bool grey, cv::Mat& pixels);

/// The same for one pixel.
void paste_pixel(const cv::Vec3f& fill, uint8_t opacity, bool grey, cv::Mat& pixels, cv::Point at);

}  // namespace inpaint
