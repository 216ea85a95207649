#pragma once
#include <memory>
#include <vector>

#include "image/tasks.h"
#include "nn/card.h"
#include "nn/net.h"

namespace inpaint {

/// Selects the pixels of some classes with a network that gives a plane per class (the card's output.kind: classes).
/// The largest plane wins at each of the network's pixels; the picture's pixels take the winner of the one that they
/// lie in (nearest neighbour), so that no class appears between two others. Confidence: the mean probability of the
/// winners in the mask, where the planes are probabilities or logits; not set where they are scores of classes for
/// themselves (sigmoid).
class ClassSegmenter : public Segmenter {
 public:
  /// `labels`: indices of card.labels, at least one. Throws SpecError, naming card and key, if the card is of another
  /// kind, and for labels that it does not have.
  ClassSegmenter(Card card, std::shared_ptr<const Net> net, std::vector<int> labels);

  /// Throws ItemError "no_target: ..." if none of the classes has a thousandth of the picture; ItemError if the
  /// network's output does not fit the card; std::invalid_argument for a request with a hint.
  FoundMask segment(const SubjectRequest& request) const override;

 private:
  [[noreturn]] void refuse(const std::vector<double>& shares) const;

  Card card_;
  std::shared_ptr<const Net> net_;
  std::vector<int> labels_;
};

}  // namespace inpaint
