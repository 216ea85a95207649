#pragma once
#include "image/image.h"

namespace inpaint {

/// What is believed of unknown pixels before the picture's colours are asked.
struct MattePrior {
  cv::Mat expected;  ///< height × width, float32 in [0,1]
  cv::Mat weight;  ///< height × width, float32 >= 0: 0 = nothing is believed, 1 = as much as about one neighbour says
};

/// Opacity where the trimap leaves it open, by closed-form matting (Levin, Lischinski, Weiss 2008): in every 3 × 3
/// window opacity is a linear function of colour. `trimap`: 255 = surely subject, 0 = surely background, else unknown.
/// Known pixels become exactly 1 or 0; unknown ones that nothing reaches become 0.5. Sizes must agree
/// (std::invalid_argument).
Matte solve_matte(const Image& image, const Mask& trimap);

/// The same, weighed against a prior, which decides where colour tells nothing.
Matte solve_matte(const Image& image, const Mask& trimap, const MattePrior& prior);

}  // namespace inpaint
