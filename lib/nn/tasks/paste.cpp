#include <algorithm>
#include <cmath>

#include "nn/tasks/paste_private.h"

namespace inpaint {
namespace {

template <class T>
void blend(const cv::Vec3f& fill, uint8_t opacity, bool grey, T* pixel) {
  constexpr float white = std::numeric_limits<T>::max();
  const float even = (fill[0] + fill[1] + fill[2]) / 3;
  for (int c = 0; c < 3; ++c) {
    const float value = std::clamp(grey ? even : fill[c], 0.0f, 1.0f) * white;
    const float kept = static_cast<float>(pixel[c]);
    pixel[c] = static_cast<T>(std::lround(kept + (value - kept) * static_cast<float>(opacity) / 255.0f));
  }
}

template <class T>
void paste_as(const cv::Mat& fill, const Region& region, const Holes& holes, const Mask& mask, bool grey,
              cv::Mat& pixels) {
  std::vector<bool> own(holes.parts.size() + 1, false);
  for (const int part : region.parts) own[static_cast<size_t>(part) + 1] = true;
  const cv::Rect area = region.box.rect() & holes.box.rect();
  for (int y = area.y; y < area.y + area.height; ++y) {
    const auto* label = holes.labels.ptr<int>(y - holes.box.y0);
    const auto* from = fill.ptr<cv::Vec3f>(y - region.box.y0);
    const auto* opacity = mask.values().ptr<uint8_t>(y);
    auto* to = pixels.ptr<T>(y);
    for (int x = area.x; x < area.x + area.width; ++x) {
      if (!own[static_cast<size_t>(label[x - holes.box.x0])]) continue;
      blend(from[x - region.box.x0], opacity[x], grey, to + ptrdiff_t{x} * pixels.channels());
    }
  }
}

}  // namespace

void paste(const cv::Mat& fill, const Region& region, const Holes& holes, const Mask& mask, bool grey,
           cv::Mat& pixels) {
  const auto as_depth = pixels.depth() == CV_16U ? paste_as<uint16_t> : paste_as<uint8_t>;
  as_depth(fill, region, holes, mask, grey, pixels);
}

void paste_pixel(const cv::Vec3f& fill, uint8_t opacity, bool grey, cv::Mat& pixels, cv::Point at) {
  const ptrdiff_t column = ptrdiff_t{at.x} * pixels.channels();
  if (pixels.depth() == CV_16U) {
    blend(fill, opacity, grey, pixels.ptr<uint16_t>(at.y) + column);
  } else {
    blend(fill, opacity, grey, pixels.ptr<uint8_t>(at.y) + column);
  }
}

}  // namespace inpaint
