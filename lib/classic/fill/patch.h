#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "core/cancel.h"
#include "image/image.h"
#include "image/tasks.h"

namespace inpaint {

/// How long patch fill searches and iterates. `fast` takes a little over half the time of `normal`, `best` three times.
enum class Effort { fast, normal, best };

struct PatchOptions {
  Effort effort = Effort::normal;
  int patch_size = 7;  ///< side of a patch in pixels: 3, 5, 7, 9, 11, 13 or 15
  uint64_t seed = 0;   ///< the same seed gives the same bits, whatever the number of threads
  Mask search_area;    ///< where pixels may be taken from (values above 127); empty: everywhere
  /// What the hole is to look like in the large, as a picture of the image's size and depth, in which only the hole is
  /// looked at: the search starts from it, at half the scale. Empty: from nothing, at the scale that suits the hole.
  Image guide;
  const Cancel* cancel = nullptr;  ///< looked at between passes
  /// Called with what each scale begins and ends with: a name such as "hole1-scale2-end", the picture with the estimate
  /// in its hole, and the field: where each patch is taken from, as red (x) and green (y), and the texture as blue.
  std::function<void(const std::string& name, const Image& estimate, const Image& field)> watch;
};

/// Fills the hole (mask above 0) with patches of the rest of the picture: multi-scale completion (Wexler et al. 2007,
/// Newson et al. 2014) over PatchMatch fields (Barnes et al. 2009), finished in the gradient domain. Works on a region
/// around each hole, large enough to find what fits. Pixels where the mask is 0 are bit-identical, soft ones are
/// blended; alpha is kept; 8 and 16 bit. A hole around which no whole patch is known is filled with smaller patches,
/// and where not even one of 3 × 3 is known, by diffusion (navier_stokes, radius 5); `report`, if given, is told.
/// Throws ItemError if a hole has no known pixel in the search area, if the whole picture is a hole, or when cancelled;
/// std::invalid_argument if sizes or depths disagree or the patch size is none of the above.
Image fill_patch(const Image& image, const Mask& mask, const PatchOptions& options,
                 std::vector<FilledHole>* report = nullptr);

}  // namespace inpaint
