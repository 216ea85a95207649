#pragma once
#include <cstdint>

#include "image/image.h"

namespace inpaint {

enum class RandomMask { strokes, boxes };

/// A random mask that covers at least `ratio` of the area (0 to 0.95) and as little more as its last piece adds:
/// free-form strokes of 4 to 12 bends and round joints, or rectangles. The same seed gives the same mask everywhere.
Mask random_mask(int width, int height, RandomMask kind, double ratio, uint64_t seed);

}  // namespace inpaint
