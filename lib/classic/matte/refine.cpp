#include "classic/matte/refine.h"

#include <algorithm>
#include <cmath>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>
#include <stdexcept>

#include "classic/matte/closed_form.h"
#include "classic/matte/guided_filter.h"
#include "classic/matte/local_colors_private.h"
#include "classic/matte/open_band_private.h"

namespace inpaint {
namespace {

constexpr double most_pixels = 1 << 20;  // solved at full size

// Weights in the unit of MattePrior, at plain edges and where hairs are.
constexpr float from_mask = 0.15f, from_mask_hairy = 0.3f;
constexpr float from_color = 0.1f, from_color_hairy = 0.7f;
constexpr float from_first = 2, from_first_hairy = 0.1f;
constexpr float sure_color = 20;  // the certainty at which colours are believed by half

// An edge as sharp as lenses and sampling leave it.
cv::Mat softened(const cv::Mat& hard) {
  cv::Mat out;
  hard.convertTo(out, CV_32F, 1 / 255.0);
  cv::GaussianBlur(out, out, {0, 0}, 0.5);
  return out;
}

matte::LocalColors colors_of_known(const cv::Mat& rgb, const cv::Mat& trimap, const cv::Mat& distance) {
  const float reach = 3 * matte::hair_reach(rgb.size());
  cv::Mat weight(rgb.size(), CV_32F, cv::Scalar(0));
  for (int y = 0; y < rgb.rows; ++y) {
    for (int x = 0; x < rgb.cols; ++x) {
      const uint8_t known = trimap.at<uint8_t>(y, x);
      if (known != matte::open && std::abs(distance.at<float>(y, x)) < reach)
        weight.at<float>(y, x) = known ? 1.0f : -1.0f;
    }
  }
  return matte::LocalColors(rgb, weight);
}

MattePrior prior_of(const cv::Mat& rgb, const cv::Mat& hard, const matte::OpenBand& band, const cv::Mat& distance) {
  const matte::LocalColors colors = colors_of_known(rgb, band.trimap, distance);
  const cv::Mat soft = softened(hard);
  MattePrior prior{cv::Mat::zeros(hard.size(), CV_32F), cv::Mat::zeros(hard.size(), CV_32F)};
  for (int y = 0; y < hard.rows; ++y) {
    for (int x = 0; x < hard.cols; ++x) {
      if (band.trimap.at<uint8_t>(y, x) != matte::open) continue;
      const bool hairy = band.hairy.at<uint8_t>(y, x);
      const matte::ColorOpinion opinion = colors.ask(x, y, rgb.at<cv::Vec3b>(y, x));
      const float sure = opinion.certainty / (opinion.certainty + sure_color);
      const float color = (hairy ? from_color_hairy : from_color) * sure;
      const float mask = hairy ? std::max(0.01f, from_mask_hairy * (1 - sure)) : from_mask;
      prior.weight.at<float>(y, x) = color + mask;
      prior.expected.at<float>(y, x) = (color * opinion.alpha + mask * soft.at<float>(y, x)) / (color + mask);
    }
  }
  return prior;
}

// Where no hairs are, an edge is a line: the first answer, which says where, is taken for a new mask.
void sharpen(MattePrior& prior, const Matte& first, const cv::Mat& hairy) {
  const cv::Mat soft = softened(first.values() > 0.5f);
  for (int y = 0; y < soft.rows; ++y) {
    for (int x = 0; x < soft.cols; ++x) {
      float &weight = prior.weight.at<float>(y, x), &expected = prior.expected.at<float>(y, x);
      if (weight == 0) continue;
      const float more = hairy.at<uint8_t>(y, x) ? from_first_hairy : from_first;
      expected = (weight * expected + more * soft.at<float>(y, x)) / (weight + more);
      weight += more;
    }
  }
}

Matte refine_small(const Image& image, const cv::Mat& hard) {
  const cv::Mat rgb = image.rgb8(), distance = matte::signed_distance(hard);
  const matte::OpenBand band = matte::find_open_band(rgb, hard, distance);
  const Mask trimap(band.trimap);
  MattePrior prior = prior_of(rgb, hard, band, distance);
  const Matte first = solve_matte(image, trimap, prior);
  sharpen(prior, first, band.hairy);
  return solve_matte(image, trimap, prior);
}

cv::Size working_size(cv::Size size) {
  const double scale = std::sqrt(most_pixels / static_cast<double>(size.area()));
  return {std::max(1, static_cast<int>(size.width * scale)), std::max(1, static_cast<int>(size.height * scale))};
}

}  // namespace

Matte refine_matte(const Image& image, const Mask& subject) {
  if (image.pixels().size() != subject.values().size()) {
    throw std::invalid_argument("the mask must have the picture's size");
  }
  const cv::Mat hard = subject.values() > 127;
  const int inside = cv::countNonZero(hard);
  if (inside == 0 || inside == static_cast<int>(hard.total())) return Matte(Mask(hard));
  if (static_cast<double>(hard.total()) <= most_pixels) return refine_small(image, hard);

  cv::Mat pixels, small_hard;
  cv::resize(image.pixels(), pixels, working_size(hard.size()), 0, 0, cv::INTER_AREA);
  cv::resize(hard, small_hard, pixels.size(), 0, 0, cv::INTER_AREA);
  small_hard = small_hard > 127;
  return enlarge_matte(image, subject, refine_small(Image(pixels), small_hard));
}

}  // namespace inpaint
