// Pictures to tensors as a card says, and a network's output back to planes.
#pragma once
#include <opencv2/core/mat.hpp>
#include <optional>
#include <vector>

#include "image/image.h"
#include "nn/card.h"
#include "nn/tensor.h"

namespace inpaint {

/// Throws SpecError, naming card and key, if input.size, input.tensors or input.divide are not what CardInput allows.
void check_input(const Card& card);

/// The size that the network was made for; nothing if it takes any. Throws SpecError for a malformed one.
std::optional<cv::Size> fixed_size(const CardInput& input);

/// Size of the planes that a picture of this size is fed as: the fixed size, else both sides rounded up to the modulus,
/// and to twice the modulus at least if it is more than 1.
cv::Size fed_size(const CardInput& input, cv::Size picture);

/// The part of them, at top left, that the picture fills.
cv::Size content_size(const CardInput& input, cv::Size picture);

/// Shapes of the tensors that a picture of the network's own size is fed as, or of 512 × 512 if it takes any.
std::vector<std::vector<int64_t>> usual_shapes(const CardInput& input);

/// How many filled pictures the network reads: 0, 1 ("filled-image") or 2 ("filled-image-2").
int fills_read(const CardInput& input);

/// What a network is called with.
struct Fed {
  std::vector<Tensor> tensors;  ///< in the card's order; the batch is the first axis
  cv::Size size;                ///< of their planes
  cv::Size content;             ///< the part at top left that the picture fills
};

/// The picture as the card wants it; `hole` is of its size, or empty for none. Alpha is left out, colours are taken as
/// they are. 16-bit pictures keep their precision. Any pixel of the mask above 0 is hole, and so is every fed pixel
/// that takes part of its colour from one. To another size: area averaging where it shrinks, which neither aliases nor
/// rings (Lanczos rings along the edges of cut-out subjects), bilinear where it grows, as in the training of the
/// U-2-Net family. What a fixed size leaves over (resize: fit) is 0 after normalisation, and known.
Fed feed(const CardInput& input, const Image& image, const Mask& hole = {});

/// Several pictures of one size in one batch; `holes` is empty or has one for each. `filled`: fills_read times the
/// pictures with their holes filled, of the same size. Throws std::invalid_argument.
Fed feed_batch(const CardInput& input, const std::vector<Image>& images, const std::vector<Mask>& holes = {},
               const std::vector<std::vector<Image>>& filled = {});

/// The planes of one entry of an output, cut to the content: each fed.content, CV_32F, with the card's activation
/// (softmax goes over the planes), without its stretch. `outputs`: all that the network gave. Throws ItemError, naming
/// the model, if there is no such output, it is not `planes` planes (0: any number) of the fed size, or holds values
/// that are not finite. A single plane may come without its axis.
std::vector<cv::Mat> planes_from(const Card& card, const std::vector<Tensor>& outputs, const Fed& fed, int planes,
                                 int64_t entry = 0);

/// Kind opacity: fed.content, CV_32F in [0,1], stretched as the card says. An output without any contrast is not
/// stretched. Throws as planes_from.
cv::Mat matte_from(const Card& card, const std::vector<Tensor>& outputs, const Fed& fed, int64_t entry = 0);

/// Kind colors: fed.content, CV_32FC3, RGB, 0 black to 1 white, cut to that range. Throws as planes_from.
cv::Mat colors_from(const Card& card, const std::vector<Tensor>& outputs, const Fed& fed, int64_t entry = 0);

}  // namespace inpaint
