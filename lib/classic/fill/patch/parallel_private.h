#pragma once
#include <cstddef>
#include <opencv2/core/utility.hpp>

namespace inpaint::patch {

/// visit(i) for i from 0 to count - 1, on as many threads as OpenCV is allowed; no order is promised.
template <class Visit>
void parallel(size_t count, Visit visit) {
  cv::parallel_for_({0, static_cast<int>(count)}, [&](const cv::Range& range) {
    for (int i = range.start; i < range.end; ++i) visit(static_cast<size_t>(i));
  });
}

}  // namespace inpaint::patch
