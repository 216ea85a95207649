#include "stages/net_subject.h"

#include <opencv2/core.hpp>
#include <stdexcept>

#include "classic/matte/refine.h"
#include "classic/matte/rough.h"

namespace inpaint {

FoundMatte NetMatter::matte(const SubjectRequest& request) const {
  if (!request.hint.empty()) throw std::invalid_argument("networks of opacity take no hint");
  const FoundOpacity found = saliency_.find(request.image);
  return {refine_rough_matte(request.image, found.map), found.confidence};
}

FoundMask MatteSegmenter::segment(const SubjectRequest& request) const {
  const FoundMatte found = matter_->matte(request);
  return {Mask(cv::Mat(found.matte.values() > 0.5)), found.confidence, found.method};
}

FoundMatte RefinedMatter::matte(const SubjectRequest& request) const {
  const FoundMask found = segmenter_->segment(request);
  return {refine_matte(request.image, found.mask), found.confidence};
}

}  // namespace inpaint
