#pragma once
#include "classic/segment/subject/trees_private.h"

namespace inpaint::subject {

extern const float tree_base;  ///< log-odds before any tree
extern const int tree_count;
extern const int tree_starts[];  ///< index of each tree's first node
extern const TreeNode tree_nodes[];

}  // namespace inpaint::subject
