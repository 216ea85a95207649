#include "classic/segment/subject/trees_private.h"

#include <cmath>

#include "classic/segment/subject/trees_data_private.h"

namespace inpaint::subject {

float subject_probability(const std::vector<float>& cues) {
  float sum = tree_base;
  for (int t = 0; t < tree_count; ++t) {
    const TreeNode* tree = tree_nodes + tree_starts[t];
    int node = 0;
    while (tree[node].cue >= 0) {
      node = cues[static_cast<size_t>(tree[node].cue)] <= tree[node].value ? node + 1 : tree[node].right;
    }
    sum += tree[node].value;
  }
  return 1 / (1 + std::exp(-sum));
}

}  // namespace inpaint::subject
