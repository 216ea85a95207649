#pragma once
#include <memory>
#include <optional>
#include <vector>

#include "image/box.h"
#include "image/tasks.h"
#include "nn/card.h"
#include "nn/net.h"

namespace inpaint {

/// Selects what points and boxes tell, with the two networks of Segment Anything (Kirillov 2023): the encoder makes one
/// embedding per picture, the decoder a mask per prompt. Files as the official script and samexporter make them:
///   encoder  in: the picture, scaled until it fits input.size and padded there at right and bottom; layout nchw
///            1 x 3 x H x W, nhwc H x W x 3 without a batch. Out: 1 x 256 x S x S, S a sixteenth of the longest side of
///            input.size (64 of 1024), which is the side of the square frame that all coordinates are told in.
///   decoder  in: those that the card's decoder.inputs lists, in its order: image_embeddings; point_coords 1 x N x 2
///   (x,
///            y in the frame); point_labels 1 x N (1 subject, 0 background, 2 and 3 the corners of a box, -1 padding);
///            mask_input 1 x 1 x 4S x 4S and has_mask_input 1, both 0; orig_im_size 2 (height, width). The order cannot
///            be seen at run time: files whose graph has another one need it in their card.
///            Out, told apart by their shapes: 1 x M logits of masks on 4S x 4S (low_res_masks) and the expected
///            intersection over union of each, 1 x M (iou_predictions); others are passed over.
/// Of four masks, the first is meant for clear prompts, the others for a single point, which may mean a part or a whole
/// (as in the official export of one mask); the best of these counts, or the best of all where there are not four.
class PromptSegmenter : public Segmenter {
 public:
  /// Throws SpecError, naming card and key, for cards of another family, or whose input is not of fixed size and
  /// resized to fit.
  PromptSegmenter(Card card, std::shared_ptr<const Net> encoder, std::shared_ptr<const Net> decoder,
                  std::optional<BoxText> box = {}, std::vector<PointText> points = {});

  /// What box and points tell; they lie in the picture, the box at least partly. Confidence: the expected intersection
  /// over union. Throws ItemError if the networks give something else than described above, or values that are not
  /// finite; std::invalid_argument without box and points, and for a request with a hint.
  FoundMask segment(const SubjectRequest& request) const override;

  /// The union of the masks of boxes in pixels of the picture, each a prompt by itself; the embedding is made once.
  /// Confidence: of the least sure. Without boxes: an empty selection, no confidence. Throws ItemError as above.
  FoundMask segment_boxes(const Image& image, const std::vector<Box>& boxes) const;

 private:
  struct Embedded;
  struct Prompt;
  Embedded embed(const Image& image) const;
  Prompt prompt_for(const Box& box, const std::vector<PointText>& points, const Embedded& picture) const;
  FoundMask decode(const Embedded& picture, const Prompt& prompt) const;
  std::vector<Tensor> decoder_inputs(const Embedded& picture, const Prompt& prompt) const;

  Card card_;
  std::shared_ptr<const Net> encoder_, decoder_;
  std::optional<BoxText> box_;
  std::vector<PointText> points_;
};

}  // namespace inpaint
