#pragma once
#include "nn/tensor.h"

namespace inpaint::native {

/// A smooth fill of holes from coarser and coarser averages of what is known, which networks of the base "pull-push"
/// add to.
struct PullPush {
  Tensor filled;  ///< batch x 3 x height x width: the known pixels, and the fill elsewhere
  Tensor mean;    ///< batch x 3: of the known pixels; 0.5 where there are none
};

/// pictures: batch x 3 x height x width; known: batch x 1 x height x width, 0 or 1; height and width multiples of
/// 2^levels. With c the known pixels and w their weight, levels k = 1 ... levels are
///   w' = average of 2 x 2 of w(k-1);  c(k) = average of 2 x 2 of c(k-1) w(k-1), over w' (the mean where w' is 0);
///   w(k) = min(1, 4 w')
/// and the fill is f(levels) = w c + (1 - w) mean;  f(k) = w(k) c(k) + (1 - w(k)) times f(k+1) at twice its size,
/// bilinear between half-pixel centres.
PullPush pull_push(const Tensor& pictures, const Tensor& known, int levels);

/// The same in two parts, of which the second may be done for several pictures at once.
PullPush empty_pull_push(const Tensor& pictures);
void fill_pull_push(const Tensor& pictures, const Tensor& known, int levels, int64_t picture, PullPush& result);

}  // namespace inpaint::native
