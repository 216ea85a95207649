#include <cmath>

#include "classic/mask/damage/candidate_private.h"
#include "classic/mask/damage/trees_private.h"

namespace inpaint::damage {

double probability(const Candidate& candidate, Damage kind) {
  const Trees& trees = kind == Damage::scratches ? scratches_trees : kind == Damage::dust ? dust_trees : text_trees;
  float sum = trees.base;
  for (int t = 0; t < trees.count; ++t) {
    const TreeNode* tree = trees.nodes + trees.starts[t];
    int node = 0;
    while (tree[node].cue >= 0) {
      node = candidate.cues[static_cast<size_t>(tree[node].cue)] <= tree[node].value ? node + 1 : tree[node].right;
    }
    sum += tree[node].value;
  }
  return 1 / (1 + std::exp(-sum));
}

}  // namespace inpaint::damage
