#include "classic/compose/place.h"

#include <algorithm>
#include <opencv2/core.hpp>
#include <opencv2/core/hal/intrin.hpp>
#include <stdexcept>

#include "classic/compose/sampler_private.h"

namespace inpaint {
namespace {

constexpr float unseen = 1.0f / 1024;       // alpha below which a pixel is taken as empty
constexpr float least_weight = 1.0f / 512;  // of transparent pixels where their colour will be written

template <class T>
void store_rgb(const cv::v_float32x4& color, float max_value, T* to) {
  int rounded[4];
  const cv::v_float32x4 low = cv::v_setzero_f32(), high = cv::v_setall_f32(max_value);
  cv::v_store(rounded, cv::v_round(cv::v_min(cv::v_max(color, low), high)));
  for (int c = 0; c < 3; ++c) to[c] = static_cast<T>(rounded[c]);
}

// `values`: colour × alpha and alpha, from column `span.begin` on.
template <class T>
void lay_over_opaque(const float* values, Span span, float max_value, T* row) {
  T* to = row + 3 * span.begin;
  for (int x = span.begin; x < span.end; ++x, values += 4, to += 3) {
    const float alpha = values[3];
    if (alpha < unseen) continue;
    const cv::v_float32x4 color = cv::v_load(values);
    if (alpha >= 1 - unseen) {
      store_rgb(color * cv::v_setall_f32(1 / alpha), max_value, to);
      continue;
    }
    const cv::v_float32x4 low = cv::v_setzero_f32(), high = cv::v_setall_f32(max_value * alpha);
    const cv::v_float32x4 behind(static_cast<float>(to[0]), static_cast<float>(to[1]), static_cast<float>(to[2]), 0);
    store_rgb(cv::v_muladd(behind, cv::v_setall_f32(1 - alpha), cv::v_min(cv::v_max(color, low), high)), max_value, to);
  }
}

// `values`: colour × w and w = alpha + least_weight.
template <class T>
void lay_over_transparent(const float* values, Span span, float max_value, T* row) {
  T* to = row + 4 * span.begin;
  cv::v_float32x4 last = cv::v_setzero_f32();
  for (int x = span.begin; x < span.end; ++x, values += 4, to += 4) {
    if (values[3] > least_weight / 2) last = cv::v_load(values) * cv::v_setall_f32(1 / values[3]);
    const float raw = std::clamp(values[3] - least_weight, 0.0f, 1.0f);
    const float alpha = raw < unseen ? 0 : raw;
    const float behind = static_cast<float>(to[3]) / max_value * (1 - alpha);
    const float both = alpha + behind;
    const cv::v_float32x4 below(static_cast<float>(to[0]), static_cast<float>(to[1]), static_cast<float>(to[2]), 0);
    const float share = both > 0 ? alpha / both : 1;
    store_rgb(cv::v_muladd(last, cv::v_setall_f32(share), below * cv::v_setall_f32(1 - share)), max_value, to);
    to[3] = static_cast<T>(both * max_value + 0.5f);
  }
}

template <class T>
void place_rows(const Image& picture, const AxisTaps& across, const AxisTaps& down, cv::Range rows, cv::Mat& canvas) {
  const bool opaque = canvas.channels() == 3;
  const float max_value = sizeof(T) == 1 ? 255.0f : 65535.0f;
  RowSampler sampler(picture, across, down, max_value, opaque ? 0 : least_weight);
  for (int y = rows.start; y < rows.end; ++y) {
    const float* values = nullptr;
    const Span span = sampler.row(y, values);
    values += 4 * static_cast<std::ptrdiff_t>(std::max(0, span.begin - across.covered().begin));
    opaque ? lay_over_opaque(values, span, max_value, canvas.ptr<T>(y))
           : lay_over_transparent(values, span, max_value, canvas.ptr<T>(y));
  }
}

}  // namespace

void place(const Image& picture, const Layout& layout, cv::Mat& canvas) {
  if (canvas.size() != layout.canvas) throw std::invalid_argument("place: the canvas has another size than the layout");
  const AxisTaps across(picture.width(), layout.scale, layout.dx, layout.canvas.width);
  const AxisTaps down(picture.height(), layout.scale, layout.dy, layout.canvas.height);
  const Span covered = down.covered();
  if (covered.empty() || across.covered().empty()) return;
  cv::parallel_for_(
      {covered.begin, covered.end},
      [&](const cv::Range& rows) {
        canvas.depth() == CV_16U ? place_rows<uint16_t>(picture, across, down, rows, canvas)
                                 : place_rows<uint8_t>(picture, across, down, rows, canvas);
      },
      cv::getNumThreads());
}

Mask placed_mask(const Mask& mask, const Layout& layout) {
  cv::Mat grey, canvas = cv::Mat::zeros(layout.canvas, CV_8UC3);
  cv::merge(std::vector<cv::Mat>(3, mask.values()), grey);
  place(Image(grey), layout, canvas);
  cv::Mat values;
  cv::extractChannel(canvas, values, 0);
  return Mask(values);
}

}  // namespace inpaint
