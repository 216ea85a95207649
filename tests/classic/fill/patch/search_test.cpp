#include "classic/fill/patch/search_private.h"

#include <doctest/doctest.h>

#include <set>

#include "helpers.h"

namespace inpaint::test {
namespace {

using patch::Kind;
using patch::Level;
using patch::Pass;

// `passes` of a search, forwards and backwards in turn.
void search_times(Level& level, int passes, int radius, int distrust, uint64_t seed = 1) {
  for (int i = 0; i < passes; ++i) {
    Pass pass;
    pass.seed = patch::mix(seed + static_cast<uint64_t>(i));
    pass.backward = i % 2 == 1;
    pass.refresh = i == 0;
    pass.radius = radius;
    pass.borrowed = 2;
    pass.distrust = distrust;
    patch::search(level, pass);
  }
}

int wrong_distances(const Level& level, int distrust) {
  int wrong = 0;
  for (const int32_t at : level.targets) {
    wrong += level.distance[at] != distance_between(level, at, level.field[at], distrust);
  }
  return wrong;
}

int32_t least_distance(const Level& level, int32_t target, int distrust) {
  int32_t least = patch::no_target;
  for (const int32_t source : sources_of(level)) {
    least = std::min(least, distance_between(level, target, source, distrust));
  }
  return least;
}

const Mask& scattered_holes() {
  static const Mask mask = hole_in(80, 60, {{30, 20, 14, 12}, {0, 0, 5, 6}, {70, 50, 10, 10}, {60, 8, 1, 1}});
  return mask;
}

// 255 but for a frame and a block.
cv::Mat partly_allowed() {
  cv::Mat allowed = cv::Mat::zeros(60, 80, CV_8U);
  allowed(cv::Rect(6, 4, 60, 50)).setTo(255);
  allowed(cv::Rect(10, 30, 18, 9)).setTo(0);
  return allowed;
}

}  // namespace

TEST_CASE("search takes only what may be taken, and stores true distances") {
  for (const int size : {3, 7, 9}) {
    for (const int distrust : {0, 2, 8}) {
      Level level = solved_level_of(noisy(80, 60, 128, 40, 1.5), scattered_holes(), size, partly_allowed());
      REQUIRE(level.targets.size() > 100);
      patch::start_random(level, 5);
      for (int i = 0; i < 3; ++i) {
        search_times(level, 1 + i, 80, distrust, static_cast<uint64_t>(i));
        CHECK(forbidden_sources(level) == 0);
        CHECK(wrong_distances(level, distrust) == 0);
      }
    }
  }
}

TEST_CASE("search leaves everything but fields and distances of targets alone") {
  Level level = solved_level_of(noisy(80, 60, 128, 40, 1.5), scattered_holes());
  const Level before = level;
  patch::start_random(level, 5);
  search_times(level, 3, 80, 2);
  CHECK(std::equal(level.pixels.data(), level.pixels.data() + level.area(), before.pixels.data()));
  for (int32_t at = 0; at < level.area(); ++at) {
    if (level.kind[at] == Kind::target) continue;
    CHECK_MESSAGE((level.field[at] == at && level.distance[at] == patch::no_target), at);
  }
}

TEST_CASE("the field is the same for any number of threads and differs with the seed") {
  const auto found = [](int threads, uint64_t seed) {
    const Threads limit(threads);
    Level level = solved_level_of(noisy(80, 60, 128, 40, 1.5), scattered_holes());
    patch::start_random(level, seed);
    search_times(level, 4, 80, 2, seed);
    return at_targets(level, level.field);
  };
  const std::vector<int32_t> one = found(1, 7);
  for (const int threads : {1, 2, 4}) CHECK(found(threads, 7) == one);
  CHECK(found(2, 8) != one);
}

TEST_CASE("a pass makes no target worse") {
  Level level = solved_level_of(noisy(80, 60, 128, 40, 1.5), scattered_holes());
  patch::start_random(level, 5);
  search_times(level, 1, 80, 2);
  for (const bool backward : {false, true}) {
    const std::vector<int32_t> before = at_targets(level, level.distance);
    Pass pass;
    pass.backward = backward;
    pass.radius = 20;
    pass.distrust = 2;
    patch::search(level, pass);
    const std::vector<int32_t> after = at_targets(level, level.distance);
    for (size_t i = 0; i < before.size(); ++i) CHECK(after[i] <= before[i]);
  }
}

TEST_CASE("search finds an exact copy of what is missing") {
  // Noise, the part around the hole once more elsewhere.
  cv::Mat rgb = noisy(96, 64, 128, 50, 1).pixels().clone();
  rgb(cv::Rect(8, 12, 32, 32)).copyTo(rgb(cv::Rect(57, 20, 32, 32)));
  const Mask hole = hole_in(96, 64, {{67, 30, 12, 12}});
  Level level = solved_level_of(Image(rgb), hole);
  patch::start_random(level, 3);
  search_times(level, 8, 96, 0);
  int found = 0;
  for (const int32_t at : level.targets) found += level.field[at] == at - 8 * 96 - 49;
  CHECK(found == static_cast<int>(level.targets.size()));
}

TEST_CASE("search comes close to the best there is") {
  Level level = solved_level_of(noisy(90, 70, 128, 40, 2), hole_in(90, 70, {{40, 30, 16, 14}}));
  patch::start_random(level, 3);
  search_times(level, 6, 90, 0);
  double found = 0, best = 0;
  for (size_t i = 0; i < level.targets.size(); i += 7) {
    found += level.distance[level.targets[i]];
    best += least_distance(level, level.targets[i], 0);
  }
  CHECK(found >= best);
  CHECK(found < 1.3 * best);
}

TEST_CASE("offsets that are drawn are tried") {
  const Image image = striped(90, 60, 15);
  Level level = solved_level_of(image, hole_in(90, 60, {{40, 20, 10, 10}}));
  patch::start_random(level, 3);
  const std::vector<cv::Point> offsets{{30, 0}};
  Pass pass;
  pass.refresh = true;
  pass.drawn = 1;
  pass.offsets = &offsets;
  patch::search(level, pass);
  for (const int32_t at : level.targets) {
    CHECK(level.distance[at] <= distance_between(level, at, at + 30, 0));
    CHECK(level.distance[at] < 1000);
  }
}

TEST_CASE("refresh measures the present source anew") {
  Level level = solved_level_of(noisy(80, 60, 128, 40, 1.5), scattered_holes());
  patch::start_random(level, 3);
  search_times(level, 2, 80, 0);
  for (int32_t at = 0; at < level.area(); ++at) {
    if (level.hole[at]) level.pixels[at] = 0;
  }
  CHECK(wrong_distances(level, 0) > 0);
  Pass pass;
  pass.refresh = true;
  patch::search(level, pass);
  CHECK(wrong_distances(level, 0) == 0);
}

TEST_CASE("without holes there is nothing to search") {
  Level level = level_of(painted_picture(20, 20), Mask(20, 20));
  patch::start_random(level, 1);
  search_times(level, 2, 20, 0);
  for (int32_t at = 0; at < level.area(); ++at) CHECK(level.field[at] == at);
}

TEST_CASE("start_random draws sources evenly, by the seed") {
  Level level = level_of(painted_picture(80, 60), scattered_holes(), 7, partly_allowed());
  patch::start_random(level, 1);
  CHECK(forbidden_sources(level) == 0);
  const std::vector<int32_t> one = at_targets(level, level.field);
  CHECK(std::set<int32_t>(one.begin(), one.end()).size() > one.size() / 2);
  for (const int32_t at : level.targets) CHECK(level.distance[at] == patch::no_target - 1);
  patch::start_random(level, 1);
  CHECK(at_targets(level, level.field) == one);
  patch::start_random(level, 2);
  CHECK(at_targets(level, level.field) != one);
}

TEST_CASE("start_random finds the only source there is") {
  cv::Mat allowed = cv::Mat::zeros(60, 80, CV_8U);
  allowed(cv::Rect(50, 40, 7, 7)).setTo(255);
  Level level = level_of(painted_picture(80, 60), scattered_holes(), 7, allowed);
  REQUIRE(level.source_count == 1);
  patch::start_random(level, 1);
  for (const int32_t at : level.targets) CHECK(level.field[at] == 43 * 80 + 53);
}

TEST_CASE("inherit doubles the offsets of the coarser scale") {
  const Mask hole = hole_in(128, 96, {{40, 40, 24, 20}});
  const auto scales = patch::make_pyramid(painted_picture(128, 96).pixels(), hole.values(), {}, 2);
  Level coarse = patch::make_level(scales[1], 7), fine = patch::make_level(scales[0], 7);
  for (const int32_t at : coarse.targets) {
    coarse.field[at] = at + 18;
    coarse.distance[at] = at % 2 ? 100 : 5000;
  }
  patch::inherit(fine, coarse, 1);
  CHECK(forbidden_sources(fine) == 0);
  int straight = 0;
  for (const int32_t at : fine.targets) {
    straight += fine.field[at] == at + 36;
    CHECK((fine.distance[at] == 1024 || fine.distance[at] == 5000 || fine.field[at] != at + 36));
  }
  CHECK(straight == static_cast<int>(fine.targets.size()));
}

TEST_CASE("inherit keeps to the coarse field in holes along the picture's border, where coarse patches end early") {
  for (const cv::Rect& at_border : {cv::Rect(110, 30, 18, 30), cv::Rect(0, 30, 18, 30), cv::Rect(50, 0, 30, 14),
                                    cv::Rect(50, 82, 30, 14), cv::Rect(112, 80, 16, 16)}) {
    CAPTURE(at_border.x);
    const Mask hole = hole_in(128, 96, {at_border});
    const auto scales = patch::make_pyramid(painted_picture(128, 96).pixels(), hole.values(), {}, 2);
    Level coarse = patch::make_level(scales[1], 7), fine = patch::make_level(scales[0], 7);
    const int dx = at_border.x < 60 ? 20 : -20, dy = at_border.y < 40 ? 4 : -4;
    for (const int32_t at : coarse.targets) coarse.field[at] = at + dy * coarse.width + dx;
    patch::inherit(fine, coarse, 1);
    for (const int32_t at : fine.targets) CHECK(fine.field[at] == at + 2 * dy * fine.width + 2 * dx);
  }
}

TEST_CASE("inherit bridges scales that were left out") {
  const Mask hole = hole_in(133, 99, {{40, 40, 24, 20}});
  const auto scales = patch::make_pyramid(painted_picture(133, 99).pixels(), hole.values(), {}, 3);
  Level coarse = patch::make_level(scales[2], 3), fine = patch::make_level(scales[0], 3);
  for (const int32_t at : coarse.targets) coarse.field[at] = at + 9;
  patch::inherit(fine, coarse, 1);
  for (const int32_t at : fine.targets) CHECK(fine.field[at] == at + 36);
}

TEST_CASE("inherit takes a neighbour's source, or a random one, where its own may not be taken") {
  const Mask hole = hole_in(128, 96, {{40, 40, 24, 20}});
  cv::Mat allowed(96, 128, CV_8U, cv::Scalar(255));
  allowed(cv::Rect(0, 0, 128, 40)).setTo(0);
  const auto scales = patch::make_pyramid(painted_picture(128, 96).pixels(), hole.values(), allowed, 2);
  Level coarse = patch::make_level(scales[1], 7), fine = patch::make_level(scales[0], 7);
  for (const int32_t at : coarse.targets) {
    coarse.field[at] = at - 64 * 14;  // half of them reach what may not be taken
    coarse.distance[at] = 2000;
  }
  patch::inherit(fine, coarse, 1);
  CHECK(forbidden_sources(fine) == 0);
  for (const int32_t at : fine.targets) {
    const bool kept = fine.distance[at] == 2000;
    CHECK_MESSAGE((kept || fine.distance[at] == 4 * 255 * 255 * 49), at);
  }
}

TEST_CASE("inherit from a coarser scale that lost the hole draws sources") {
  const Mask hole = hole_in(128, 96, {{41, 41, 1, 1}});
  const auto scales = patch::make_pyramid(painted_picture(128, 96).pixels(), hole.values(), {}, 2);
  const Level coarse = patch::make_level(scales[1], 7);
  REQUIRE(coarse.targets.empty());
  Level fine = patch::make_level(scales[0], 7);
  patch::inherit(fine, coarse, 1);
  CHECK(fine.targets.size() == 49);
  CHECK(forbidden_sources(fine) == 0);
}

}  // namespace inpaint::test
