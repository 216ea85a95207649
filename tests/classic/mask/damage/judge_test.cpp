#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>

#include "classic/mask/damage/candidate_private.h"
#include "classic/mask/damage/strands_private.h"
#include "classic/mask/damage/trees_private.h"

namespace inpaint::damage {
namespace {

std::vector<cv::Point> row_of_points(int x0, int x1, int y) {
  std::vector<cv::Point> out;
  for (int x = x0; x <= x1; ++x) out.emplace_back(x, y);
  return out;
}

Strand strand(int x0, int x1, int y, double strength) {
  Strand out = straighten(row_of_points(x0, x1, y));
  out.strength = strength;
  return out;
}

}  // namespace

TEST_CASE("trees add up to log-odds") {
  // Tree 1: cue 0 <= 1 ? 0.5 : -0.25; tree 2: cue 1 <= 0 ? 1 : (cue 0 <= 3 ? 2 : 4).
  const TreeNode nodes[] = {{0, 1, 2},  {-1, 0.5, 0}, {-1, -0.25, 0}, {1, 0, 2},
                            {-1, 1, 0}, {0, 3, 4},    {-1, 2, 0},     {-1, 4, 0}};
  const int starts[] = {0, 3};
  const Trees trees{-1.0f, 2, starts, nodes};
  const auto odds = [](double log_odds) { return doctest::Approx(1 / (1 + std::exp(-log_odds))); };
  CHECK(probability(trees, {1, -5}) == odds(-1 + 0.5 + 1));
  CHECK(probability(trees, {2, -5}) == odds(-1 - 0.25 + 1));
  CHECK(probability(trees, {2, 5}) == odds(-1 - 0.25 + 2));
  CHECK(probability(trees, {9, 5}) == odds(-1 - 0.25 + 4));
}

TEST_CASE("strands that continue one another are one line") {
  const std::vector<Strand> strands = {strand(0, 40, 20, 30), strand(50, 90, 20, 25), strand(50, 90, 40, 30),
                                       strand(100, 140, 20, 5)};  // too far to the side; too faint for its neighbour
  const auto groups = link_strands(strands);
  REQUIRE(groups.size() == 3);
  CHECK(groups[0] == std::vector<size_t>{0, 1});
  CHECK(groups[1] == std::vector<size_t>{2});
  CHECK(groups[2] == std::vector<size_t>{3});
}

TEST_CASE("a strand is ordered along its course") {
  const Strand s = straighten({{4, 4}, {0, 0}, {2, 2}, {3, 3}, {1, 1}});
  CHECK(std::abs(s.course.x) == doctest::Approx(std::sqrt(0.5)));
  CHECK(s.length == doctest::Approx(4 * std::sqrt(2.0) + 1));
  CHECK(cv::norm(s.points.front() - s.points.back()) == doctest::Approx(4 * std::sqrt(2.0)));
  CHECK(s.points[2] == cv::Point(2, 2));
}

TEST_CASE("the trees ask for cues that there are") {
  cv::Mat rgb(200, 300, CV_8UC3, cv::Scalar(90, 100, 110));
  cv::line(rgb, {20, 20}, {260, 80}, cv::Scalar(240, 240, 240), 2, cv::LINE_AA);
  cv::circle(rgb, {200, 150}, 3, cv::Scalar(20, 20, 20), cv::FILLED);
  cv::putText(rgb, "Text 123", {20, 160}, cv::FONT_HERSHEY_SIMPLEX, 1, cv::Scalar(250, 250, 250), 2, cv::LINE_AA);
  const auto most_cues = [](const Trees& trees) {
    int out = 0;
    for (int i = 0; i < trees.starts[trees.count - 1]; ++i) out = std::max(out, trees.nodes[i].cue + 1);
    return static_cast<size_t>(out);
  };
  const auto check = [&](const std::vector<Candidate>& candidates, const Trees& trees) {
    REQUIRE_FALSE(candidates.empty());
    for (const Candidate& candidate : candidates) CHECK(candidate.cues.size() >= most_cues(trees));
  };
  check(find_candidates(rgb, Damage::scratches), scratches_trees);
  check(find_candidates(rgb, Damage::dust), dust_trees);
  check(find_candidates(rgb, Damage::text), text_trees);
  check(find_pieces_of_text(rgb), letters_trees);
}

TEST_CASE("where nothing stands out there is nothing to judge") {
  const cv::Mat rgb(64, 64, CV_8UC3, cv::Scalar(0, 0, 0));
  for (const Damage kind : {Damage::scratches, Damage::dust, Damage::text}) {
    CHECK(find_candidates(rgb, kind).empty());
    CHECK(judge({}, kind, 0.5).empty());
  }
}

}  // namespace inpaint::damage
