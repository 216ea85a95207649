#pragma once
#include <opencv2/core/mat.hpp>

#include "train/random_private.h"

namespace inpaint {

/// A random hole of size × size, 255 in it and 0 outside, that covers at least `smallest` and at most `largest` of the
/// area (0 to 0.9), every share equally likely. One of: the strokes and boxes that LaMa is trained with (Suvorov et al.
/// 2022, each alone or both), its thin strokes (a fifth of the area at most, unless `smallest` is more), the strokes of
/// MMagic's configuration for partial convolutions, and those of `inpaint mask --random strokes`. Lengths grow with
/// `size`.
cv::Mat free_form_hole(int size, double smallest, double largest, Random& random);

}  // namespace inpaint
