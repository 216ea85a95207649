#include <algorithm>
#include <cmath>

#include "classic/mask/damage/candidate_private.h"
#include "classic/mask/damage/trees_private.h"

namespace inpaint::damage {
namespace {

constexpr double longest_break = 30;  // pixels between a scratch and what continues it
constexpr double faint = 0.2;         // what continues a scratch needs so much of the threshold

const Trees& trees_of(Damage kind) {
  switch (kind) {
    case Damage::scratches: return scratches_trees;
    case Damage::dust: return dust_trees;
    case Damage::text: break;
  }
  return text_trees;
}

bool continues(const LineEnd& a, const LineEnd& b) {
  const cv::Point2d way = b.at - a.at;
  const double length = cv::norm(way);
  if (length > longest_break || a.outwards.dot(b.outwards) > -0.93) return false;
  return length < 6 || (way.dot(a.outwards) > 0.93 * length && way.dot(b.outwards) < -0.93 * length);
}

bool continues(const Candidate& a, const Candidate& b) {
  return std::any_of(a.ends.begin(), a.ends.end(), [&](const LineEnd& end) {
    return std::any_of(b.ends.begin(), b.ends.end(), [&](const LineEnd& other) { return continues(end, other); });
  });
}

}  // namespace

float probability(const Trees& trees, const std::vector<float>& cues) {
  float sum = trees.base;
  for (int t = 0; t < trees.count; ++t) {
    const TreeNode* tree = trees.nodes + trees.starts[t];
    int node = 0;
    while (tree[node].cue >= 0) {
      node = cues[static_cast<size_t>(tree[node].cue)] <= tree[node].value ? node + 1 : tree[node].right;
    }
    sum += tree[node].value;
  }
  return 1 / (1 + std::exp(-sum));
}

std::vector<size_t> judge(const std::vector<Candidate>& candidates, Damage kind, double threshold) {
  std::vector<size_t> chosen, doubtful;
  for (size_t i = 0; i < candidates.size(); ++i) {
    const double p = probability(trees_of(kind), candidates[i].cues);
    if (p > threshold) {
      chosen.push_back(i);
    } else if (p > faint * threshold && !candidates[i].ends.empty()) {
      doubtful.push_back(i);
    }
  }
  for (size_t done = 0; done < chosen.size(); ++done) {
    const size_t from = chosen[done];
    const auto joined = std::stable_partition(doubtful.begin(), doubtful.end(),
                                              [&](size_t i) { return !continues(candidates[from], candidates[i]); });
    chosen.insert(chosen.end(), joined, doubtful.end());
    doubtful.erase(joined, doubtful.end());
  }
  return chosen;
}

}  // namespace inpaint::damage
