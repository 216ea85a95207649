#pragma once
#include "classic/compose/layout.h"
#include "image/color.h"

namespace inpaint {

/// A colour that passes into another.
struct Gradient {
  enum class Shape { vertical, horizontal, radial };
  Color from, to;  ///< top and bottom, left and right, or centre and corners
  Shape shape = Shape::vertical;
};

/// RGB of this size and depth (CV_8U or CV_16U), one colour all over.
cv::Mat flat_backdrop(const Color& color, cv::Size size, int depth);
cv::Mat gradient_backdrop(const Gradient& gradient, cv::Size size, int depth);
/// The picture scaled to cover the place, its middle in the middle; transparent parts become white.
cv::Mat covering_backdrop(const Image& picture, cv::Size size, int depth);
/// The original scaled to cover the place and blurred (Gaussian, `sigma` in result pixels), the subject taken out of it
/// first so that nothing of it shows around its edge. `alpha`: of the subject, of the original's size, uint8 or uint16.
cv::Mat blurred_backdrop(const Image& original, const cv::Mat& alpha, double sigma, cv::Size size, int depth);

}  // namespace inpaint
