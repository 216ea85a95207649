#pragma once
#include "pipeline/item.h"

namespace inpaint {

/// Tells the mask in the item's facts: "coverage" in [0,1] and "box" [x0, y0, x1, y1) of what is above 0, null if
/// empty.
void tell_mask(Item& item);

}  // namespace inpaint
