#include <doctest/doctest.h>

#include <algorithm>
#include <set>

#include "classic/segment/subject/pictures.h"
#include "drawing.h"

namespace inpaint::test {

using namespace inpaint::subject;
namespace {

using Segments = std::vector<int>;

// Grey regions in a row, each of 10 pixels.
RegionGraph chain(const std::vector<float>& light) {
  std::vector<std::pair<int, int>> links;
  for (int i = 0; i + 1 < static_cast<int>(light.size()); ++i) links.emplace_back(i, i + 1);
  RegionGraph graph = graph_of(light.size(), links);
  for (size_t i = 0; i < light.size(); ++i) graph.regions[i].lab[0] = light[i], graph.regions[i].area = 10;
  return graph;
}

// Whether links join all regions of each segment.
bool all_connected(const RegionGraph& graph, const Segments& segments) {
  std::vector<int> part(segments.size(), -1);
  std::set<int> seen;
  for (size_t i = 0; i < segments.size(); ++i) {
    if (part[i] >= 0) continue;
    if (!seen.insert(segments[i]).second) return false;
    std::vector<int> open = {static_cast<int>(i)};
    while (!open.empty()) {
      const int region = open.back();
      open.pop_back();
      part[static_cast<size_t>(region)] = segments[i];
      for (const int k : graph.links_of[static_cast<size_t>(region)]) {
        const int next = graph.links[static_cast<size_t>(k)].other(region);
        const auto n = static_cast<size_t>(next);
        if (part[n] < 0 && segments[n] == segments[i]) open.push_back(next);
      }
    }
  }
  return true;
}

// 0, 1, … in the order in which they are first met; returns how many, or -1.
int count_in_order(const Segments& segments) {
  int next = 0;
  for (const int segment : segments) {
    if (segment > next || segment < 0) return -1;
    if (segment == next) ++next;
  }
  return next;
}

TEST_SUITE("merge_regions") {
  TEST_CASE("the most alike neighbours first, by hand") {
    const std::vector<Segments> found = merge_regions(chain({0, 1, 10, 12, 50}), {5, 4, 3, 2, 1});
    CHECK(found ==
          std::vector<Segments>{{0, 1, 2, 3, 4}, {0, 0, 1, 2, 3}, {0, 0, 1, 1, 2}, {0, 0, 0, 0, 1}, {0, 0, 0, 0, 0}});
  }

  TEST_CASE("a strong edge between alike neighbours keeps them apart") {
    RegionGraph graph = chain({20, 20, 24});
    graph.links[0].gradient = 9;
    CHECK(merge_regions(graph, {2})[0] == Segments{0, 1, 1});
  }

  TEST_CASE("small segments go before large ones that are more alike") {
    RegionGraph graph = chain({0, 3, 8, 12});
    for (size_t i : {0, 1}) graph.regions[i].area = 1000;
    CHECK(merge_regions(graph, {3})[0] == Segments{0, 1, 2, 2});
  }

  TEST_CASE("on a picture: as many as asked for, connected, nested, the same each time") {
    const RegionGraph graph = make_region_graph(painted_picture(240, 180).pixels(), 300);
    const std::vector<int> counts = {60, 25, 12, 6, 1};
    const std::vector<Segments> found = merge_regions(graph, counts);
    REQUIRE(found.size() == counts.size());
    for (size_t k = 0; k < counts.size(); ++k) {
      CHECK(count_in_order(found[k]) == counts[k]);
      CHECK(all_connected(graph, found[k]));
      if (k == 0) continue;
      std::set<std::pair<int, int>> pairs;
      for (size_t i = 0; i < found[k].size(); ++i) pairs.emplace(found[k - 1][i], found[k][i]);
      CHECK(static_cast<int>(pairs.size()) == counts[k - 1]);  // each finer segment lies in one coarser
    }
    CHECK(merge_regions(graph, counts) == found);
    CHECK(merge_regions(graph, {12})[0] == found[2]);
  }

  TEST_CASE("two colours are the last two segments") {
    const DiscPicture picture = disc_on_ground({160, 120}, 38, {30, 90, 60}, {220, 210, 200});
    const RegionGraph graph = make_region_graph(picture.rgb, 150);
    const Segments two = merge_regions(graph, {2})[0];
    cv::Mat second(picture.rgb.size(), CV_8U);
    for (int y = 0; y < second.rows; ++y) {
      for (int x = 0; x < second.cols; ++x) {
        second.at<uint8_t>(y, x) = two[static_cast<size_t>(graph.labels.at<int>(y, x))] == 1 ? 255 : 0;
      }
    }
    cv::Mat wider, narrower;  // superpixels are found after smoothing: they may miss the edge by two pixels
    cv::dilate(picture.inside, wider, cv::Mat::ones(5, 5, CV_8U));
    cv::erode(picture.inside, narrower, cv::Mat::ones(5, 5, CV_8U));
    CHECK(cv::countNonZero(second & ~wider) == 0);
    CHECK(cv::countNonZero(~second & narrower) == 0);
  }

  TEST_CASE("fewer regions than asked for, and regions without links, stay") {
    CHECK(merge_regions(chain({1, 2, 3}), {60, 6}) == std::vector<Segments>{{0, 1, 2}, {0, 1, 2}});
    CHECK(merge_regions(chain({1}), {1})[0] == Segments{0});
    CHECK(merge_regions(graph_of(3, {}), {1})[0] == Segments{0, 1, 2});
  }
}

}  // namespace
}  // namespace inpaint::test
