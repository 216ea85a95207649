#include "classic/segment/subject/cues_private.h"

#include <doctest/doctest.h>

#include <cmath>

#include "classic/segment/subject/pictures.h"
#include "classic/segment/subject/trees_data_private.h"
#include "classic/segment/subject/trees_private.h"
#include "drawing.h"

namespace inpaint::test {

using namespace inpaint::subject;
namespace {

int highest_cue_of_trees() {
  int out = 0, node = 0;
  for (int tree = 0; tree < tree_count; ++tree) {
    // The nodes of a tree lie in a row: it ends once every split has both its branches.
    node = tree_starts[tree];
    for (int open = 1; open > 0; ++node) {
      open += tree_nodes[node].cue < 0 ? -1 : 1;
      out = std::max(out, tree_nodes[node].cue);
    }
  }
  return out;
}

double mean_probability(const DiscPicture& picture, bool on_disc) {
  const RegionGraph graph = make_region_graph(picture.rgb, superpixels_wanted);
  const Cues cues = measure_cues(graph);
  double sum = 0, area = 0;
  for (size_t k = 0; k < graph.regions.size(); ++k) {
    const Region& r = graph.regions[k];
    if ((picture.inside.at<uint8_t>(cvRound(r.y), cvRound(r.x)) != 0) != on_disc) continue;
    sum += r.area * subject_probability(cues.rows[k]);
    area += r.area;
  }
  return sum / area;
}

TEST_SUITE("measure_cues") {
  TEST_CASE("a row per region, all of one length that holds what the trees ask for") {
    const RegionGraph graph = make_region_graph(painted_picture(160, 120).pixels(), 200);
    const Cues cues = measure_cues(graph);
    REQUIRE(cues.rows.size() == graph.regions.size());
    for (const auto& row : cues.rows) CHECK(row.size() == cues.rows[0].size());
    CHECK(highest_cue_of_trees() < static_cast<int>(cues.rows[0].size()));
    CHECK(measure_cues(graph).rows == cues.rows);
  }

  TEST_CASE("odd pictures have as many cues, all finite, and a probability") {
    const size_t usual = measure_cues(make_region_graph(painted_picture(80, 60).pixels(), 50)).rows[0].size();
    for (const NamedPicture& picture : odd_pictures()) {
      CAPTURE(picture.name);
      const RegionGraph graph = make_region_graph(picture.rgb, superpixels_wanted);
      const Cues cues = measure_cues(graph);
      REQUIRE(cues.rows.size() == graph.regions.size());
      bool finite = true, likely = true;
      for (const auto& row : cues.rows) {
        REQUIRE(row.size() == usual);
        for (const float cue : row) finite = finite && std::isfinite(cue) && std::abs(cue) < 1e6f;
        const float p = subject_probability(row);
        likely = likely && p >= 0 && p <= 1;
      }
      CHECK(finite);
      CHECK(likely);
    }
  }

  TEST_CASE("a thing in the middle of studio paper is likely, the paper is not") {
    DiscPicture picture = disc_on_ground({320, 240}, 60, {150, 40, 30}, {215, 215, 215});
    const auto grain = [&](int x, int y) { return static_cast<uint8_t>((x * 31 + y * 17 + x * y) % 7); };
    for (int y = 0; y < 240; ++y) {
      for (int x = 0; x < 320; ++x) picture.rgb.at<cv::Vec3b>(y, x) += cv::Vec3b::all(grain(x, y));
    }
    CHECK(mean_probability(picture, true) > 0.7);
    CHECK(mean_probability(picture, false) < 0.2);
  }
}

}  // namespace
}  // namespace inpaint::test
