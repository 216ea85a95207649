#include "image/compare.h"

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>
#include <stdexcept>

namespace inpaint {
namespace {

// height × width × 3, float64, 0-255.
cv::Mat as_double(const Image& image) {
  cv::Mat rgb = image.pixels(), out;
  if (image.has_alpha()) cv::cvtColor(rgb, rgb, cv::COLOR_RGBA2RGB);
  rgb.convertTo(out, CV_64F, 255.0 / image.max_value());
  return out;
}

double psnr_of(double mse) {
  return mse > 0 ? 20 * std::log10(255 / std::sqrt(mse)) : std::numeric_limits<double>::infinity();
}

double mean_over_channels(const cv::Scalar& s) { return (s[0] + s[1] + s[2]) / 3; }

cv::Mat blur_valid(const cv::Mat& in) {
  cv::Mat out;
  cv::GaussianBlur(in, out, {11, 11}, 1.5, 1.5, cv::BORDER_REFLECT);
  return out(cv::Rect(5, 5, in.cols - 10, in.rows - 10));
}

double ssim_channel(const cv::Mat& a, const cv::Mat& b) {
  const double c1 = 0.01 * 255 * 0.01 * 255, c2 = 0.03 * 255 * 0.03 * 255;
  const cv::Mat ma = blur_valid(a), mb = blur_valid(b);
  const cv::Mat va = blur_valid(a.mul(a)) - ma.mul(ma), vb = blur_valid(b.mul(b)) - mb.mul(mb);
  const cv::Mat cov = blur_valid(a.mul(b)) - ma.mul(mb);
  const cv::Mat over = (2 * ma.mul(mb) + c1).mul(2 * cov + c2);
  const cv::Mat under = (ma.mul(ma) + mb.mul(mb) + c1).mul(va + vb + c2);
  return cv::mean(over / under)[0];
}

}  // namespace

double ssim(const cv::Mat& a, const cv::Mat& b) {
  if (a.size() != b.size() || a.channels() != b.channels()) throw std::invalid_argument("ssim: sizes differ");
  if (a.rows < 11 || a.cols < 11) throw std::invalid_argument("ssim: pictures below 11 × 11 have no window");
  double sum = 0;
  for (int c = 0; c < a.channels(); ++c) {
    cv::Mat pa, pb;
    cv::extractChannel(a, pa, c);
    cv::extractChannel(b, pb, c);
    pa.convertTo(pa, CV_64F);
    pb.convertTo(pb, CV_64F);
    sum += ssim_channel(pa, pb);
  }
  return sum / a.channels();
}

Comparison compare_images(const Image& a, const Image& b, const Mask* hole) {
  if (a.pixels().size() != b.pixels().size() || (hole && hole->values().size() != a.pixels().size())) {
    throw std::invalid_argument("compare_images: sizes differ");
  }
  const cv::Mat pa = as_double(a), pb = as_double(b);
  cv::Mat difference;
  cv::absdiff(pa, pb, difference);
  const cv::Mat squared = difference.mul(difference);
  cv::Mat sum, changed;
  cv::transform(difference, sum, cv::Matx13d(1, 1, 1));
  changed = sum > 0;

  Comparison out;
  out.psnr = psnr_of(mean_over_channels(cv::mean(squared)));
  out.l1 = mean_over_channels(cv::mean(difference));
  out.l1_percent = 100 * out.l1 / 255;
  out.pixels_changed = cv::countNonZero(changed);
  out.ssim = pa.rows < 11 || pa.cols < 11 ? std::numeric_limits<double>::quiet_NaN() : ssim(pa, pb);
  if (hole) {
    const cv::Mat inside = hole->values() > 127, outside = hole->values() == 0;
    if (cv::countNonZero(inside) > 0) {
      out.psnr_hole = psnr_of(mean_over_channels(cv::mean(squared, inside)));
      out.l1_hole = mean_over_channels(cv::mean(difference, inside));
    }
    out.pixels_changed_outside = cv::countNonZero(changed & outside);
  }
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
