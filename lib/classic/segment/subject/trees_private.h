#pragma once
#include <vector>

namespace inpaint::subject {

/// One node of a regression tree. A split: go to the next node if row[cue] <= value, else to node `right` of the tree.
/// A leaf (cue < 0): add `value`.
struct TreeNode {
  int cue;
  float value;
  int right;
};

/// Probability in [0,1] that a region with these cues is part of the subject: boosted regression trees (Friedman 2001)
/// fitted to 3-D rendered product scenes with known mattes by tests/bench/classic/fit.py, which writes trees_data.cpp.
float subject_probability(const std::vector<float>& cues);

}  // namespace inpaint::subject
