// What is cut out of a picture for a service, and how its answer gets back.
#pragma once
#include "image/image.h"
#include "pipeline/item.h"
#include "remote/endpoint_card.h"

namespace inpaint {

/// The part around a hole, as a service takes it.
struct RemoteCrop {
  Image image;    ///< 8-bit RGB in sRGB, at the service's size
  Mask mask;      ///< of that size: 255 = repaint, 0 = keep
  cv::Rect area;  ///< in the picture; may reach beyond it, where the crop repeats the border
};

/// `mask`: of the picture's size, not empty. The crop holds the hole with room around it, at the picture's own scale
/// where the service's size allows; smaller where it does not.
RemoteCrop crop_for_service(const Image& image, const Mask& mask, const EndpointCard& card);

/// The picture with the hole filled from the answer, which may have another size than the crop but must have its
/// proportions (ItemError). Depth, alpha, profile and metadata stay; pixels where the mask is 0 are bit-identical.
/// Inside the hole the answer fades in over as many pixels as one of its own covers.
Image paste_answer(const Image& image, const Mask& mask, const RemoteCrop& crop, const Image& answer);

/// The whole picture as a service takes it that looks at all of it: 8-bit RGB in sRGB, within its limit of pixels.
Image picture_for_service(const Image& image, const EndpointCard& card);

/// An opacity of any size and like proportions (ItemError), brought to the picture's size.
Matte matte_of_answer(const Matte& answer, const Image& image);
Mask mask_of_answer(const Mask& answer, const Image& image);

}  // namespace inpaint
