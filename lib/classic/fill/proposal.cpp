#include "classic/fill/proposal.h"

#include <opencv2/core.hpp>

#include "classic/fill/patch.h"

namespace inpaint {

Image fill_proposal(const Image& image, const Mask& hole, int variant) {
  if (cv::countNonZero(hole.values()) == hole.width() * hole.height()) {
    cv::Mat grey = image.pixels().clone();
    grey.setTo(cv::Scalar::all(0.5 * image.max_value()));
    return image.with_pixels(grey);
  }
  PatchOptions options;
  options.effort = Effort::fast;
  options.patch_size = 5;  // the fastest that is as good as larger ones
  options.seed = static_cast<uint64_t>(variant);
  return fill_patch(image, Mask(hole.values() > 0), options);
}

}  // namespace inpaint
