#include "classic/matte/guided_filter.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>
#include <stdexcept>

#include "classic/matte/interpolate_private.h"

namespace inpaint {
namespace {

constexpr int radius = 2;             // of the windows, in small pixels
constexpr float color_grain = 3e-4f;  // variance (colours from 0 to 1) below which a window's colours tell nothing
constexpr float mask_grain = 3e-3f;   // the same for the mask; higher, so that colours are asked first

using Guide = cv::Vec4f;        // red, green, blue, share of the subject, all in [0,1]
using Fit = cv::Vec<float, 5>;  // weights of the guide's channels, and what is added

cv::Mat small_guides(const Image& image, const cv::Mat& hard, cv::Size size) {
  cv::Mat rgb, share, out(size, CV_32FC4);
  cv::resize(image.pixels(), rgb, size, 0, 0, cv::INTER_AREA);
  rgb = Image(rgb).rgb8();
  cv::resize(hard, share, size, 0, 0, cv::INTER_AREA);
  for (int y = 0; y < size.height; ++y) {
    for (int x = 0; x < size.width; ++x) {
      const cv::Vec3b c = rgb.at<cv::Vec3b>(y, x);
      out.at<Guide>(y, x) = Guide(c[0], c[1], c[2], share.at<uint8_t>(y, x)) * (1 / 255.0f);
    }
  }
  return out;
}

// Small pixels whose opacity is not that of all their neighbours, 0 or 1, and those around them.
cv::Mat band_of(const cv::Mat& alpha) {
  cv::Mat least, most, band;
  cv::erode(alpha, least, cv::Mat::ones(3, 3, CV_8U));
  cv::dilate(alpha, most, cv::Mat::ones(3, 3, CV_8U));
  band = (least < 1) & (most > 0);
  cv::dilate(band, band, cv::Mat::ones(3, 3, CV_8U));
  return band;
}

// Solves m x = v for a symmetric positive definite m by elimination.
Guide solved(cv::Matx44f m, Guide v) {
  for (int i = 0; i < 4; ++i) {
    for (int j = i + 1; j < 4; ++j) {
      const float f = m(j, i) / m(i, i);
      for (int k = i; k < 4; ++k) m(j, k) -= f * m(i, k);
      v[j] -= f * v[i];
    }
  }
  for (int i = 3; i >= 0; --i) {
    for (int k = i + 1; k < 4; ++k) v[i] -= m(i, k) * v[k];
    v[i] /= m(i, i);
  }
  return v;
}

Fit fit_window(const cv::Mat& guides, const cv::Mat& alpha, int x, int y) {
  const int x0 = std::max(0, x - radius), x1 = std::min(guides.cols - 1, x + radius);
  const int y0 = std::max(0, y - radius), y1 = std::min(guides.rows - 1, y + radius);
  const auto count = static_cast<float>((x1 - x0 + 1) * (y1 - y0 + 1));
  Guide mean = Guide::all(0);
  float mean_alpha = 0;
  for (int v = y0; v <= y1; ++v) {
    for (int u = x0; u <= x1; ++u) mean += guides.at<Guide>(v, u), mean_alpha += alpha.at<float>(v, u);
  }
  mean *= 1 / count;
  mean_alpha /= count;
  cv::Matx44f squares = cv::Matx44f::diag({color_grain, color_grain, color_grain, mask_grain}) * count;
  Guide right = Guide::all(0);
  for (int v = y0; v <= y1; ++v) {
    for (int u = x0; u <= x1; ++u) {
      const Guide g = guides.at<Guide>(v, u) - mean;
      right += g * (alpha.at<float>(v, u) - mean_alpha);
      for (int i = 0; i < 4; ++i) {
        for (int j = i; j < 4; ++j) squares(i, j) += g[i] * g[j];
      }
    }
  }
  for (int i = 0; i < 4; ++i) {
    for (int j = 0; j < i; ++j) squares(i, j) = squares(j, i);
  }
  const Guide weights = solved(squares, right);
  return {weights[0], weights[1], weights[2], weights[3], mean_alpha - weights.dot(mean)};
}

// The fits of all windows of the band, each averaged with its neighbours'.
cv::Mat fits_in(const cv::Mat& band, const cv::Mat& guides, const cv::Mat& alpha) {
  cv::Mat wide, fits = cv::Mat::zeros(band.size(), CV_32FC(5)), out = fits.clone();
  cv::dilate(band, wide, cv::Mat::ones(2 * radius + 1, 2 * radius + 1, CV_8U));
  for (int y = 0; y < band.rows; ++y) {
    for (int x = 0; x < band.cols; ++x) {
      if (wide.at<uint8_t>(y, x)) fits.at<Fit>(y, x) = fit_window(guides, alpha, x, y);
    }
  }
  for (int y = 0; y < band.rows; ++y) {
    for (int x = 0; x < band.cols; ++x) {
      // One pixel wider than the band: what interpolation reaches.
      if (!wide.at<uint8_t>(y, x)) continue;
      Fit sum = Fit::all(0);
      float count = 0;
      for (int v = std::max(0, y - 1); v <= std::min(band.rows - 1, y + 1); ++v) {
        for (int u = std::max(0, x - 1); u <= std::min(band.cols - 1, x + 1); ++u) {
          if (wide.at<uint8_t>(v, u)) sum += fits.at<Fit>(v, u), count += 1;
        }
      }
      out.at<Fit>(y, x) = sum * (1 / count);
    }
  }
  return out;
}

// The mask's mean over 3 × 3 pixels, in [0,1].
float share_at(const cv::Mat& hard, int x, int y) {
  int sum = 0, count = 0;
  for (int v = std::max(0, y - 1); v <= std::min(hard.rows - 1, y + 1); ++v) {
    for (int u = std::max(0, x - 1); u <= std::min(hard.cols - 1, x + 1); ++u) sum += hard.at<uint8_t>(v, u), ++count;
  }
  return static_cast<float>(sum) / static_cast<float>(255 * count);
}

template <class Value>
Guide guide_at(const cv::Mat& pixels, const cv::Mat& hard, int x, int y) {
  const Value* p = pixels.ptr<Value>(y) + x * pixels.channels();
  constexpr float scale = sizeof(Value) == 2 ? 1 / 65535.0f : 1 / 255.0f;
  return {static_cast<float>(p[0]) * scale, static_cast<float>(p[1]) * scale, static_cast<float>(p[2]) * scale,
          share_at(hard, x, y)};
}

}  // namespace

Matte enlarge_matte(const Image& image, const Mask& subject, const Matte& small) {
  const cv::Mat& pixels = image.pixels();
  const cv::Mat& alpha = small.values();
  if (pixels.size() != subject.values().size()) throw std::invalid_argument("the mask must have the picture's size");
  const cv::Mat hard = subject.values() > 127, band = band_of(alpha);
  const cv::Mat fits = fits_in(band, small_guides(image, hard, alpha.size()), alpha);
  const float sx = static_cast<float>(alpha.cols) / static_cast<float>(pixels.cols),
              sy = static_cast<float>(alpha.rows) / static_cast<float>(pixels.rows);
  cv::Mat out(pixels.size(), CV_32F);
  for (int y = 0; y < out.rows; ++y) {
    const float v = (static_cast<float>(y) + 0.5f) * sy;
    const int small_y = std::min(static_cast<int>(v), alpha.rows - 1);
    for (int x = 0; x < out.cols; ++x) {
      const float u = (static_cast<float>(x) + 0.5f) * sx;
      const int small_x = std::min(static_cast<int>(u), alpha.cols - 1);
      float& value = out.at<float>(y, x);
      value = alpha.at<float>(small_y, small_x);
      if (!band.at<uint8_t>(small_y, small_x)) continue;
      const Guide guide =
          image.is_16_bit() ? guide_at<uint16_t>(pixels, hard, x, y) : guide_at<uint8_t>(pixels, hard, x, y);
      const Fit fit = matte::interpolated<Fit>(fits, u, v);
      value = std::clamp(Guide(fit[0], fit[1], fit[2], fit[3]).dot(guide) + fit[4], 0.0f, 1.0f);
    }
  }
  return Matte(out);
}

}  // namespace inpaint
