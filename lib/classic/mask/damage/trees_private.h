#pragma once
#include <vector>

namespace inpaint::damage {

/// One node of a regression tree. A split: go to the next node if row[cue] <= value, else to node `right` of the tree.
/// A leaf (cue < 0): add `value`.
struct TreeNode {
  int cue;
  float value;
  int right;
};

/// Boosted regression trees (Friedman 2001), fitted by tests/bench/damage/fit.py, which writes the *_trees.cpp.
struct Trees {
  float base;  ///< log-odds before any tree
  int count;
  const int* starts;  ///< index of each tree's first node
  const TreeNode* nodes;
};

extern const Trees scratches_trees, dust_trees, letters_trees, text_trees;

/// In (0,1); `cues`: as many as the trees were fitted to.
float probability(const Trees& trees, const std::vector<float>& cues);

}  // namespace inpaint::damage
