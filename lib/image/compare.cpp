#include "image/compare.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>
#include <stdexcept>
#include <utility>

namespace inpaint {
namespace {

constexpr int strip = 128;  // rows that are looked at at once: numbers of 8 bytes, many planes of them

// Rows [begin, end): height × width × 3, float64, 0-255.
cv::Mat as_double(const Image& image, int begin, int end) {
  cv::Mat rgb = image.pixels().rowRange(begin, end), out;
  if (image.has_alpha()) cv::cvtColor(rgb, rgb, cv::COLOR_RGBA2RGB);
  rgb.convertTo(out, CV_64F, 255.0 / image.max_value());
  return out;
}

double psnr_of(double mse) {
  return mse > 0 ? 20 * std::log10(255 / std::sqrt(mse)) : std::numeric_limits<double>::infinity();
}

double over_channels(const cv::Scalar& s) { return s[0] + s[1] + s[2]; }

// Squared and absolute differences, summed over channels and over the pixels of all strips that `where` selects.
struct Sums {
  double squared = 0, absolute = 0;
  int64_t count = 0;
  void add(const cv::Mat& difference, const cv::Mat& where) {
    const int pixels = cv::countNonZero(where);
    count += int64_t{3} * pixels;
    absolute += over_channels(cv::mean(difference, where)) * pixels;
    squared += over_channels(cv::mean(difference.mul(difference), where)) * pixels;
  }
  double psnr() const { return psnr_of(squared / static_cast<double>(count)); }
  double l1() const { return absolute / static_cast<double>(count); }
};

cv::Mat blur_valid(const cv::Mat& in) {
  cv::Mat out;
  cv::GaussianBlur(in, out, {11, 11}, 1.5, 1.5, cv::BORDER_REFLECT);
  return out(cv::Rect(5, 5, in.cols - 10, in.rows - 10));
}

// Sum over the windows that lie inside.
double ssim_sum(const cv::Mat& a, const cv::Mat& b) {
  const double c1 = 0.01 * 255 * 0.01 * 255, c2 = 0.03 * 255 * 0.03 * 255;
  const cv::Mat ma = blur_valid(a), mb = blur_valid(b);
  const cv::Mat va = blur_valid(a.mul(a)) - ma.mul(ma), vb = blur_valid(b.mul(b)) - mb.mul(mb);
  const cv::Mat cov = blur_valid(a.mul(b)) - ma.mul(mb);
  const cv::Mat over = (2 * ma.mul(mb) + c1).mul(2 * cov + c2);
  const cv::Mat under = (ma.mul(ma) + mb.mul(mb) + c1).mul(va + vb + c2);
  return cv::sum(over / under)[0];
}

// Mean over channels and windows. rows(begin, end) gives these rows of both pictures, of any depth.
template <class Rows>
double mean_ssim(cv::Size size, const Rows& rows) {
  const cv::Size windows(size.width - 10, size.height - 10);
  double sum = 0;
  int channels = 0;
  for (int y = 0; y < windows.height; y += strip) {
    const auto [a, b] = rows(y, std::min(y + strip, windows.height) + 10);
    channels = a.channels();
    for (int c = 0; c < channels; ++c) {
      cv::Mat pa, pb;
      cv::extractChannel(a, pa, c);
      cv::extractChannel(b, pb, c);
      pa.convertTo(pa, CV_64F);
      pb.convertTo(pb, CV_64F);
      sum += ssim_sum(pa, pb);
    }
  }
  return sum / (1.0 * channels * windows.width * windows.height);
}

}  // namespace

double ssim(const cv::Mat& a, const cv::Mat& b) {
  if (a.size() != b.size() || a.channels() != b.channels()) throw std::invalid_argument("ssim: sizes differ");
  if (a.rows < 11 || a.cols < 11) throw std::invalid_argument("ssim: pictures below 11 × 11 have no window");
  return mean_ssim(a.size(),
                   [&](int begin, int end) { return std::pair(a.rowRange(begin, end), b.rowRange(begin, end)); });
}

Comparison compare_images(const Image& a, const Image& b, const Mask* hole) {
  const cv::Size size = a.pixels().size();
  if (size != b.pixels().size() || (hole && hole->values().size() != size)) {
    throw std::invalid_argument("compare_images: sizes differ");
  }
  Comparison out;
  Sums whole, inside;
  int64_t outside = 0;
  for (int y = 0; y < size.height; y += strip) {
    const int end = std::min(y + strip, size.height);
    cv::Mat difference, sum;
    cv::absdiff(as_double(a, y, end), as_double(b, y, end), difference);
    cv::transform(difference, sum, cv::Matx13d(1, 1, 1));
    whole.add(difference, cv::Mat(sum.size(), CV_8U, cv::Scalar(255)));
    out.pixels_changed += cv::countNonZero(sum > 0);
    if (!hole) continue;
    const cv::Mat values = hole->values().rowRange(y, end);
    inside.add(difference, values > 127);
    outside += cv::countNonZero((sum > 0) & (values == 0));
  }
  out.psnr = whole.psnr();
  out.l1 = whole.l1();
  out.l1_percent = 100 * out.l1 / 255;
  out.ssim = std::min(size.width, size.height) < 11
                 ? std::numeric_limits<double>::quiet_NaN()
                 : mean_ssim(size, [&](int begin, int end) {
                     return std::pair(as_double(a, begin, end), as_double(b, begin, end));
                   });
  if (inside.count > 0) {
    out.psnr_hole = inside.psnr();
    out.l1_hole = inside.l1();
  }
  if (hole) out.pixels_changed_outside = outside;
  return out;
}

nlohmann::json to_json(const Comparison& c) {
  const auto number = [](double value) { return std::isfinite(value) ? nlohmann::json(value) : nlohmann::json(); };
  nlohmann::json out = {{"psnr", number(c.psnr)},
                        {"ssim", number(c.ssim)},
                        {"l1", c.l1},
                        {"l1_percent", c.l1_percent},
                        {"pixels_changed", c.pixels_changed}};
  if (c.psnr_hole) out["psnr_hole"] = number(*c.psnr_hole);
  if (c.l1_hole) out["l1_hole"] = *c.l1_hole;
  if (c.pixels_changed_outside) out["pixels_changed_outside"] = *c.pixels_changed_outside;
  return out;
}

MaskComparison compare_masks(const Mask& a, const Mask& b) {
  if (a.values().size() != b.values().size()) throw std::invalid_argument("compare_masks: sizes differ");
  const cv::Mat in_a = a.values() > 127, in_b = b.values() > 127;
  const int both = cv::countNonZero(in_a & in_b), either = cv::countNonZero(in_a | in_b);
  cv::Mat difference;
  cv::absdiff(a.values(), b.values(), difference);
  return {either ? static_cast<double>(both) / either : 1.0, cv::mean(difference)[0] / 255};
}

}  // namespace inpaint
