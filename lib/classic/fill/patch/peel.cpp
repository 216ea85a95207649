#include "classic/fill/patch/peel_private.h"

#include <algorithm>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include "classic/fill/patch/search_private.h"
#include "classic/fill/patch/vote_private.h"

namespace inpaint::patch {
namespace {

constexpr int passes = 4;
constexpr int not_at_all = 8;  // guessed pixels do not count

}  // namespace

void peel(Level& level, const Schedule& schedule, uint64_t seed) {
  cv::Mat depth;  // layers of the hole count from 1
  cv::distanceTransform(level.hole_mat(), depth, cv::DIST_C, 3);
  const auto layer_of = [&](int32_t at) { return static_cast<int>(depth.ptr<float>()[at]); };
  const std::vector<int32_t> all = level.targets;
  const Plane<uint8_t> hole = level.hole;
  double deepest = 0;
  cv::minMaxLoc(depth, nullptr, &deepest);
  std::vector<std::vector<int32_t>> centres(static_cast<size_t>(deepest) + 1), pixels(centres.size() + 1);
  start_random(level, seed);
  for (const int32_t at : all) {
    centres[static_cast<size_t>(layer_of(at))].push_back(at);
    level.kind[at] = Kind::none;  // until its layer comes
    level.distance[at] = no_target;
  }
  for (int32_t at = 0; at < level.area(); ++at) {
    if (hole[at]) pixels[static_cast<size_t>(layer_of(at))].push_back(at);
  }
  level.hole = Plane<uint8_t>(static_cast<size_t>(level.area()), 0);
  const int reach = std::max(level.width, level.height);
  for (size_t layer = 0; layer < centres.size(); ++layer) {
    level.targets = centres[layer];
    for (const int32_t at : level.targets) {
      level.kind[at] = Kind::target;
      level.distance[at] = no_target - 1;
    }
    for (int pass = 0; pass < passes; ++pass) {
      Pass options;
      options.seed = mix(seed + 100 * layer + static_cast<size_t>(pass));
      options.backward = pass % 2 == 1;
      options.refresh = pass == 0;
      options.radius = reach;
      options.borrowed = schedule.borrowed;
      options.distrust = not_at_all;
      search(level, options);
    }
    for (const int32_t at : pixels[layer + 1]) level.hole[at] = 1;
    vote(level, schedule.spread);
    for (const int32_t at : pixels[layer + 1]) {
      level.hole[at] = 0;
      level.trust[at] = 255;
    }
  }
  level.targets = all;
  level.hole = hole;
  for (int32_t at = 0; at < level.area(); ++at) level.trust[at] = hole[at] ? 0 : 255;
}

}  // namespace inpaint::patch
