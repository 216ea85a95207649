#include "classic/fill/patch/completion_private.h"

#include <doctest/doctest.h>

#include <set>

#include "core/error.h"
#include "helpers.h"

namespace inpaint::test {
namespace {

using patch::Level;
using patch::Schedule;
using Names = std::vector<std::string>;

Mask large_hole() { return hole_in(130, 120, {{50, 40, 32, 32}}); }

// What complete did, and what its watch was told.
struct Completed {
  bool done = false;
  cv::Mat rgb;
  Names names;
  int forbidden = 0;  // sources that may not be taken, over all that was watched
};

Completed completed(const Image& image, const Mask& hole, const Schedule& schedule = {}, const cv::Mat& allowed = {},
                    uint64_t seed = 1) {
  Completed out;
  out.rgb = image.pixels().clone();
  out.done = patch::complete(out.rgb, hole.values(), allowed, {}, schedule, seed, nullptr,
                             [&](const std::string& name, const Level& level) {
                               out.names.push_back(name);
                               out.forbidden += forbidden_sources(level);
                             });
  return out;
}

// One-pixel holes so close together that no patch of 7 × 7 is whole, but many coarser pixels count as known.
Mask sieve(int width, int height) {
  cv::Mat values = cv::Mat::zeros(height, width, CV_8U);
  for (int y = 2; y < height; y += 6) {
    for (int x = 2; x < width; x += 6) values.at<uint8_t>(y, x) = 255;
  }
  values(cv::Rect(width / 2 - 15, height / 2 - 15, 30, 30)).setTo(255);
  return Mask(values);
}

}  // namespace

TEST_CASE("completion goes from coarse to fine, each scale told before and after") {
  const Completed done = completed(striped(130, 120, 12), large_hole());
  CHECK(done.done);
  CHECK(done.names == Names{"2-start", "2-end", "1-start", "1-end", "0-start", "0-end"});
  CHECK(done.forbidden == 0);
  CHECK(completed(striped(130, 120, 12), hole_in(130, 120, {{50, 40, 5, 5}})).names == Names{"0-start", "0-end"});
}

TEST_CASE("completion without any whole patch changes nothing, and does not begin") {
  for (const Mask& hole : {sieve(130, 120), hole_in(130, 120, {{3, 0, 124, 120}})}) {
    const Completed done = completed(striped(130, 120, 12), hole);
    CHECK_FALSE(done.done);
    CHECK(identical(done.rgb, striped(130, 120, 12).pixels()));
    CHECK(done.names == Names{});
  }
  Schedule small;
  small.size = 5;
  CHECK(completed(striped(130, 120, 12), sieve(130, 120), small).done);
}

TEST_CASE("completion takes only from where it is allowed, at every scale") {
  cv::Mat allowed = cv::Mat::zeros(120, 130, CV_8U);
  allowed(cv::Rect(0, 0, 45, 120)).setTo(1);
  allowed(cv::Rect(90, 50, 9, 9)).setTo(1);
  const Completed done = completed(noisy(130, 120, 128, 40, 1.5), large_hole(), {}, allowed);
  CHECK(done.done);
  CHECK(done.forbidden == 0);
}

TEST_CASE("where nothing is allowed there is no completion") {
  const cv::Mat none = cv::Mat::zeros(120, 130, CV_8U);
  CHECK_FALSE(completed(painted_picture(130, 120), large_hole(), {}, none).done);
  cv::Mat sliver = none.clone();
  sliver.row(3).setTo(255);
  CHECK_FALSE(completed(painted_picture(130, 120), large_hole(), {}, sliver).done);
}

TEST_CASE("scales with more targets than wanted are only refined, and still continue stripes") {
  Schedule schedule;
  schedule.most_targets = 500;
  const Image image = striped(130, 120, 12);
  const Completed done = completed(image, large_hole(), schedule);
  CHECK(done.done);
  CHECK(mean_error(Image(done.rgb), image, large_hole()) < 4);
  CHECK(same_outside(Image(done.rgb), image, large_hole()));
}

TEST_CASE("completion fills every size of patch, from 3 to 15") {
  const Image image = striped(130, 120, 12);
  for (int size = 3; size <= patch::max_patch_size; size += 2) {
    CAPTURE(size);
    Schedule schedule;
    schedule.size = size;
    const Completed done = completed(image, large_hole(), schedule);
    CHECK(done.done);
    CHECK(mean_error(Image(done.rgb), image, large_hole()) < (size == 3 ? 12 : 6));
  }
}

TEST_CASE("completion stops when cancelled, at the start and in the middle") {
  const Image image = striped(130, 120, 12);
  Cancel cancel;
  for (const std::string last : {"", "2-start", "1-start", "0-start"}) {
    Cancel late;
    Names names;
    cv::Mat rgb = image.pixels().clone();
    if (last.empty()) late.request();
    const auto watch = [&](const std::string& name, const Level&) {
      names.push_back(name);
      if (name == last) late.request();
    };
    CHECK_THROWS_WITH_AS(patch::complete(rgb, large_hole().values(), {}, {}, Schedule{}, 1, &late, watch), "cancelled",
                         ItemError);
    CHECK(identical(rgb, image.pixels()));
    if (!last.empty()) CHECK(names.back() == last);
  }
  cv::Mat rgb = image.pixels().clone();
  CHECK(patch::complete(rgb, large_hole().values(), {}, {}, Schedule{}, 1, &cancel, nullptr));
}

// A coarse scale that has too few sources lies between two that have enough.
TEST_CASE("a scale that is left out does not mislead the one after it") {
  cv::Mat values = cv::Mat::zeros(240, 240, CV_8U);
  for (int y = 3; y < 240; y += 12) {
    for (int x = 3; x < 240; x += 12) values(cv::Rect(x, y, 3, 3)).setTo(255);
  }
  values(cv::Rect(90, 90, 64, 64)).setTo(255);
  const Image image = picture_of(
      240, 240, [](int x, int y) { return 128 + 60 * std::sin((x + 0.7 * y) / 4) + 40 * std::sin(y / 7.0); });
  const Completed done = completed(image, Mask(values));
  CHECK(done.names == Names{"3-start", "3-end", "2-start", "2-end", "0-start", "0-end"});
  CHECK(mean_error(Image(done.rgb), image, Mask(values)) < 4);
}

}  // namespace inpaint::test
