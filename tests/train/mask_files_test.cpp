#include <doctest/doctest.h>

#include "core/error.h"
#include "painted_folder.h"
#include "train/mask_files_private.h"

using namespace inpaint;
using test::ScratchFolder;

namespace {

constexpr int64_t plenty = 1 << 26;

// White left of `edge`.
Mask left_part(int width, int height, int edge) {
  cv::Mat values = cv::Mat::zeros(height, width, CV_8U);
  values.colRange(0, edge).setTo(255);
  return Mask(values);
}

double share(const cv::Mat& hole) { return cv::countNonZero(hole) / static_cast<double>(hole.total()); }

std::string spec_error_of(const std::string& path) {
  try {
    MaskFiles(path, 64, plenty);
  } catch (const SpecError& error) {
    return error.what();
  }
  return "";
}

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("masks that leave nothing to learn are an error that names the folder; single ones are listed") {
  const ScratchFolder folder;
  test::write_mask(folder / "black.png", Mask(80, 80));
  test::write_mask(folder / "white.png", test::full_mask(80, 80));
  test::write_file(folder / "broken.png", "\x89PNG\r\n\x1a\nno more");
  const std::string message = spec_error_of(folder.path());
  CHECK(contains(message, "--masks '" + folder.path().string() + "' leaves nothing to learn"));
  CHECK(contains(message, "none of 3 masks"));
  CHECK(contains(message, "it covers nothing"));

  test::write_mask(folder / "half.png", left_part(80, 80, 40));
  const MaskFiles masks(folder.path(), 64, plenty);
  REQUIRE(masks.entries().size() == 4);
  CHECK(masks.entries()[0].reason == "it covers nothing");
  CHECK(contains(masks.entries()[1].reason, "png"));
  CHECK(masks.entries()[2].reason == "");
  CHECK(masks.entries()[3].reason == "it covers everything");
}

TEST_CASE("holes from masks are binary parts of them, neither empty nor full, the same for the same seed") {
  const ScratchFolder folder;
  test::write_mask(folder / "half.png", left_part(200, 120, 100));
  const MaskFiles masks(folder / "half.png", 64, plenty);
  double sum = 0;
  int upright = 0;
  for (uint64_t seed = 0; seed < 200; ++seed) {
    Random random{seed}, again{seed};
    const cv::Mat hole = masks.hole(random);
    REQUIRE(hole.size() == cv::Size(64, 64));
    CHECK(cv::countNonZero((hole > 0) & (hole < 255)) == 0);
    CHECK(share(hole) > 0);
    CHECK(share(hole) < 1);
    CHECK(test::identical(hole, masks.hole(again)));
    sum += share(hole);
    upright += test::identical(hole.row(0), hole.row(63));
  }
  // Beyond the mask's rim nothing is hole, so that turned parts have somewhat less than half.
  CHECK(sum / 200 > 0.3);
  CHECK(sum / 200 < 0.55);
  CHECK(upright < 30);
}

TEST_CASE("a hole that parts seldom meet still comes, from the whole mask") {
  const ScratchFolder folder;
  cv::Mat speck = cv::Mat::zeros(600, 600, CV_8U);
  speck(cv::Rect(2, 2, 3, 3)).setTo(255);
  test::write_mask(folder / "speck.png", Mask(speck));
  const MaskFiles masks(folder / "speck.png", 64, plenty);
  for (uint64_t seed = 0; seed < 20; ++seed) {
    Random random{seed};
    CHECK(cv::countNonZero(masks.hole(random)) > 0);
  }
}

TEST_CASE("masks beyond the budget are read again; a changed one is an error") {
  const ScratchFolder folder;
  for (int i = 0; i < 4; ++i) test::write_mask(folder / test::numbered(i), left_part(100, 100, 30 + 10 * i));
  const MaskFiles tight(folder.path(), 64, 2 * 100 * 100 + 1), roomy(folder.path(), 64, plenty);
  CHECK(tight.bytes_kept() == 2 * 100 * 100);
  CHECK(roomy.bytes_kept() == 4 * 100 * 100);
  for (uint64_t seed = 0; seed < 20; ++seed) {
    Random a{seed}, b{seed};
    CHECK(test::identical(tight.hole(a), roomy.hole(b)));
  }
  for (int i = 0; i < 4; ++i) test::write_mask(folder / test::numbered(i), left_part(100, 100, 5));
  const auto use_all = [&] {
    for (uint64_t seed = 0; seed < 20; ++seed) {
      Random random{seed};
      tight.hole(random);
    }
  };
  CHECK_THROWS_AS(use_all(), MissingError);
}
