#include "classic/segment/subject/trees_private.h"

#include <doctest/doctest.h>

#include <cmath>
#include <opencv2/core.hpp>

#include "classic/segment/subject/trees_data_private.h"

namespace inpaint::test {

using namespace inpaint::subject;
namespace {

constexpr size_t row_length = 200;  // more than any table asks for

// Adds up the leaves whose every condition on the way holds, by looking at all leaves; counts those, and all nodes.
struct Leaves {
  const TreeNode* tree = nullptr;
  const std::vector<float>& row;
  double sum = 0;
  int met = 0, nodes = 0;

  void visit(int node, bool holds) {
    ++nodes;
    const TreeNode& n = tree[node];
    if (n.cue >= 0) {
      const float cue = row[static_cast<size_t>(n.cue)];
      visit(node + 1, holds && cue <= n.value);
      visit(n.right, holds && cue > n.value);
    } else if (holds) {
      sum += n.value;
      ++met;
    }
  }
};

std::vector<float> random_row(cv::RNG& random) {
  std::vector<float> row;
  const double scale = std::pow(10.0, random.uniform(-2, 3));
  for (size_t i = 0; i < row_length; ++i) row.push_back(static_cast<float>(random.uniform(-0.3 * scale, scale)));
  return row;
}

TEST_SUITE("subject_probability") {
  TEST_CASE("every tree of the table is whole: each node is on the way to a leaf, once") {
    const std::vector<float> row(row_length);
    for (int t = 0; t < tree_count; ++t) {
      Leaves leaves{tree_nodes + tree_starts[t], row};
      leaves.visit(0, true);
      if (t + 1 < tree_count) CHECK(leaves.nodes == tree_starts[t + 1] - tree_starts[t]);
      CHECK(leaves.met == 1);
      CHECK(std::isfinite(leaves.sum));
    }
  }

  TEST_CASE("the sum over all leaves whose conditions hold, as a probability") {
    cv::RNG random(2);
    for (int round = 0; round < 50; ++round) {
      const std::vector<float> row = random_row(random);
      double odds = tree_base;
      for (int t = 0; t < tree_count; ++t) {
        Leaves leaves{tree_nodes + tree_starts[t], row};
        leaves.visit(0, true);
        odds += leaves.sum;
      }
      CHECK(subject_probability(row) == doctest::Approx(1 / (1 + std::exp(-odds))).epsilon(1e-4));
    }
  }
}

}  // namespace
}  // namespace inpaint::test
