#pragma once
#include <optional>
#include <vector>

#include "image/box.h"
#include "image/image.h"

namespace inpaint {

struct GrabCutOptions {
  std::optional<BoxText> box;     ///< the subject lies inside
  std::vector<PointText> points;  ///< on the subject, or on the background
  int iterations = 5;
  int working_side = 640;  ///< the graph is cut at this longer side; larger pictures are scaled down for it
};

/// Graph cut with colour mixtures (Rother et al. 2004). Without box and points the background is learnt from the
/// picture's border. Returns the subject; all 0 if none is found. Deterministic.
Mask grabcut(const Image& image, const GrabCutOptions& options);

}  // namespace inpaint
