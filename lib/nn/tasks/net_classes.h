#pragma once
#include <memory>
#include <opencv2/core/mat.hpp>
#include <vector>

#include "image/tasks.h"
#include "nn/card.h"
#include "nn/net.h"

namespace inpaint {

/// A picture's pixels by class.
struct ClassMap {
  cv::Mat labels;                 ///< of the picture's size, CV_8U: index into the card's labels
  std::vector<double> shares;     ///< per label: of the network's pixels, in [0,1]; they add up to 1
  std::vector<double> certainty;  ///< per label: mean probability of its pixels, 0 if it has none; empty if not told
};

/// Runs a network that has a plane per label (cards of kind classes) and selects some of them.
class ClassSegmenter : public Segmenter {
 public:
  /// `labels`: what to select, by index. Throws SpecError if the card is of another kind or has no such label, or more
  /// than 256.
  ClassSegmenter(Card card, std::shared_ptr<const Net> net, std::vector<int> labels);

  /// Pixels of the chosen labels. Confidence: mean probability of these pixels' labels, if the card's activation makes
  /// probabilities. Throws std::invalid_argument for a hint, which it does not take; ItemError, beginning with
  /// "no_target:" and naming what was found instead, if the chosen labels have less than 0.2 % of the picture; as
  /// planes_from.
  FoundMask segment(const SubjectRequest& request) const override;

  /// All labels: the largest plane wins, the first of equals. Brought to the picture's size by nearest neighbour, since
  /// labels have no in-between. Throws as planes_from.
  ClassMap classify(const Image& image) const;

 private:
  std::string names(const std::vector<int>& labels) const;
  std::string found(const ClassMap& map) const;

  Card card_;
  std::shared_ptr<const Net> net_;
  std::vector<int> labels_;
};

}  // namespace inpaint
