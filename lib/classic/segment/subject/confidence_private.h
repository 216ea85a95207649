#pragma once
#include <array>
#include <opencv2/core/mat.hpp>

#include "classic/segment/subject/labelling_private.h"

namespace inpaint::subject {

/// What tells how well a subject was found.
constexpr size_t sign_count = 11;
using Signs = std::array<double, sign_count>;

/// `rgb`: 8-bit. `prior`: the regions' probabilities, float32. All of one size; the mask is not empty.
Signs signs_of_success(const cv::Mat& rgb, const cv::Mat& prior, const Labelling& labelling);

/// The IoU to be expected, stretched so that 0.5 parts the results to be looked at from the others; in [0,1].
double confidence_from(const Signs& signs);

}  // namespace inpaint::subject
