#include <algorithm>
#include <cmath>
#include <opencv2/core/hal/intrin.hpp>

#include "classic/compose/sampler_private.h"

namespace inpaint {
namespace {

double catmull_rom(double x) {
  x = std::abs(x);
  if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
  return x < 2 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : 0;
}

Span united(const Span& a, const Span& b) {
  if (a.empty() || b.empty()) return a.empty() ? b : a;
  return {std::min(a.begin, b.begin), std::max(a.end, b.end)};
}

// sum += weight × values, four floats a pixel.
void add_weighted(const float* values, float weight, Span span, float* sum) {
  const cv::v_float32x4 w = cv::v_setall_f32(weight);
  for (int i = 4 * span.begin; i < 4 * span.end; i += 4)
    cv::v_store(sum + i, cv::v_muladd(cv::v_load(values + i), w, cv::v_load(sum + i)));
}

// One row of a picture as four floats a pixel; returns where it is not empty.
template <class T>
Span premultiply(const T* from, int width, int channels, float color_scale, float alpha_scale, float least_weight,
                 float* to) {
  Span span{width, 0};
  for (int x = 0; x < width; ++x, from += channels, to += 4) {
    const float weight = (channels == 4 ? static_cast<float>(from[3]) * alpha_scale : 1.0f) + least_weight;
    const float scaled = color_scale * weight;
    for (int c = 0; c < 3; ++c) to[c] = static_cast<float>(from[c]) * scaled;
    to[3] = weight;
    if (weight > 0) span = {std::min(span.begin, x), x + 1};
  }
  return span;
}

}  // namespace

AxisTaps::AxisTaps(int length, double scale, double shift, int limit)
    : scale_(scale), shift_(shift), support_(2 * std::max(1.0, 1 / scale)) {
  const auto pixel = [&](double at) { return static_cast<int>(std::clamp(std::round(at), 0.0, limit * 1.0)); };
  covered_ = {pixel(shift), pixel(length * scale + shift)};
  count_ = std::min(length, static_cast<int>(std::ceil(2 * support_)));
  const double stretch = support_ / 2;
  for (int at = covered_.begin; at < covered_.end; ++at) {
    const double centre = (at + 0.5 - shift) / scale - 0.5;
    const int first = std::clamp(static_cast<int>(std::floor(centre - support_)) + 1, 0, length - count_);
    std::vector<double> weights(count_);
    double sum = 0;
    for (int k = 0; k < count_; ++k) sum += weights[k] = catmull_rom((first + k - centre) / stretch);
    first_.push_back(first);
    for (const double weight : weights) weights_.push_back(static_cast<float>(weight / sum));
  }
}

Span AxisTaps::touched(Span in_picture) const {
  if (in_picture.empty()) return {};
  const auto place = [&](double at) {
    return static_cast<int>(std::clamp(at * scale_ + shift_, covered_.begin * 1.0, covered_.end * 1.0));
  };
  return {place(std::floor(in_picture.begin - support_ - 1)), place(std::ceil(in_picture.end + support_ + 1))};
}

RowSampler::RowSampler(const Image& picture, const AxisTaps& across, const AxisTaps& down, double max_value,
                       float least_weight)
    : picture_(picture),
      across_(across),
      down_(down),
      color_scale_(static_cast<float>(max_value / picture.max_value())),
      alpha_scale_(1.0f / static_cast<float>(picture.max_value())),
      least_weight_(least_weight),
      loaded_(4 * static_cast<size_t>(picture.width())),
      lines_(static_cast<size_t>(down.count())) {
  const auto size = 4 * static_cast<size_t>(across.covered().end - across.covered().begin);
  row_.resize(size);
  for (Line& line : lines_) line.values.resize(size);
}

Span RowSampler::load(int source) {
  const cv::Mat& pixels = picture_.pixels();
  const auto convert = [&](const auto* from) {
    return premultiply(from, pixels.cols, pixels.channels(), color_scale_, alpha_scale_, least_weight_, loaded_.data());
  };
  return picture_.is_16_bit() ? convert(pixels.ptr<uint16_t>(source)) : convert(pixels.ptr<uint8_t>(source));
}

const RowSampler::Line& RowSampler::line(int source) {
  Line& line = lines_[static_cast<size_t>(source) % lines_.size()];
  if (line.source == source) return line;
  line.source = source;
  line.span = across_.touched(load(source));
  const int taps = across_.count(), begin = across_.covered().begin;
  for (int x = line.span.begin; x < line.span.end; ++x) {
    const float* from = &loaded_[4 * static_cast<size_t>(across_.first(x))];
    const float* weights = across_.weights(x);
    cv::v_float32x4 sum = cv::v_setzero_f32();
    for (int k = 0; k < taps; ++k) sum = cv::v_muladd(cv::v_load(from + 4 * k), cv::v_setall_f32(weights[k]), sum);
    cv::v_store(&line.values[4 * static_cast<size_t>(x - begin)], sum);
  }
  return line;
}

Span RowSampler::row(int y, const float*& values) {
  Span span;
  for (int k = 0; k < down_.count(); ++k) span = united(span, line(down_.first(y) + k).span);
  values = row_.data();
  if (span.empty()) return span;
  const int begin = across_.covered().begin;
  std::fill(row_.begin() + 4 * (span.begin - begin), row_.begin() + 4 * (span.end - begin), 0.0f);
  for (int k = 0; k < down_.count(); ++k) {
    const Line& from = line(down_.first(y) + k);
    const float weight = down_.weights(y)[k];
    if (weight != 0)
      add_weighted(from.values.data(), weight, {from.span.begin - begin, from.span.end - begin}, row_.data());
  }
  return span;
}

}  // namespace inpaint
