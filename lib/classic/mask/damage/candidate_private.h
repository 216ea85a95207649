// The detectors find more than there is, each candidate with numbers that tell damage from content; `judge` decides.
#pragma once
#include <opencv2/core.hpp>
#include <vector>

#include "classic/mask/damage.h"

namespace inpaint::damage {

/// Where a line stops, and its direction there, outwards (a unit vector).
struct LineEnd {
  cv::Point2d at, outwards;
};

struct Candidate {
  std::vector<cv::Point> pixels;  ///< what it covers at working size
  std::vector<float> cues;        ///< as many as the trees of its kind know
  std::vector<LineEnd> ends{};    ///< of a scratch, at working size
};

/// `rgb`: CV_8UC3 at working size, at least 1 x 1.
std::vector<Candidate> find_scratches(const cv::Mat& rgb);
std::vector<Candidate> find_dust(const cv::Mat& rgb);
std::vector<Candidate> find_text(const cv::Mat& rgb);

/// The pieces that lines of text are made of, however little they look like letters; for fitting letters_trees.
std::vector<Candidate> find_pieces_of_text(const cv::Mat& rgb);

/// All the candidates of this kind.
std::vector<Candidate> find_candidates(const cv::Mat& rgb, Damage kind);

/// Which candidates are damage: those with a probability above `threshold`, in [0,1], and those that continue them.
std::vector<size_t> judge(const std::vector<Candidate>& candidates, Damage kind, double threshold);

/// The picture, made smaller (never larger) so that the time and memory of a search have a bound.
cv::Mat at_working_size(const cv::Mat& rgb);

}  // namespace inpaint::damage
