#include "classic/matte/trimap.h"

#include <opencv2/core.hpp>
#include <stdexcept>

#include "classic/matte/local_colors_private.h"
#include "classic/matte/open_band_private.h"

namespace inpaint {

Mask make_trimap(const Image& image, const Mask& subject) {
  if (image.pixels().size() != subject.values().size()) {
    throw std::invalid_argument("the mask must have the picture's size");
  }
  const cv::Mat hard = subject.values() > 127;
  const int inside = cv::countNonZero(hard);
  if (inside == 0 || inside == static_cast<int>(hard.total())) return Mask(hard);
  return Mask(matte::find_open_band(image.rgb8(), hard, matte::signed_distance(hard)).trimap);
}

}  // namespace inpaint
