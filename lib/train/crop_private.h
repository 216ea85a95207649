#pragma once
#include <functional>
#include <opencv2/core/mat.hpp>

#include "train/config.h"
#include "train/example_private.h"
#include "train/random_private.h"

namespace inpaint {

/// `part` at size × size: by area averaging where it shrinks, bicubic where it grows.
cv::Mat resized(const cv::Mat& part, cv::Size size);
/// The same left for right.
cv::Mat mirrored(const cv::Mat& pixels);

/// A square part of the picture whose side is config.size / scale, scale between the configured bounds (equally likely
/// per ratio), but never more than the picture has: where it is, is random.
cv::Rect random_square(cv::Size picture, const TrainingConfig& config, Random& random);
/// In the middle, at scale 1 or the bound that is nearest to it.
cv::Rect centre_square(cv::Size picture, const TrainingConfig& config);

/// A crop with the matte that belongs to it: size × size × 3 and size × size, uint8.
struct CutOutCrop {
  cv::Mat rgb, matte;
};

/// The whole picture squeezed to size × size, as the network sees it later. A cut-out is put on a grey that depends on
/// `seed` alone.
CutOutCrop whole_crop(const Example& example, int size, uint64_t seed);
/// For remove-bg, scale 1 is the whole picture squeezed to size × size. Above, a part of it: 1 / scale of both sides,
/// of slightly changed proportions, with most of the subject in it. Below, the subject is made smaller, if it stands
/// free, on another background. Half of the crops, and all of cut-outs, get another background, with the subject's
/// colours freed of the old one: a plain one, a gradient, or a subject-free part of `other`, and
/// sometimes a soft shadow on it.
CutOutCrop random_cut_out_crop(const Example& example, const std::function<Example()>& other,
                               const TrainingConfig& config, Random& random);

}  // namespace inpaint
