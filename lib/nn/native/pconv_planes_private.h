#pragma once
#include <vector>

#include "nn/native/pconv.h"
#include "nn/tensor.h"

namespace inpaint::native {

/// What a partial convolution's result is scaled by, batch x 1 x height x width: the window's size over its known
/// pixels, zero padding included in the one but not in the other; 0 where there are none, and the result is a hole.
/// Features of one tensor share their mask: a window over two tensors of C1 and C2 channels holds C1 n1 + C2 n2 known
/// values of (C1 + C2) k^2, n1 and n2 being what each one's plane knows.
struct PConvPlanes {
  std::vector<Tensor> encoders, decoders;  ///< by level, enc1 and dec1 first
};

/// For known pixels of this shape, batch x 1 x height x width; to be filled.
PConvPlanes empty_planes(const PConvFacts& facts, const Tensor& known);
/// Fills those of one picture of the batch from its known pixels, 0 or 1. Threads may do so for several at once.
void fill_planes(const PConvFacts& facts, const Tensor& known, int64_t picture, PConvPlanes& planes);

}  // namespace inpaint::native
