#include "classic/fill/texture.h"

#include <algorithm>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>
#include <stdexcept>

#include "classic/fill/holes.h"
#include "classic/fill/patch/membrane_private.h"

namespace inpaint {
namespace {

constexpr int rim = 32;                    // pixels around a hole whose texture counts
constexpr float smooth = 1, textured = 4;  // |dI/dx| + |dI/dy| (0 to 255): none of it below, all of it above
constexpr float texture_scale = 1.0f / 4;  // of the texture byte of patch::Level
constexpr double coarse_sigma = 2;         // pixels; what is coarser is taken from the fill

// How much of the patches' texture belongs to each pixel of a hole, in [0,1]: that of its surroundings, continued
// smoothly.
cv::Mat share_of_texture(const cv::Mat& rgb8, const cv::Mat& hole) {
  patch::Level level = patch::make_level(patch::make_pyramid(rgb8, hole, {}, 1).front(), 7);
  patch::fill_smoothly(level);
  cv::Mat share(hole.size(), CV_32F);
  for (int32_t at = 0; at < level.area(); ++at) {
    const float texture = texture_scale * level.bytes()[4 * static_cast<ptrdiff_t>(at) + 3];
    share.ptr<float>()[at] = std::clamp((texture - smooth) / (textured - smooth), 0.0f, 1.0f);
  }
  return share;
}

// The fine part of `patched`, the coarse part of `filled`: CV_32F, of their channels. They are equal around the hole,
// so that nothing changes at its edge.
cv::Mat combined(const cv::Mat& filled, const cv::Mat& patched) {
  cv::Mat difference, coarse, out;
  cv::subtract(filled, patched, difference, cv::noArray(), CV_32F);
  cv::GaussianBlur(difference, coarse, {}, coarse_sigma);
  cv::add(patched, coarse, out, cv::noArray(), CV_32F);
  return out;
}

template <class T>
void blend(const cv::Mat& fill, const cv::Mat& share, const cv::Mat& mask, cv::Mat into) {
  const int from_channels = fill.channels(), to_channels = into.channels();
  for (int y = 0; y < mask.rows; ++y) {
    const auto* m = mask.ptr<uint8_t>(y);
    const auto* s = share.ptr<float>(y);
    const float* from = fill.ptr<float>(y);
    T* to = into.ptr<T>(y);
    for (int x = 0; x < mask.cols; ++x, from += from_channels, to += to_channels) {
      const float weight = s[x] * static_cast<float>(m[x]) / 255;
      if (m[x] == 0) continue;
      for (int c = 0; c < 3; ++c) {
        const auto before = static_cast<float>(to[c]);
        to[c] = cv::saturate_cast<T>(before + weight * (from[c] - before));
      }
    }
  }
}

}  // namespace

Image add_texture(const Image& filled, const Mask& mask, const PatchOptions& options, double strength) {
  if (filled.pixels().size() != mask.values().size()) throw std::invalid_argument("add_texture: sizes differ");
  const cv::Mat hole = mask.values() > 0;
  if (cv::countNonZero(hole) == 0 || cv::countNonZero(hole == 0) == 0) return filled;
  PatchOptions guided = options;
  guided.guide = filled;
  std::vector<FilledHole> holes;
  const Image patched = fill_patch(filled, Mask(hole), guided, &holes);
  cv::Mat out = filled.pixels().clone(), weight = mask.values().clone();
  for (const FilledHole& one : holes) {
    if (one.method != "patch") weight(one.box.rect()).setTo(0);  // no patch to take
  }
  for (const Box& region : hole_regions(mask, rim)) {
    const cv::Rect box = region.rect();
    const cv::Mat share = strength * share_of_texture(Image(filled.pixels()(box)).rgb8(), hole(box));
    const auto as_depth = filled.is_16_bit() ? blend<uint16_t> : blend<uint8_t>;
    as_depth(combined(filled.pixels()(box), patched.pixels()(box)), share, weight(box), out(box));
  }
  return filled.with_pixels(out);
}

}  // namespace inpaint
