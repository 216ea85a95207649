// Tensors of several pictures as one batch, and back. Standard library only.
#pragma once
#include <vector>

#include "nn/tensor.h"

namespace inpaint {

/// Joins tensors along the first axis: 1x3x8x8 and 2x3x8x8 make 3x3x8x8. Their other extents must agree, and there must
/// be one at least (std::invalid_argument).
Tensor stack(const std::vector<Tensor>& parts);

/// Entries [begin, begin + count) of the first axis; shares the tensor's values. Throws std::out_of_range.
Tensor entries(const Tensor& batch, int64_t begin, int64_t count);

}  // namespace inpaint
