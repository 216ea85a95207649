#pragma once
#include <memory>

#include "image/image.h"
#include "nn/card.h"
#include "nn/net.h"

namespace inpaint {

/// A subject as a network sees it.
struct FoundOpacity {
  Matte map;              ///< of the network's resolution; covers the picture, whatever the two shapes
  double confidence = 0;  ///< in [0,1]: below about 0.3 there is no subject, above about 0.7 it stands out
};

/// Runs a network that says for each pixel how much it belongs to the subject (cards of kind opacity).
class NetSaliency {
 public:
  /// Throws SpecError if the card is of another kind or its input is malformed.
  NetSaliency(Card card, std::shared_ptr<const Net> net);

  /// Throws ItemError if the network gives something else than its card says: another shape, values that are no
  /// numbers, or values far outside [0,1].
  FoundOpacity find(const Image& image) const;

 private:
  Card card_;
  std::shared_ptr<const Net> net_;
};

/// The opacity that a map of values in [0,1] stands for, CV_32F. With stretch min-max, as the U-2-Net family was
/// evaluated: it spans [0,1] if the map has any contrast to speak of. A map without one, an empty scene's, stays as it
/// is: stretched, it would become a subject.
cv::Mat opacity_of(const cv::Mat& map, bool stretch);

/// How sure a map is that there is a subject, in [0,1]: how far the subject stands above the rest, less the share of it
/// that is neither in nor out without being an edge. 0 if the subject has no more than a few pixels. `map`: raw
/// (CV_32F), `opacity`: opacity_of it.
double opacity_confidence(const cv::Mat& map, const cv::Mat& opacity);

}  // namespace inpaint
