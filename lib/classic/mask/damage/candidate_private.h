// The detectors find more than there is, each candidate with numbers that tell damage from content; `judge` decides.
#pragma once
#include <opencv2/core.hpp>
#include <vector>

#include "classic/mask/damage.h"

namespace inpaint::damage {

struct Candidate {
  std::vector<cv::Point> pixels;  ///< what it covers at working size
  std::vector<float> cues;        ///< as many as the judge has weights for its kind
};

/// `rgb`: CV_8UC3 at working size, at least 1 x 1.
std::vector<Candidate> find_scratches(const cv::Mat& rgb);
std::vector<Candidate> find_dust(const cv::Mat& rgb);
std::vector<Candidate> find_text(const cv::Mat& rgb);

/// All the candidates of this kind.
std::vector<Candidate> find_candidates(const cv::Mat& rgb, Damage kind);

/// The probability that the candidate is damage, in (0,1).
double probability(const Candidate& candidate, Damage kind);

/// The picture, made smaller (never larger) so that the time and memory of a search have a bound.
cv::Mat at_working_size(const cv::Mat& rgb);

}  // namespace inpaint::damage
