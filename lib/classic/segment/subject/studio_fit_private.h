#pragma once
#include <opencv2/core/types.hpp>
#include <vector>

#include "classic/segment/subject/region_graph_private.h"

namespace inpaint::subject {

/// A background that changes smoothly over the picture.
struct StudioFit {
  std::vector<cv::Vec3f> lab;  ///< what it is at each region's centre
  float usual_error = 0;       ///< median distance from it of the regions it was fitted to, in Lab
};

/// A quadratic surface in L, a and b through the regions with `weights` above 0, robust against strangers among them.
StudioFit fit_studio(const RegionGraph& graph, const std::vector<float>& weights);

}  // namespace inpaint::subject
