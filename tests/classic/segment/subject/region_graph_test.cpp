#include "classic/segment/subject/region_graph_private.h"

#include <doctest/doctest.h>

#include <cmath>
#include <map>
#include <numeric>

#include "classic/segment/subject/pictures.h"
#include "drawing.h"

namespace inpaint::test {

using namespace inpaint::subject;
namespace {

constexpr float none = 1e9f;

Region lit(float red, float green, float blue) {
  Region region;
  region.log_light = {std::log(red), std::log(green), std::log(blue)};
  return region;
}

// How many pairs of neighbouring pixels have these two labels.
std::map<std::pair<int, int>, int> contacts(const cv::Mat& labels) {
  std::map<std::pair<int, int>, int> out;
  for (int y = 0; y < labels.rows; ++y) {
    for (int x = 0; x < labels.cols; ++x) {
      for (const cv::Point q : {cv::Point(x + 1, y), cv::Point(x, y + 1)}) {
        if (q.x == labels.cols || q.y == labels.rows || labels.at<int>(q) == labels.at<int>(y, x)) continue;
        ++out[std::minmax({labels.at<int>(y, x), labels.at<int>(q)})];
      }
    }
  }
  return out;
}

// Each pair of regions, by Floyd and Warshall.
std::vector<float> slow_distances(const RegionGraph& graph, const std::vector<float>& start,
                                  const std::vector<float>& cost, Path path) {
  const size_t n = graph.regions.size();
  const auto joined = [&](float a, float b) { return path == Path::sum ? a + b : std::max(a, b); };
  std::vector<std::vector<float>> way(n, std::vector<float>(n, none));
  for (size_t i = 0; i < n; ++i) way[i][i] = 0;
  for (size_t k = 0; k < cost.size(); ++k) {
    const auto a = static_cast<size_t>(graph.links[k].a), b = static_cast<size_t>(graph.links[k].b);
    way[a][b] = way[b][a] = std::min(way[a][b], cost[k]);
  }
  for (size_t k = 0; k < n; ++k) {
    for (size_t i = 0; i < n; ++i) {
      for (size_t j = 0; j < n; ++j) way[i][j] = std::min(way[i][j], joined(way[i][k], way[k][j]));
    }
  }
  std::vector<float> out(n, none);
  for (size_t i = 0; i < n; ++i) {
    for (size_t j = 0; j < n; ++j) out[j] = std::min(out[j], joined(start[i], way[i][j]));
  }
  return out;
}

TEST_SUITE("make_region_graph") {
  TEST_CASE("regions are measured from their pixels") {
    const cv::Mat rgb = painted_picture(120, 90).pixels();
    const RegionGraph graph = make_region_graph(rgb, 60);
    CHECK(graph.labels.size() == rgb.size());
    size_t framed = 0;
    for (size_t k = 0; k < graph.regions.size(); ++k) {
      const Region& region = graph.regions[k];
      double area = 0, x_sum = 0, y_sum = 0, frame = 0;
      unsigned sides = 0;
      for (int y = 0; y < 90; ++y) {
        for (int x = 0; x < 120; ++x) {
          if (graph.labels.at<int>(y, x) != static_cast<int>(k)) continue;
          ++area, x_sum += x, y_sum += y;
          if (x < 2 || y < 2 || x > 117 || y > 87) ++frame;
          sides |= (x < 2 ? 1U : 0U) | (x > 117 ? 2U : 0U) | (y < 2 ? 4U : 0U) | (y > 87 ? 8U : 0U);
        }
      }
      CHECK(region.area == area);
      CHECK(region.x == doctest::Approx(x_sum / area));
      CHECK(region.y == doctest::Approx(y_sum / area));
      CHECK(region.frame == frame);
      CHECK(region.sides == sides);
      if (frame > 0) CHECK(graph.frame_regions.at(framed++) == static_cast<int>(k));
    }
    CHECK(framed == graph.frame_regions.size());
  }

  TEST_CASE("links are the neighbours, each once, with the length of the shared edge") {
    const RegionGraph graph = make_region_graph(painted_picture(120, 90).pixels(), 60);
    const auto expected = contacts(graph.labels);
    CHECK(graph.links.size() == expected.size());
    std::vector<std::vector<int>> links_of(graph.regions.size());
    for (size_t k = 0; k < graph.links.size(); ++k) {
      const Link& link = graph.links[k];
      CHECK(static_cast<int>(link.length) == expected.at({link.a, link.b}));
      links_of[static_cast<size_t>(link.a)].push_back(static_cast<int>(k));
      links_of[static_cast<size_t>(link.b)].push_back(static_cast<int>(k));
      CHECK(link.other(link.a) == link.b);
      CHECK(link.other(link.b) == link.a);
    }
    CHECK(graph.links_of == links_of);
  }

  TEST_CASE("white has nothing but its colour") {
    const RegionGraph graph = make_region_graph(cv::Mat(40, 40, CV_8UC3, cv::Scalar::all(255)), 16);
    CHECK(graph.regions.size() == 16);
    for (const Region& region : graph.regions) {
      CHECK(region.lab[0] == doctest::Approx(100).epsilon(0.001));
      CHECK(std::abs(region.lab[1]) + std::abs(region.lab[2]) < 0.1f);
      for (int c = 0; c < 3; ++c) CHECK(region.log_light[c] == doctest::Approx(std::log(1.01)));
      for (const float texture : region.texture) CHECK(texture == doctest::Approx(std::log(0.15)).epsilon(0.001));
      CHECK(region.barrier[0] + region.barrier[1] + region.barrier[2] < 1e-3f);
      CHECK(region.chroma_spread < 1e-2f);
    }
    for (const Link& link : graph.links) CHECK(link.gradient + link.color + link.chroma + link.shadow < 1e-2f);
  }

  TEST_CASE("a disc lies behind a barrier, and the links across its edge are the strong ones") {
    const DiscPicture picture = disc_on_ground({160, 120}, 38, {20, 20, 20}, {200, 200, 200});
    const RegionGraph graph = make_region_graph(picture.rgb, 120);
    const auto on_disc = [&](int k) {
      const Region& region = graph.regions[static_cast<size_t>(k)];
      return std::hypot(region.x - 80, region.y - 60) < 38;
    };
    for (size_t k = 0; k < graph.regions.size(); ++k) {
      const float barrier = graph.regions[k].barrier[0];  // L of the two greys: 80.6 and 7.1 by CIE 1976
      CHECK((on_disc(static_cast<int>(k)) ? barrier > 50 : barrier < 20));
    }
    for (const Link& link : graph.links) CHECK((link.color > 40) == (on_disc(link.a) != on_disc(link.b)));
  }

  TEST_CASE("odd pictures give finite numbers") {
    for (const NamedPicture& picture : odd_pictures()) {
      CAPTURE(picture.name);
      const RegionGraph graph = make_region_graph(picture.rgb, superpixels_wanted);
      float sum = 0, area = 0;
      for (const Region& r : graph.regions) {
        area += r.area;
        sum += r.lab[0] + r.lab[1] + r.lab[2] + r.log_light[0] + r.log_light[1] + r.log_light[2] + r.chroma_spread;
        sum = std::accumulate(r.texture.begin(), r.texture.end(), sum);
        sum = std::accumulate(r.barrier.begin(), r.barrier.end(), sum);
      }
      for (const Link& link : graph.links) sum += link.length + link.gradient + link.color + link.chroma + link.shadow;
      CHECK(std::isfinite(sum));
      CHECK(area == static_cast<float>(picture.rgb.total()));
      CHECK(!graph.frame_regions.empty());
    }
  }
}

TEST_SUITE("distances of regions") {
  TEST_CASE("shade: darker light of the same hue is near, brighter and deeply darker are not") {
    const Region paper = lit(0.6f, 0.5f, 0.4f);
    CHECK(shade_distance(paper, paper) == doctest::Approx(0));
    CHECK(shade_distance(lit(0.3f, 0.25f, 0.2f), paper) < 1e-5f);
    CHECK(shade_distance(paper, lit(0.3f, 0.25f, 0.2f)) == doctest::Approx(std::log(2)));
    CHECK(shade_distance(lit(0.06f, 0.05f, 0.04f), paper) == doctest::Approx(std::log(10) - 1.2));
    // Half the light of red alone: off by ln 2 · (-2/3, 1/3, 1/3) in hue, which has the length ln 2 · √(2/3).
    CHECK(shade_distance(lit(0.3f, 0.5f, 0.4f), paper) == doctest::Approx(std::log(2) * std::sqrt(2.0 / 3)));
  }

  TEST_CASE("shade: measured on a painted shadow") {
    cv::Mat rgb(60, 120, CV_8UC3, cv::Scalar(200, 180, 160));
    rgb.colRange(60, 120).setTo(cv::Scalar(145, 130, 115));  // about half of the linear light
    const RegionGraph graph = make_region_graph(rgb, 2);
    REQUIRE(graph.regions.size() == 2);
    CHECK(shade_distance(graph.regions[1], graph.regions[0]) < 0.05f);
    CHECK(shade_distance(graph.regions[0], graph.regions[1]) > 0.5f);
    CHECK(graph.links.at(0).shadow < 0.05f);
  }

  TEST_CASE("colour, chroma, texture") {
    Region a, b;
    a.lab = {10, 3, 4}, b.lab = {22, 0, 0};
    CHECK(color_distance(a, b) == doctest::Approx(13));
    CHECK(chroma_distance(a, b) == doctest::Approx(5));
    a.texture = {1, 0, 0, 0, 0, 0, 0, -3};
    CHECK(texture_distance(a, b) == doctest::Approx(0.5));
    CHECK(texture_distance(b, a) == doctest::Approx(0.5));
  }
}

TEST_SUITE("path_distances") {
  TEST_CASE("a chain by hand") {
    const RegionGraph graph = graph_of(5, {{0, 1}, {1, 2}, {2, 3}});
    const std::vector<float> start = {1, none, none, 2, none}, cost = {3, 1, 4};
    CHECK(path_distances(graph, start, cost, Path::sum) == std::vector<float>{1, 4, 5, 2, none});
    CHECK(path_distances(graph, start, cost, Path::bottleneck) == std::vector<float>{1, 3, 3, 2, none});
  }

  TEST_CASE("a start is also an end: it is reached more cheaply from elsewhere") {
    const RegionGraph graph = graph_of(2, {{0, 1}});
    CHECK(path_distances(graph, {0, 9}, {2}, Path::sum) == std::vector<float>{0, 2});
    CHECK(path_distances(graph, {7, 9}, {2}, Path::bottleneck) == std::vector<float>{7, 7});
  }

  TEST_CASE("as by Floyd and Warshall on random graphs") {
    cv::RNG random(5);
    for (int round = 0; round < 20; ++round) {
      const int n = random.uniform(1, 25);
      std::vector<std::pair<int, int>> links;
      std::vector<float> cost, start;
      for (int k = random.uniform(0, 3 * n); k > 0; --k) {
        const int a = random.uniform(0, n), b = random.uniform(0, n);
        if (a == b) continue;
        links.emplace_back(a, b);
        cost.push_back(static_cast<float>(random.uniform(0, 50)));
      }
      for (int i = 0; i < n; ++i) {
        start.push_back(random.uniform(0, 3) == 0 ? static_cast<float>(random.uniform(0, 30)) : none);
      }
      const RegionGraph graph = graph_of(static_cast<size_t>(n), links);
      for (const Path path : {Path::sum, Path::bottleneck}) {
        const std::vector<float> found = path_distances(graph, start, cost, path);
        const std::vector<float> expected = slow_distances(graph, start, cost, path);
        for (size_t i = 0; i < found.size(); ++i) CHECK(found[i] == std::min(none, expected[i]));
      }
    }
  }
}

}  // namespace
}  // namespace inpaint::test
