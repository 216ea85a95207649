#include "pipeline/area.h"

#include <opencv2/core.hpp>

#include "core/error.h"

namespace inpaint {

void Area::prepare(const std::string& what) {
  what_ = what;
  if (mask_.given()) mask_.prepare_pictures(what);
}

Mask Area::in(const std::string& rel, const Image& image, Notes& notes) const {
  if (mask_.given()) {
    const Mask mask = mask_.mask_for(rel, {}, notes);
    try {
      return Mask(cv::Mat(fit_mask(mask, image, false).values() > 127));
    } catch (const ItemError& error) {
      throw ItemError(what_ + ": " + error.what());
    }
  }
  cv::Mat values = cv::Mat::zeros(image.pixels().size(), CV_8U);
  const cv::Rect inside = box_->in(image.width(), image.height()).rect() & cv::Rect({}, values.size());
  values(inside).setTo(255);
  return Mask(values);
}

Area Codec<Area>::parse(const std::string& text) {
  // Four numbers are a box; a file of such a name can be written ./1,2,3,4.
  if (!text.empty() && text.find_first_not_of("0123456789.,%+- ") == std::string::npos) {
    return Area(Codec<BoxText>::parse(text));
  }
  try {
    return Area(Codec<Companion>::parse(text));
  } catch (const BadValue&) {
    throw BadValue("a box X,Y,W,H in pixels or percent, a mask file, or a directory of masks");
  }
}

std::string Codec<Area>::print(const Area& area) {
  return area.box() ? Codec<BoxText>::print(*area.box()) : Codec<Companion>::print(area.mask());
}

}  // namespace inpaint
