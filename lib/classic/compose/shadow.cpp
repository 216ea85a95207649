#include "classic/compose/shadow.h"

#include <algorithm>
#include <cmath>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include "classic/compose/fill_private.h"

namespace inpaint {
namespace {

constexpr int work_side = 256;  // longer side of the subject where shadows are computed
constexpr int pad = 80;         // room around it for offset and blur

// The subject's alpha on the working scale, with room around it.
cv::Mat silhouette(const Image& cutout, const Box& box) {
  const double scale = work_side / static_cast<double>(std::max(box.width(), box.height()));
  const cv::Size size(std::max(1, cvRound(box.width() * scale)), std::max(1, cvRound(box.height() * scale)));
  cv::Mat out;
  cv::copyMakeBorder(shrunk_alpha(cutout.alpha()(box.rect()), size), out, pad, pad, pad, pad, cv::BORDER_CONSTANT);
  return out;
}

cv::Mat blurred(const cv::Mat& values, double sigma_x, double sigma_y) {
  cv::Mat out;
  cv::GaussianBlur(values, out, {}, std::max(sigma_x, 0.3), std::max(sigma_y, 0.3), cv::BORDER_CONSTANT);
  return out;
}

cv::Mat moved_down(const cv::Mat& values, double rows) {
  cv::Mat out;
  const cv::Matx23d shift(1, 0, 0, 0, 1, rows);
  cv::warpAffine(values, out, shift, values.size(), cv::INTER_LINEAR, cv::BORDER_CONSTANT);
  return out;
}

// Brings the border to 0, so that nothing ends in a step.
void fade_border(cv::Mat& values, int width) {
  const auto ramp = [width](int at, int length) {
    return std::min(1.0f, static_cast<float>(std::min(at, length - 1 - at)) / static_cast<float>(width));
  };
  for (int y = 0; y < values.rows; ++y) {
    auto* row = values.ptr<float>(y);
    for (int x = 0; x < values.cols; ++x) row[x] *= std::min(ramp(x, values.cols), ramp(y, values.rows));
  }
}

Shadow finished(cv::Mat darkness, const Box& box, const Layout& layout) {
  fade_border(darkness, pad / 4);
  darkness.setTo(0, darkness < 0.002);
  const cv::Rect2d placed = layout.placed(cv::Rect2d(box.rect()));
  const double px = placed.width * pad / (darkness.cols - 2 * pad),
               py = placed.height * pad / (darkness.rows - 2 * pad);
  return {darkness, {placed.x - px, placed.y - py, placed.width + 2 * px, placed.height + 2 * py}};
}

// Keeps what is near the ground: 1 at the lowest row of the subject, fading to 0 over `reach` rows above it.
cv::Mat near_ground(const cv::Mat& alpha, int ground, double reach) {
  cv::Mat out = alpha.clone();
  for (int y = 0; y < out.rows; ++y) {
    const double t = std::clamp(1 - (ground - 1 - y) / reach, 0.0, 1.0);
    out.row(y) *= t * t * (3 - 2 * t);
  }
  return out;
}

// A flat pool on the ground, as wide as what stands on it; a third of it lies before the foot.
cv::Mat pool_below(const cv::Mat& low, int ground, int thickness) {
  cv::Mat widths, out = cv::Mat::zeros(low.size(), CV_32F);
  cv::reduce(low, widths, 0, cv::REDUCE_MAX);
  for (int y = ground - 2 * thickness / 3; y < ground + thickness / 3; ++y) widths.copyTo(out.row(y));
  return out;
}

// Half-open range of result pixels that an area touches, inside the result.
cv::Rect inside(const cv::Rect2d& area, cv::Size canvas) {
  const auto bound = [](double at, int limit) { return static_cast<int>(std::clamp(at, 0.0, limit * 1.0)); };
  const int x0 = bound(std::floor(area.x), canvas.width), y0 = bound(std::floor(area.y), canvas.height);
  return {x0, y0, bound(std::ceil(area.x + area.width), canvas.width) - x0,
          bound(std::ceil(area.y + area.height), canvas.height) - y0};
}

// Where result pixel `at` falls between two entries of `count` that span `start`..`start + length`.
struct Between {
  int low, high;
  float share;  // of high
  Between(int at, double start, double length, int count) {
    const double place = std::clamp((at + 0.5 - start) * count / length - 0.5, 0.0, count - 1.0);
    low = static_cast<int>(place);
    high = std::min(low + 1, count - 1);
    share = static_cast<float>(place - low);
  }
};

template <class T>
void darken_row(const float* light, int count, int channels, T* to) {
  constexpr float max_value = sizeof(T) == 1 ? 255.0f : 65535.0f;
  for (int x = 0; x < count; ++x, to += channels) {
    if (light[x] >= 1) continue;
    if (channels == 3) {
      for (int c = 0; c < 3; ++c) to[c] = static_cast<T>(static_cast<float>(to[c]) * light[x] + 0.5f);
      continue;
    }
    // Black over what is there.
    const float behind = static_cast<float>(to[3]) / max_value * light[x], both = 1 - light[x] + behind;
    for (int c = 0; c < 3; ++c) to[c] = static_cast<T>(static_cast<float>(to[c]) * behind / both + 0.5f);
    to[3] = static_cast<T>(both * max_value + 0.5f);
  }
}

// The light that is left in one row of result pixels; false if all of it is.
bool light_row(const Shadow& shadow, int y, const std::vector<Between>& across, std::vector<float>& line,
               std::vector<float>& light) {
  const cv::Mat& from = shadow.darkness;
  const Between down(y, shadow.area.y, shadow.area.height, from.rows);
  const auto *low = from.ptr<float>(down.low), *high = from.ptr<float>(down.high);
  float most = 0;
  for (int x = 0; x < from.cols; ++x) {
    line[x] = low[x] + (high[x] - low[x]) * down.share;
    most = std::max(most, line[x]);
  }
  if (most <= 0) return false;
  for (size_t x = 0; x < across.size(); ++x) {
    const Between& at = across[x];
    light[x] = 1 - (line[at.low] + (line[at.high] - line[at.low]) * at.share);
  }
  return true;
}

}  // namespace

Shadow drop_shadow(const Image& cutout, const Box& box, const Layout& layout, const ShadowLook& look) {
  const cv::Mat alpha = silhouette(cutout, box);
  const double sigma = std::min(look.softness * work_side, pad / 3.0);
  return finished(look.strength * blurred(moved_down(alpha, 0.03 * work_side), sigma, sigma), box, layout);
}

Shadow contact_shadow(const Image& cutout, const Box& box, const Layout& layout, const ShadowLook& look) {
  const cv::Mat alpha = silhouette(cutout, box);
  const int ground = alpha.rows - pad;
  const double height = alpha.rows - 2 * pad;
  const double sigma = std::min(look.softness * work_side, pad / 6.0);
  const cv::Mat low = near_ground(alpha, ground, std::max(4.0, 0.25 * height));
  const cv::Mat touch = blurred(moved_down(low, 0.8 * sigma), sigma, 0.7 * sigma);
  const cv::Mat foot = near_ground(alpha, ground, std::max(4.0, 0.3 * height));
  const cv::Mat pool = blurred(pool_below(foot, ground, work_side / 20), 3 * sigma, 1.6 * sigma);
  const cv::Mat darkness = 1 - (1 - 0.75 * touch).mul(1 - 0.7 * pool);
  return finished(look.strength * darkness, box, layout);
}

void darken(cv::Mat& canvas, const Shadow& shadow) {
  const cv::Rect rect = inside(shadow.area, canvas.size());
  if (rect.empty() || shadow.darkness.empty()) return;
  std::vector<Between> across;
  for (int x = rect.x; x < rect.x + rect.width; ++x)
    across.emplace_back(x, shadow.area.x, shadow.area.width, shadow.darkness.cols);
  std::vector<float> line(static_cast<size_t>(shadow.darkness.cols)), light(across.size());
  for (int y = rect.y; y < rect.y + rect.height; ++y) {
    if (!light_row(shadow, y, across, line, light)) continue;
    const int channels = canvas.channels();
    if (canvas.depth() == CV_16U) {
      darken_row(light.data(), rect.width, channels, canvas.ptr<uint16_t>(y) + channels * rect.x);
    } else {
      darken_row(light.data(), rect.width, channels, canvas.ptr<uint8_t>(y) + channels * rect.x);
    }
  }
}

}  // namespace inpaint
