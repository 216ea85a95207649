#include "classic/segment/subject/studio_fit_private.h"

#include <doctest/doctest.h>

#include <opencv2/core.hpp>

#include "classic/segment/subject/pictures.h"

namespace inpaint::test {

using namespace inpaint::subject;
namespace {

constexpr int cells = 12, cell = 10;

// Paper that darkens to one corner and is tinted towards a side.
cv::Vec3f paper(float x, float y) {
  const float u = x / (cells * cell), v = y / (cells * cell);
  return {90 - 8 * u - 12 * v * v, 2 * u * v, 3 - 4 * v};
}

// A grid of regions on such paper; weight 1 at the picture's border.
RegionGraph paper_grid(std::vector<float>& weights) {
  RegionGraph graph = graph_of(cells * cells, {});
  graph.labels = cv::Mat(cells * cell, cells * cell, CV_32S);
  for (int k = 0; k < cells * cells; ++k) {
    const int i = k % cells, j = k / cells;
    Region& region = graph.regions[static_cast<size_t>(k)];
    region.x = (static_cast<float>(i) + 0.5f) * cell;
    region.y = (static_cast<float>(j) + 0.5f) * cell;
    region.lab = paper(region.x, region.y);
    const bool border = i == 0 || j == 0 || i + 1 == cells || j + 1 == cells;
    weights.push_back(border ? 1.0f : 0.0f);
  }
  return graph;
}

float farthest_from_paper(const StudioFit& fit, const RegionGraph& graph) {
  float out = 0;
  for (size_t k = 0; k < fit.lab.size(); ++k) {
    const cv::Vec3f d = fit.lab[k] - paper(graph.regions[k].x, graph.regions[k].y);
    out = std::max(out, std::sqrt(d.dot(d)));
  }
  return out;
}

TEST_SUITE("fit_studio") {
  TEST_CASE("the paper is known everywhere from its border") {
    std::vector<float> weights;
    RegionGraph graph = paper_grid(weights);
    for (size_t k = 0; k < graph.regions.size(); ++k) {
      if (weights[k] == 0) graph.regions[k].lab = {20, 50, -30};  // a subject that is not asked
    }
    const StudioFit fit = fit_studio(graph, weights);
    CHECK(farthest_from_paper(fit, graph) < 0.1f);
    CHECK(fit.usual_error < 0.05f);
  }

  TEST_CASE("a stranger at the border does not bend it") {
    std::vector<float> weights;
    RegionGraph graph = paper_grid(weights);
    for (size_t k = 3; k < 8; ++k) graph.regions[k].lab = {25, 40, 30};
    const StudioFit fit = fit_studio(graph, weights);
    CHECK(farthest_from_paper(fit, graph) < 2);  // the stranger is 75 away
    CHECK(fit.usual_error < 0.5f);
  }

  TEST_CASE("few regions, or none with a weight, give a finite surface") {
    RegionGraph graph = graph_of(1, {});
    graph.labels = cv::Mat(1, 1, CV_32S);
    graph.regions[0].lab = {50, 10, -10};
    CHECK(fit_studio(graph, {4}).lab[0][0] == doctest::Approx(50).epsilon(0.01));
    const StudioFit unweighted = fit_studio(graph, {0});
    CHECK(std::isfinite(unweighted.lab[0][0]));
    CHECK(unweighted.usual_error == 0);
  }
}

}  // namespace
}  // namespace inpaint::test
