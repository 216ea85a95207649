#include "classic/fill/patch/level_private.h"

#include <algorithm>
#include <opencv2/core.hpp>
#include <opencv2/core/utility.hpp>
#include <opencv2/imgproc.hpp>

namespace inpaint::patch {
namespace {

constexpr float texture_gain = 4;  // of the texture byte; measured
constexpr int texture_radius = 3;

cv::Mat only(const cv::Mat& image, const cv::Mat& mask) {
  cv::Mat out = cv::Mat::zeros(image.size(), image.type());
  image.copyTo(out, mask);
  return out;
}

// |dI/dx| + |dI/dy| of the grey picture, where both neighbours are known; `defined`: 255 there.
void gradients(const cv::Mat& rgb, const cv::Mat& known, cv::Mat& out, cv::Mat& defined) {
  cv::Mat grey;
  cv::cvtColor(rgb, grey, cv::COLOR_RGB2GRAY);
  out.create(grey.size(), CV_8U);
  defined.create(grey.size(), CV_8U);
  for (int y = 0; y < grey.rows; ++y) {
    const int y1 = std::min(y + 1, grey.rows - 1);
    const uint8_t *g = grey.ptr(y), *below = grey.ptr(y1), *k = known.ptr(y), *k_below = known.ptr(y1);
    uint8_t *o = out.ptr(y), *d = defined.ptr(y);
    for (int x = 0; x < grey.cols; ++x) {
      const int x1 = std::min(x + 1, grey.cols - 1);
      d[x] = k[x] & k[x1] & k_below[x];
      o[x] = static_cast<uint8_t>(d[x] & std::min(255, std::abs(g[x1] - g[x]) + std::abs(below[x] - g[x])));
    }
  }
}

// Half the side. `image` is 0 where its weight is; `weight`, CV_8U, is that weight halved alike.
cv::Mat halve(const cv::Mat& image, const cv::Mat& weight) {
  cv::Mat down;
  cv::pyrDown(image, down, weight.size());
  const int channels = down.channels();
  for (int y = 0; y < down.rows; ++y) {
    const uint8_t* w = weight.ptr(y);
    uint8_t* p = down.ptr(y);
    for (int x = 0; x < down.cols; ++x, p += channels) {
      if (w[x] == 255) continue;
      for (int c = 0; c < channels; ++c) {
        p[c] = w[x] ? cv::saturate_cast<uint8_t>((p[c] * 255 + w[x] / 2) / w[x]) : uint8_t(0);
      }
    }
  }
  return down;
}

cv::Mat halved_flags(const cv::Mat& flags, const cv::Size& size) {
  cv::Mat down;
  cv::pyrDown(flags, down, size);
  return down;
}

Scale halved(const Scale& fine) {
  Scale coarse;
  const cv::Size size((fine.rgb.cols + 1) / 2, (fine.rgb.rows + 1) / 2);
  cv::Mat weight = halved_flags(fine.known, size);
  coarse.known = weight >= 128;
  coarse.rgb = only(halve(fine.rgb, weight), coarse.known);
  weight = halved_flags(fine.has_texture, size);
  coarse.has_texture = weight >= 64;
  coarse.texture = only(halve(fine.texture, weight), coarse.has_texture);
  if (!fine.allowed.empty()) coarse.allowed = halved_flags(fine.allowed, size) >= 128;
  return coarse;
}

// The mean strength of texture around each pixel, times the gain: CV_8U.
cv::Mat texture_bytes(const Scale& scale) {
  cv::Mat sum, count, out;
  const cv::Size window(2 * texture_radius + 1, 2 * texture_radius + 1);
  cv::boxFilter(scale.texture, sum, CV_16U, window, {-1, -1}, false, cv::BORDER_REFLECT_101);
  cv::boxFilter(scale.has_texture & 1, count, CV_16U, window, {-1, -1}, false, cv::BORDER_REFLECT_101);
  out.create(sum.size(), CV_8U);
  for (int y = 0; y < out.rows; ++y) {
    const uint16_t *s = sum.ptr<uint16_t>(y), *n = count.ptr<uint16_t>(y);
    uint8_t* to = out.ptr(y);
    for (int x = 0; x < out.cols; ++x) {
      const float mean = static_cast<float>(s[x]) / static_cast<float>(std::max<int>(n[x], 1));
      to[x] = static_cast<uint8_t>(std::min(255.0f, texture_gain * mean + 0.5f));
    }
  }
  return out;
}

}  // namespace

std::vector<Scale> make_pyramid(const cv::Mat& rgb, const cv::Mat& hole, const cv::Mat& allowed, int count) {
  Scale full;
  full.known = hole == 0;
  full.rgb = only(rgb, full.known);
  if (!allowed.empty()) full.allowed = allowed != 0;
  gradients(full.rgb, full.known, full.texture, full.has_texture);
  std::vector<Scale> scales{std::move(full)};
  while (static_cast<int>(scales.size()) < count) scales.push_back(halved(scales.back()));
  return scales;
}

Level make_level(const Scale& scale, int size) {
  Level level;
  level.width = scale.rgb.cols;
  level.height = scale.rgb.rows;
  level.size = size;
  const auto area = static_cast<size_t>(level.area());
  level.pixels = Plane<uint32_t>(area, 0);
  level.hole = Plane<uint8_t>(area, 0);
  level.trust = Plane<uint8_t>(area, 255);
  level.free = Plane<uint8_t>(area, 0);
  level.kind = Plane<Kind>(area, Kind::none);
  level.field = Plane<int32_t>(area, 0);
  level.distance = Plane<int32_t>(area, no_target);
  level.doubt = Plane<uint8_t>(area, 0);
  const cv::Mat square = cv::Mat::ones(size, size, CV_8U);
  const int r = level.radius();
  cv::Mat usable, touching;
  cv::erode(scale.known, usable, square, {-1, -1}, 1, cv::BORDER_CONSTANT, cv::Scalar::all(0));
  cv::bitwise_not(usable, touching);
  if (!scale.allowed.empty()) {
    cv::Mat allowed;
    cv::erode(scale.allowed, allowed, square, {-1, -1}, 1, cv::BORDER_CONSTANT, cv::Scalar::all(0));
    usable &= allowed;
  }
  const cv::Mat texture = texture_bytes(scale);
  cv::parallel_for_({0, level.height}, [&](const cv::Range& rows) {
    for (int y = rows.start; y < rows.end; ++y) {
      const uint8_t *rgb = scale.rgb.ptr(y), *known = scale.known.ptr(y), *grain = texture.ptr(y);
      const uint8_t *use = usable.ptr(y), *touch = touching.ptr(y);
      const uint8_t* allowed = scale.allowed.empty() ? known : scale.allowed.ptr(y);
      int32_t at = y * level.width;
      for (int x = 0; x < level.width; ++x, rgb += 3, ++at) {
        level.pixels[at] = static_cast<uint32_t>(rgb[0] | rgb[1] << 8 | rgb[2] << 16) | uint32_t{grain[x]} << 24;
        level.field[at] = at;
        level.hole[at] = known[x] == 0;
        level.trust[at] = known[x];
        level.free[at] = known[x] != 0 && allowed[x] != 0;
        const bool whole = y >= r && x >= r && y < level.height - r && x < level.width - r;
        if (whole && touch[x])
          level.kind[at] = Kind::target;
        else if (whole && use[x])
          level.kind[at] = Kind::source;
      }
    }
  });
  for (int32_t at = 0; at < level.area(); ++at) {
    level.hole_pixels += level.hole[at];
    level.source_count += level.kind[at] == Kind::source;
    if (level.kind[at] == Kind::target) level.targets.push_back(at);
  }
  return level;
}

}  // namespace inpaint::patch
