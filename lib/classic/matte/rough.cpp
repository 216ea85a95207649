#include "classic/matte/rough.h"

#include <algorithm>
#include <cmath>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>
#include <stdexcept>
#include <vector>

#include "classic/matte/closed_form.h"
#include "classic/matte/guided_filter.h"
#include "classic/matte/local_colors_private.h"
#include "classic/matte/open_band_private.h"

namespace inpaint {
namespace {

constexpr double most_pixels = 1 << 19;  // solved at full size
constexpr double most_magnified = 1.4;   // in one step, from the rough matte's pixels to those solved
constexpr float sure = 0.1f;             // a rough opacity this near to 0 or 1 is believed, away from the edge
constexpr float color_reach = 0.06f;     // share of the longer side from which colours are learnt

// Weights in the unit of MattePrior.
constexpr float from_rough = 0.2f, from_rough_sure = 0.6f, from_color = 0.2f;
constexpr float sure_color = 20;  // the certainty at which colours are believed by half

cv::Size reduced(cv::Size size, double scale) {
  return {std::max(1, cvRound(size.width * scale)), std::max(1, cvRound(size.height * scale))};
}

cv::Mat resized(const cv::Mat& values, cv::Size size, int interpolation) {
  if (values.size() == size) return values;
  cv::Mat out;
  cv::resize(values, out, size, 0, 0, interpolation);
  return out;
}

// The sizes to be solved at, the last the largest: each at most twice the one before, the first near the rough matte's.
std::vector<cv::Size> sizes_between(cv::Size picture, double rough_pixels) {
  const auto pixels = static_cast<double>(picture.area());
  double scale = std::min(1.0, std::sqrt(most_pixels / pixels));
  std::vector<cv::Size> sizes{reduced(picture, scale)};
  for (; scale * std::sqrt(pixels / rough_pixels) > most_magnified; scale /= 2)
    sizes.insert(sizes.begin(), reduced(picture, scale / 2));
  return sizes;
}

// `margin`: pixels around doubtful ones that are open too.
cv::Mat open_between(const cv::Mat& rough, int margin) {
  const int side = 2 * margin + 1;
  cv::Mat open = (rough > sure) & (rough < 1 - sure), trimap = rough > 0.5f;
  cv::dilate(open, open, cv::Mat::ones(side, side, CV_8U));
  trimap.setTo(matte::open, open);
  return trimap;
}

// Colours are learnt around what is open, and a little within it.
matte::LocalColors colors_around(const cv::Mat& rgb, const cv::Mat& trimap, const cv::Mat& rough) {
  const float reach = color_reach * static_cast<float>(std::max(rgb.cols, rgb.rows));
  cv::Mat distance, weight(rgb.size(), CV_32F, cv::Scalar(0));
  cv::distanceTransform(trimap != matte::open, distance, cv::DIST_L2, cv::DIST_MASK_3);
  for (int y = 0; y < rgb.rows; ++y) {
    for (int x = 0; x < rgb.cols; ++x) {
      if (distance.at<float>(y, x) >= reach) continue;
      const float side = 2 * rough.at<float>(y, x) - 1;
      const bool open = trimap.at<uint8_t>(y, x) == matte::open;
      weight.at<float>(y, x) = std::copysign(open ? 0.05f * side * side : 1.0f, side);
    }
  }
  return matte::LocalColors(rgb, weight);
}

// Between colours and rough matte: the nearer the latter is to 0 or 1, the more it counts.
MattePrior prior_of(const cv::Mat& rgb, const cv::Mat& trimap, const cv::Mat& rough, float magnification) {
  const matte::LocalColors colors = colors_around(rgb, trimap, rough);
  MattePrior prior{cv::Mat::zeros(rough.size(), CV_32F), cv::Mat::zeros(rough.size(), CV_32F)};
  for (int y = 0; y < rgb.rows; ++y) {
    for (int x = 0; x < rgb.cols; ++x) {
      if (trimap.at<uint8_t>(y, x) != matte::open) continue;
      const float given = rough.at<float>(y, x), doubt = std::sqrt(std::max(0.0f, 4 * given * (1 - given)));
      const matte::ColorOpinion opinion = colors.ask(x, y, rgb.at<cv::Vec3b>(y, x));
      const float color = from_color * doubt * opinion.certainty / (opinion.certainty + sure_color);
      const float map = from_rough / std::sqrt(magnification) + from_rough_sure * (1 - doubt);
      prior.weight.at<float>(y, x) = color + map;
      prior.expected.at<float>(y, x) = (color * opinion.alpha + map * given) / (color + map);
    }
  }
  return prior;
}

// What the next step takes for rough: an edge half as wide.
cv::Mat steeper(const cv::Mat& matte) { return cv::max(cv::min(2 * matte - 0.5, 1.0), 0.0); }

float magnification(cv::Size to, cv::Size from) {
  return std::max(1.0f, std::sqrt(static_cast<float>(to.area()) / static_cast<float>(from.area())));
}

}  // namespace

Matte refine_rough_matte(const Image& image, const Matte& rough) {
  if (image.empty() || rough.empty()) throw std::invalid_argument("neither the picture nor its matte may be empty");
  const cv::Size size = image.pixels().size(), rough_size = rough.values().size();
  const cv::Mat enlarged = resized(rough.values(), size, cv::INTER_LINEAR);
  if (cv::countNonZero(enlarged >= 1 - sure) == 0) return Matte(enlarged);

  const std::vector<cv::Size> sizes = sizes_between(size, static_cast<double>(rough_size.area()));
  const cv::Mat pixels = resized(image.pixels(), sizes.back(), cv::INTER_AREA);
  cv::Mat matte;
  for (const cv::Size step : sizes) {
    const bool first = matte.empty();
    const Image small(resized(pixels, step, cv::INTER_AREA));
    const cv::Mat given = resized(first ? rough.values() : matte, step, cv::INTER_LINEAR);
    const float larger = magnification(step, first ? rough_size : matte.size());
    const cv::Mat trimap = open_between(given, first ? std::max(1, cvRound(0.5f * larger)) : 1);
    const MattePrior prior = prior_of(small.rgb8(), trimap, first ? given : steeper(given), larger);
    matte = solve_matte(small, Mask(trimap), prior).values();
  }
  if (matte.size() == size) return Matte(matte);
  return enlarge_matte(image, Mask(cv::Mat(resized(matte, size, cv::INTER_LINEAR) > 0.5)), Matte(matte));
}

}  // namespace inpaint
