#include "stages/mask_facts.h"

#include <cmath>
#include <opencv2/imgproc.hpp>

namespace inpaint {

void tell_mask(Item& item) {
  const cv::Rect box = cv::boundingRect(item.mask.values());
  item.facts["coverage"] = std::round(item.mask.coverage() * 1e6) / 1e6;
  if (box.empty()) {
    item.facts["box"] = nullptr;
  } else {
    item.facts["box"] = {box.x, box.y, box.x + box.width, box.y + box.height};
  }
}

}  // namespace inpaint
