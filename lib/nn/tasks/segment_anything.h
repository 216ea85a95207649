#pragma once
#include <memory>
#include <optional>
#include <vector>

#include "image/box.h"
#include "image/tasks.h"
#include "nn/card.h"
#include "nn/net.h"

namespace inpaint {

/// What is shown to Segment Anything, in the picture's pixels.
struct Prompt {
  struct Point {
    double x = 0, y = 0;
    bool subject = true;
  };
  std::optional<Box> box;  ///< around the object
  std::vector<Point> points;
};

/// What the encoder made of a picture; good for any number of prompts.
struct EncodedPicture {
  Tensor embedding;     ///< 1x256x64x64
  cv::Size picture;     ///< its size
  cv::Size content;     ///< what the encoder was fed with
  double to_frame = 1;  ///< from there to the frame of 1024 that prompts and masks live in
};

/// Masks of objects by points or a box (Kirillov et al. 2023), for encoders and decoders as the authors' script exports
/// them to ONNX, and as rembg and MobileSAM users publish them. The encoder takes what the card's input says; with
/// layout nhwc it is fed without a batch axis. The decoder takes image_embeddings 1x256x64x64, point_coords 1xNx2,
/// point_labels 1xN (1 subject, 0 background, 2 and 3 corners of the box, -1 padding), mask_input 1x1x256x256,
/// has_mask_input 1, orig_im_size 2, in this order, and gives iou_predictions 1xK, low_res_masks 1xKx256x256 (logits)
/// and full-size masks, which are not used, in any order.
class SegmentAnything {
 public:
  /// Throws SpecError if the card is of another family, or its input is malformed or not resized to fit.
  SegmentAnything(Card card, std::shared_ptr<const Net> encoder, std::shared_ptr<const Net> decoder);

  /// The slow part. Throws ItemError if the encoder gives something else.
  EncodedPicture encode(const Image& image) const;

  /// The mask of the best predicted overlap, which is also the confidence. Throws std::invalid_argument if nothing is
  /// shown, ItemError if the decoder gives something else than said above.
  FoundMask find(const EncodedPicture& picture, const Prompt& prompt) const;

 private:
  Card card_;
  std::shared_ptr<const Net> encoder_, decoder_;
};

/// The object that --box and --point show, in every picture.
class PromptSegmenter : public Segmenter {
 public:
  /// Throws SpecError as SegmentAnything, and if neither a box nor a point is given.
  PromptSegmenter(Card card, std::shared_ptr<const Net> encoder, std::shared_ptr<const Net> decoder,
                  std::optional<BoxText> box, std::vector<PointText> points);

  /// Throws std::invalid_argument for a hint, which it does not take; ItemError if the box covers no pixel of the
  /// picture, and as SegmentAnything.
  FoundMask segment(const SubjectRequest& request) const override;

 private:
  SegmentAnything model_;
  std::optional<BoxText> box_;
  std::vector<PointText> points_;
};

}  // namespace inpaint
