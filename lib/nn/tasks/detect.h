#pragma once
#include <memory>
#include <opencv2/core/types.hpp>
#include <string>
#include <vector>

#include "image/detection.h"
#include "nn/card.h"
#include "nn/net.h"
#include "nn/tasks/feed.h"

namespace inpaint {

/// Which of the boxes that a network gives count.
struct DetectOptions {
  double threshold = 0.25;    ///< lowest score
  double overlap = 0.45;      ///< of two boxes of one class whose intersection over union is above it, the better stays
  std::vector<int> labels{};  ///< classes that count; empty: all
  int most = 300;             ///< boxes per picture
};

/// Boxes in pixels of the picture, the best score first. `outputs`: all that the network gave for one picture that was
/// fed as `fed` tells, laid out as the card's output.boxes says (N boxes, C classes, both from 0; in fed pixels):
///   yolov5  1 × N × (5 + C): centre x, y, width, height, objectness, C scores; score = objectness × the largest
///   yolov8  1 × (4 + C) × N: the same without objectness; 32 further rows of mask coefficients are passed over
///   lists   N × 4 (x0, y0, x1, y1), N, N, with or without a batch axis; found by output.lists
/// output.activation sigmoid is applied to scores and objectness first.
/// Throws ItemError, naming the model, if outputs are missing, of another shape, or hold values that are not finite.
std::vector<Detection> detections_from(const Card& card, const std::vector<Tensor>& outputs, const Fed& fed,
                                       cv::Size picture, const DetectOptions& options);

/// Finds things with a network.
class NetDetector : public Detector {
 public:
  /// Throws SpecError, naming card and key, if the card is of another kind, and for labels that the card does not have.
  NetDetector(Card card, std::shared_ptr<const Net> net, DetectOptions options);

  std::vector<Detection> detect(const Image& image) const override;
  const std::vector<std::string>& labels() const override { return card_.labels; }

 private:
  Card card_;
  std::shared_ptr<const Net> net_;
  DetectOptions options_;
};

}  // namespace inpaint
