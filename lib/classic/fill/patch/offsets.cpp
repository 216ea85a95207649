#include "classic/fill/patch/offsets_private.h"

#include <algorithm>
#include <cmath>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

namespace inpaint::patch {
namespace {

cv::Mat autocorrelation(const cv::Mat& values, const cv::Size& padded) {
  cv::Mat spectrum = cv::Mat::zeros(padded, CV_32F), out;
  values.copyTo(spectrum(cv::Rect({}, values.size())));
  cv::dft(spectrum, spectrum, 0, values.rows);
  cv::mulSpectrums(spectrum, spectrum, spectrum, 0, true);
  cv::idft(spectrum, out, cv::DFT_SCALE);
  return out;
}

// Grey less its local mean, 0 where unknown; `known`: 1 and 0.
void detail(const Level& level, cv::Mat& values, cv::Mat& known) {
  cv::Mat grey(level.height, level.width, CV_32F), mean, weight;
  known.create(grey.size(), CV_32F);
  for (int32_t at = 0; at < level.area(); ++at) {
    const uint8_t* p = level.bytes() + 4 * static_cast<ptrdiff_t>(at);
    known.ptr<float>()[at] = level.hole[at] ? 0.f : 1.f;
    grey.ptr<float>()[at] = level.hole[at] ? 0.f : 0.299f * p[0] + 0.587f * p[1] + 0.114f * p[2];
  }
  const cv::Size window(4 * level.size + 1, 4 * level.size + 1);
  cv::boxFilter(grey, mean, CV_32F, window);
  cv::boxFilter(known, weight, CV_32F, window);
  cv::divide(mean, cv::max(weight, 1e-6), mean);  // amid a large hole there is none
  values = (grey - mean).mul(known);
}

}  // namespace

std::vector<cv::Point> dominant_offsets(const Level& level, size_t most) {
  cv::Mat values, known;
  detail(level, values, known);
  const cv::Size padded(cv::getOptimalDFTSize(level.width * 3 / 2), cv::getOptimalDFTSize(level.height * 3 / 2));
  const cv::Mat match = autocorrelation(values, padded), overlap = autocorrelation(known, padded);
  const double energy = match.at<float>(0, 0) / std::max(1.f, overlap.at<float>(0, 0));
  if (energy < 1) return {};
  // Correlation in [-1,1] over the upper half plane of offsets; the lower one is its mirror image.
  const int reach_x = level.width / 2, reach_y = level.height / 2;
  cv::Mat score(reach_y + 1, 2 * reach_x + 1, CV_32F);
  const float least_overlap = 0.1f * overlap.at<float>(0, 0);
  for (int dy = 0; dy <= reach_y; ++dy) {
    for (int dx = -reach_x; dx <= reach_x; ++dx) {
      const int x = (dx + padded.width) % padded.width;
      const float shared = overlap.at<float>(dy, x);
      const bool near = std::max(std::abs(dx), dy) < level.size;
      score.at<float>(dy, dx + reach_x) =
          near || shared < least_overlap ? -1.f : match.at<float>(dy, x) / shared / static_cast<float>(energy);
    }
  }
  cv::Mat highest;
  cv::dilate(score, highest, cv::Mat::ones(9, 9, CV_8U));
  constexpr float least_score = 0.15f;
  std::vector<std::pair<float, cv::Point>> peaks;
  for (int dy = 0; dy < score.rows; ++dy) {
    for (int dx = -reach_x; dx <= reach_x; ++dx) {
      const float value = score.at<float>(dy, dx + reach_x);
      if (value > least_score && value == highest.at<float>(dy, dx + reach_x)) peaks.push_back({value, {dx, dy}});
    }
  }
  std::stable_sort(peaks.begin(), peaks.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  std::vector<cv::Point> out;
  for (const auto& [value, offset] : peaks) {
    if (out.size() + 2 > most) break;
    out.push_back(offset);
    out.push_back(-offset);
  }
  return out;
}

}  // namespace inpaint::patch
