#pragma once
#include <memory>
#include <opencv2/core/mat.hpp>
#include <vector>

#include "image/image.h"
#include "nn/card.h"
#include "nn/net.h"
#include "nn/tasks/net_inpainter.h"

namespace inpaint {

/// A part of a picture, and what of it is to be filled (above 0).
struct Crop {
  Image picture;
  Mask hole;  ///< of its size
};

/// A network that fills holes, called with crops at the scale they have.
class CropNet {
 public:
  /// Throws SpecError if the card is not one of a network that fills holes, or if it reads filled pictures and there is
  /// nobody to fill them.
  CropNet(Card card, std::shared_ptr<const Net> net, Proposal propose);

  const Card& card() const { return card_; }
  /// Nothing if it takes any size.
  const std::optional<cv::Size>& fixed() const { return fixed_; }
  bool on_gpu() const;
  /// Pixels of one entry of the batch that a crop of this size makes.
  int64_t fed_pixels(cv::Size crop) const;

  /// Crops of one size, no larger than fixed(), in one call: for each CV_32FC3 of its size, RGB in [0,1]. It is meant
  /// for the hole, where it meets the known pixels around in tone. Throws ItemError, and std::bad_alloc if there is too
  /// little memory for so many, or so large, crops.
  std::vector<cv::Mat> fill(const std::vector<Crop>& crops) const;

 private:
  Card card_;
  std::shared_ptr<const Net> net_;
  Proposal propose_;
  int fills_ = 0;
  std::optional<cv::Size> fixed_;
};

/// The colours of a picture without its alpha: height × width, CV_32FC3, RGB, 0 black to 1 white.
cv::Mat float_colors(const Image& picture);

}  // namespace inpaint
