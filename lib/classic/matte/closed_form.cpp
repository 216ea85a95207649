#include "classic/matte/closed_form.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <opencv2/core.hpp>
#include <stdexcept>

#include "classic/matte/band_system_private.h"

namespace inpaint {
namespace {

using matte::BandSystem;

// Variance of colour (0 to 1) below which a window is taken to be grain. Levin's own value, for clean pictures, is
// 1e-7 / 9.
constexpr float grain = 1e-5f;
constexpr float least_prior = 1e-5f;  // towards 0.5, so that every unknown has an equation

// One 3 × 3 window: how its nine pixels are tied to one another.
class Window {
 public:
  Window(const cv::Mat& rgb, int x, int y) {
    cv::Vec3f mean(0, 0, 0);
    for (int k = 0; k < 9; ++k) {
      const cv::Vec3b c = rgb.at<cv::Vec3b>(y + k / 3 - 1, x + k % 3 - 1);
      color_[k] = cv::Vec3f(c) * (1 / 255.0f);
      mean += color_[k];
    }
    mean *= 1 / 9.0f;
    float xx = 0, xy = 0, xz = 0, yy = 0, yz = 0, zz = 0;
    for (cv::Vec3f& c : color_) {
      c -= mean;
      xx += c[0] * c[0], xy += c[0] * c[1], xz += c[0] * c[2];
      yy += c[1] * c[1], yz += c[1] * c[2], zz += c[2] * c[2];
    }
    // Cholesky of the covariance; L^-1 (colour - mean) makes the inner products below plain ones.
    const float l11 = std::sqrt(xx / 9 + grain), l21 = xy / 9 / l11, l31 = xz / 9 / l11;
    const float l22 = std::sqrt(std::max(yy / 9 + grain - l21 * l21, grain / 4)), l32 = (yz / 9 - l31 * l21) / l22;
    const float l33 = std::sqrt(std::max(zz / 9 + grain - l31 * l31 - l32 * l32, grain / 4));
    const float i1 = 1 / l11, i2 = 1 / l22, i3 = 1 / l33;
    for (cv::Vec3f& c : color_) {
      c[0] *= i1;
      c[1] = (c[1] - l21 * c[0]) * i2;
      c[2] = (c[2] - l31 * c[0] - l32 * c[1]) * i3;
    }
  }
  float entry(int i, int j) const { return (i == j ? 1.0f : 0.0f) - (1 + color_[i].dot(color_[j])) / 9; }

 private:
  std::array<cv::Vec3f, 9> color_;
};

void add_window(BandSystem& system, const cv::Mat& rgb, const cv::Mat& trimap, int x, int y) {
  std::array<int, 9> index;
  for (int k = 0; k < 9; ++k) index[k] = system.index(x + k % 3 - 1, y + k / 3 - 1);
  if (std::all_of(index.begin(), index.end(), [](int i) { return i < 0; })) return;
  const Window window(rgb, x, y);
  for (int i = 0; i < 9; ++i) {
    if (index[i] < 0) continue;
    system.add_diagonal(index[i], window.entry(i, i));
    for (int j = 0; j < 9; ++j) {
      if (index[j] < 0) {
        if (trimap.at<uint8_t>(y + j / 3 - 1, x + j % 3 - 1)) system.add_right_side(index[i], -window.entry(i, j));
      } else if (j < i) {
        system.add_before(index[i], j % 3 - i % 3, j / 3 - i / 3, window.entry(i, j));
      }
    }
  }
}

// Every window that has an unknown pixel, once.
void add_windows(BandSystem& system, const cv::Mat& rgb, const cv::Mat& trimap) {
  cv::Mat done = cv::Mat::zeros(rgb.size(), CV_8U);
  for (const cv::Point& place : system.places()) {
    for (int y = std::max(1, place.y - 1); y <= std::min(rgb.rows - 2, place.y + 1); ++y) {
      for (int x = std::max(1, place.x - 1); x <= std::min(rgb.cols - 2, place.x + 1); ++x) {
        if (done.at<uint8_t>(y, x)) continue;
        done.at<uint8_t>(y, x) = 1;
        add_window(system, rgb, trimap, x, y);
      }
    }
  }
}

Matte solve(const Image& image, const Mask& trimap, const MattePrior* prior) {
  const cv::Mat& given = trimap.values();
  if (image.pixels().size() != given.size()) throw std::invalid_argument("the trimap must have the picture's size");
  cv::Mat values;
  cv::Mat(given == 255).convertTo(values, CV_32F, 1 / 255.0);
  BandSystem system((given > 0) & (given < 255));
  if (system.size() == 0) return Matte(values);

  add_windows(system, image.rgb8(), given);
  std::vector<float> alpha(static_cast<size_t>(system.size()), 0.5f);
  for (int i = 0; i < system.size(); ++i) {
    const cv::Point at = system.places()[static_cast<size_t>(i)];
    system.add_diagonal(i, least_prior);
    system.add_right_side(i, least_prior / 2);
    if (!prior) continue;
    const float weight = prior->weight.at<float>(at), expected = prior->expected.at<float>(at);
    system.add_diagonal(i, weight);
    system.add_right_side(i, weight * expected);
    alpha[static_cast<size_t>(i)] = expected;
  }
  system.solve(alpha, 1e-4, 400);
  for (int i = 0; i < system.size(); ++i) {
    const auto k = static_cast<size_t>(i);
    values.at<float>(system.places()[k]) = std::clamp(alpha[k], 0.0f, 1.0f);
  }
  return Matte(values);
}

}  // namespace

Matte solve_matte(const Image& image, const Mask& trimap) { return solve(image, trimap, nullptr); }

Matte solve_matte(const Image& image, const Mask& trimap, const MattePrior& prior) {
  if (prior.expected.size() != image.pixels().size() || prior.weight.size() != image.pixels().size()) {
    throw std::invalid_argument("the prior must have the picture's size");
  }
  return solve(image, trimap, &prior);
}

}  // namespace inpaint
