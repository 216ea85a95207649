#pragma once
#include <optional>
#include <vector>

#include "image/box.h"
#include "image/image.h"

namespace inpaint {

/// What a user knows about where the subject is.
struct SubjectHints {
  std::optional<BoxText> box;     ///< the subject lies inside
  std::vector<PointText> points;  ///< on the subject, or on the background
  Mask trimap;                    ///< of the picture's size: 255 = surely subject, 0 = surely background; may be empty
};

/// A subject, and how sure the finder is of it.
struct FoundSubject {
  Mask mask;              ///< 0 or 255, of the picture's size; all 0 if there is none
  double confidence = 0;  ///< in [0,1]
};

/// Finds what the picture is of, before any background.
FoundSubject find_subject(const Image& image, const SubjectHints& hints);

}  // namespace inpaint
