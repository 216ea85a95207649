// Operations on masks; each returns a new mask of the same size. Two masks must have one size (std::invalid_argument).
#pragma once
#include "image/image.h"

namespace inpaint {

Mask invert(const Mask& mask);
/// Every value spreads over a disc of this radius in pixels (fractions count); soft values too.
Mask grow(const Mask& mask, double radius);
/// The reverse of grow, for the area that is not selected; the picture's border does not eat into the mask.
Mask shrink(const Mask& mask, double radius);
/// Softens the edge to both sides: Gaussian with a sigma of half the radius.
Mask feather(const Mask& mask, double radius);
/// Softens the edge outwards only: what is above 127 becomes or stays at least as strong, a smooth ramp leads down to 0
/// just beyond `radius` pixels from it, and farther away nothing changes.
Mask feather_outwards(const Mask& mask, double radius);
/// Selects what the mask (above 127) encloses, as far as it does not touch the picture's border.
Mask fill_holes(const Mask& mask);
/// Keeps the connected part (8 neighbours, values above 0) with the largest area.
Mask keep_largest(const Mask& mask);
Mask unite(const Mask& a, const Mask& b);
/// a where b is not.
Mask subtract(const Mask& a, const Mask& b);
Mask intersect(const Mask& a, const Mask& b);

}  // namespace inpaint
