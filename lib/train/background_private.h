#pragma once
#include <functional>
#include <opencv2/core/mat.hpp>

#include "train/example_private.h"
#include "train/random_private.h"

namespace inpaint {

/// size × size × 3, uint8: a plain colour, a gradient between two, or a part of `other` without its
/// subject, if it has one. `other` is called only if it is wanted.
cv::Mat random_background(const std::function<Example()>& other, int size, Random& random);

/// Darkens the background where the subject's shadow falls: its matte, moved, blurred. `matte`: size × size, uint8.
void cast_shadow(cv::Mat& background, const cv::Mat& matte, Random& random);

}  // namespace inpaint
