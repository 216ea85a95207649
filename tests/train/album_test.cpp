#include "train/album.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <opencv2/core.hpp>

#include "support.h"

namespace inpaint::test {
namespace {

Tensor filled(std::vector<int64_t> shape, float value) {
  Tensor tensor(std::move(shape));
  std::fill(tensor.data(), tensor.data() + tensor.size(), value);
  return tensor;
}

// Two grey pictures of 32 × 32 whose left halves are holes.
TrainingBatch grey_pictures() {
  Tensor known = filled({2, 1, 32, 32}, 1);
  for (int64_t i = 0; i < known.size(); ++i) known.data()[i] = i % 32 < 16 ? 0.F : 1.F;
  return {{filled({2, 3, 32, 32}, 0.5F), known}, {"a.jpg", "b.jpg"}};
}

cv::Vec3b pixel(const std::string& file, int x, int y) { return load_picture(file).pixels().at<cv::Vec3b>(y, x); }

}  // namespace

TEST_CASE("an album keeps the truth, the picture with its hole marked, and what was made of it") {
  const ScratchFolder folder;
  Album album(folder / "pictures", "reconstruct", false);
  album.add(0, grey_pictures(), filled({2, 3, 32, 32}, 0.2F));
  album.add(50, grey_pictures(), filled({2, 3, 32, 32}, 1.F));
  const auto rows = album.rows();
  REQUIRE(rows.size() == 2);
  CHECK(rows[1].name == "b.jpg");
  CHECK(std::abs(pixel(rows[1].truth, 4, 4)[0] - 128) <= 2);
  const cv::Vec3b hole = pixel(rows[1].given, 4, 4), known = pixel(rows[1].given, 28, 4);
  CHECK(hole[0] > 240);
  CHECK(hole[1] < 70);
  CHECK(hole[2] > 190);
  CHECK(std::abs(known[1] - 128) <= 2);
  REQUIRE(rows[1].made.size() == 2);
  CHECK(std::abs(pixel(rows[1].made[0], 4, 4)[2] - 51) <= 2);
  CHECK(pixel(rows[1].made[1], 4, 4)[2] >= 253);
}

TEST_CASE("of remove-bg, the picture, the true matte and the found one are kept") {
  const ScratchFolder folder;
  Album album(folder / "pictures", "remove-bg", false);
  album.add(0, grey_pictures(), filled({2, 1, 32, 32}, 0.2F));
  const Album::Row row = album.rows().at(0);
  CHECK(std::abs(pixel(row.given, 4, 4)[0] - 128) <= 2);
  CHECK(pixel(row.truth, 4, 4)[0] <= 2);
  CHECK(pixel(row.truth, 28, 4)[0] >= 253);
  CHECK(std::abs(pixel(row.made.at(0), 4, 4)[1] - 51) <= 2);
}

TEST_CASE("an album of many evaluations keeps twelve, the first and the last, evenly spread") {
  const ScratchFolder folder;
  const std::string path = folder / "pictures";
  const Tensor made = filled({2, 3, 32, 32}, 0);
  {
    Album album(path, "reconstruct", false);
    for (int64_t step = 0; step <= 2400; step += 100) album.add(step, grey_pictures(), made);
  }
  Album album(path, "reconstruct", true);  // a later run takes it up
  const std::vector<int64_t> steps = album.steps();
  CHECK(steps.size() == 12);
  CHECK(steps.front() == 0);
  CHECK(steps.back() == 2400);
  for (size_t i = 1; i < steps.size(); ++i) CHECK(steps[i] - steps[i - 1] <= 600);
  CHECK(files_below(path).size() == 2 * 2 + 12 * 2 + 1);

  // Going on from an earlier checkpoint, it forgets what a killed run left.
  album.add(1150, grey_pictures(), made);
  CHECK(album.steps().back() == 1150);
  CHECK(files_below(path).size() == 2 * 2 + album.steps().size() * 2 + 1);
  CHECK(Album(path, "reconstruct", false).steps().empty());
}

TEST_CASE("pictures in an album are at most 256 pixels wide and high") {
  const ScratchFolder folder;
  Album album(folder / "pictures", "reconstruct", false);
  album.add(0, {{filled({1, 3, 512, 512}, 0.5F), filled({1, 1, 512, 512}, 1)}, {"a"}}, filled({1, 3, 512, 512}, 1));
  CHECK(load_picture(album.rows()[0].truth).width() == 256);
  CHECK(load_picture(album.rows()[0].made[0]).height() == 256);
}

}  // namespace inpaint::test
