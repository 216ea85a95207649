#pragma once
#include <vector>

#include "classic/segment/subject/region_graph_private.h"

namespace inpaint::subject {

/// What speaks for or against a region being part of the subject: its likeness to the picture's border, barriers on
/// the way there, the shape of the segments it belongs to, its place and look. One row of `cue_count` numbers per
/// region, in a fixed order (cues.cpp adds them in that order).
struct Cues {
  std::vector<std::vector<float>> rows;
};
Cues measure_cues(const RegionGraph& graph);

}  // namespace inpaint::subject
