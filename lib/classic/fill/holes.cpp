#include "classic/fill/holes.h"

#include <algorithm>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>
#include <stdexcept>

namespace inpaint {
namespace {

template <class T>
void blend(const cv::Mat& mask, const cv::Mat& fill, cv::Mat& into) {
  const int from_channels = fill.channels(), to_channels = into.channels();
  for (int y = 0; y < mask.rows; ++y) {
    const uint8_t* m = mask.ptr(y);
    const T* from = fill.ptr<T>(y);
    T* to = into.ptr<T>(y);
    for (int x = 0; x < mask.cols; ++x, from += from_channels, to += to_channels) {
      if (m[x] == 0) continue;
      for (int c = 0; c < 3; ++c) {
        to[c] = static_cast<T>(
            (static_cast<uint32_t>(from[c]) * m[x] + static_cast<uint32_t>(to[c]) * (255u - m[x]) + 127u) / 255u);
      }
    }
  }
}

}  // namespace

std::vector<Box> merged(std::vector<Box> boxes) {
  std::vector<Box> out;
  for (Box box : boxes) {
    for (size_t i = 0; i < out.size();) {
      if (!box.overlaps(out[i])) {
        ++i;
        continue;
      }
      box = box.united(out[i]);
      out[i] = out.back();
      out.pop_back();
      i = 0;  // the larger box may overlap those already passed
    }
    out.push_back(box);
  }
  std::sort(out.begin(), out.end(),
            [](const Box& a, const Box& b) { return std::pair(a.y0, a.x0) < std::pair(b.y0, b.x0); });
  return out;
}

std::vector<Box> hole_regions(const Mask& mask, int context) {
  return hole_regions(mask, [context](const Box&) { return context; });
}

std::vector<Box> hole_regions(const Mask& mask, const std::function<int(const Box&)>& context) {
  const cv::Rect all = cv::boundingRect(mask.values());  // labels take 4 bytes per pixel: only where there are holes
  std::vector<Box> boxes;
  if (all.empty()) return boxes;
  cv::Mat labels, stats, centroids;
  const int count = cv::connectedComponentsWithStats(mask.values()(all) > 0, labels, stats, centroids, 8, CV_32S);
  for (int i = 1; i < count; ++i) {
    const int x = all.x + stats.at<int>(i, cv::CC_STAT_LEFT), y = all.y + stats.at<int>(i, cv::CC_STAT_TOP);
    const Box box{x, y, x + stats.at<int>(i, cv::CC_STAT_WIDTH), y + stats.at<int>(i, cv::CC_STAT_HEIGHT)};
    boxes.push_back(box.grown(context(box), mask.width(), mask.height()));
  }
  return merged(std::move(boxes));
}

Image composite(const Image& image, const Image& fill, const Mask& mask) {
  if (image.pixels().size() != fill.pixels().size() || image.pixels().size() != mask.values().size() ||
      image.pixels().depth() != fill.pixels().depth()) {
    throw std::invalid_argument("composite: sizes or depths differ");
  }
  cv::Mat out = image.pixels().clone();
  if (image.is_16_bit()) {
    blend<uint16_t>(mask.values(), fill.pixels(), out);
  } else {
    blend<uint8_t>(mask.values(), fill.pixels(), out);
  }
  return image.with_pixels(out);
}

}  // namespace inpaint
