// What a model does, whatever drives it: an algorithm without weights, a network, a remote endpoint. All are const and
// may be called from several threads at once. Each throws ItemError if this one picture cannot be done.
#pragma once
#include "image/image.h"

namespace inpaint {

/// Fills the hole of a picture. The result has the size, depth, alpha and metadata of `image`; pixels where the mask is
/// 0 are bit-identical.
class Inpainter {
 public:
  virtual ~Inpainter() = default;
  virtual Image fill(const Image& image, const Mask& hole) const = 0;
};

/// Finds a region: 255 = selected. The mask has the picture's size.
class Segmenter {
 public:
  virtual ~Segmenter() = default;
  virtual Mask segment(const Image& image) const = 0;
};

/// Finds the opacity of the subject. The matte has the picture's size.
class Matter {
 public:
  virtual ~Matter() = default;
  virtual Matte matte(const Image& image) const = 0;
};

}  // namespace inpaint
