#include "classic/mask/damage.h"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>
#include <stdexcept>

#include "classic/mask/combine.h"
#include "classic/mask/damage/candidate_private.h"

namespace inpaint {
namespace damage {

cv::Mat at_working_size(const cv::Mat& rgb) {
  constexpr double most_pixels = 3e6;
  const double scale = std::sqrt(most_pixels / static_cast<double>(rgb.total()));
  if (scale >= 1) return rgb;
  const cv::Size size(std::max(1, cvRound(rgb.cols * scale)), std::max(1, cvRound(rgb.rows * scale)));
  cv::Mat out;
  cv::resize(rgb, out, size, 0, 0, cv::INTER_AREA);
  return out;
}

std::vector<Candidate> find_candidates(const cv::Mat& rgb, Damage kind) {
  constexpr int multiple = 8;  // so that every level's pixels are whole pixels of the one before
  cv::Mat padded;
  cv::copyMakeBorder(rgb, padded, 0, (multiple - rgb.rows % multiple) % multiple, 0,
                     (multiple - rgb.cols % multiple) % multiple, cv::BORDER_REPLICATE);
  std::vector<Candidate> out = kind == Damage::scratches ? find_scratches(padded)
                               : kind == Damage::dust    ? find_dust(padded)
                                                         : find_text(padded);
  const cv::Rect inside({}, rgb.size());
  for (Candidate& candidate : out) {
    std::erase_if(candidate.pixels, [&](const cv::Point& p) { return !inside.contains(p); });
  }
  return out;
}

}  // namespace damage

Mask detect_damage(const Image& image, Damage kind, const DamageOptions& options) {
  if (!(options.sensitivity >= 0 && options.sensitivity <= 1))
    throw std::invalid_argument("sensitivity is not in [0,1]");
  if (options.grow < 0) throw std::invalid_argument("grow is negative");
  if (image.empty()) return Mask(image.width(), image.height());
  const cv::Mat rgb = damage::at_working_size(image.rgb8());
  cv::Mat found = cv::Mat::zeros(rgb.size(), CV_8U);
  const std::vector<damage::Candidate> candidates = damage::find_candidates(rgb, kind);
  for (const size_t i : damage::judge(candidates, kind, 1 - options.sensitivity)) {
    for (const cv::Point& p : candidates[i].pixels) found.at<uint8_t>(p) = 255;
  }
  if (found.size() != image.pixels().size()) {
    cv::resize(found, found, image.pixels().size(), 0, 0, cv::INTER_LINEAR);
    found = found > 127;
  }
  if (image.has_alpha()) found.setTo(0, image.alpha() == 0);  // what cannot be seen
  return grow(Mask(found), options.grow);
}

}  // namespace inpaint
