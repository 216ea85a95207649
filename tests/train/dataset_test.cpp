#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <thread>

#include "core/error.h"
#include "painted_folder.h"

using namespace inpaint;
using test::same;
using test::ScratchFolder;

namespace {

// Red tells the column, green the row: crops show where they come from.
Image map_picture(int side, int blue) {
  cv::Mat rgb(side, side, CV_8UC3);
  for (int y = 0; y < side; ++y) {
    for (int x = 0; x < side; ++x)
      rgb.at<cv::Vec3b>(y, x) = {static_cast<uint8_t>(x), static_cast<uint8_t>(y), static_cast<uint8_t>(blue)};
  }
  return Image(rgb);
}

void write_disc_mattes(const std::string& folder, int count) {
  cv::Mat values = cv::Mat::zeros(72, 96, CV_8U);
  cv::circle(values, {48, 36}, 20, cv::Scalar(255), cv::FILLED);
  for (int i = 0; i < count; ++i) test::write_mask(folder + "/" + test::numbered(i), Mask(values));
}

double mean(const Tensor& tensor, int64_t entry) { return cv::mean(test::plane(tensor, entry, 0))[0]; }

}  // namespace

TEST_CASE("dataset: batches have the shapes and ranges that learners take") {
  const ScratchFolder folder;
  test::write_pictures(folder.path(), 12);
  const Dataset dataset({{folder.path()}, "random", ""}, test::small_config());
  CHECK(dataset.learned_from() + dataset.held_out() == 12);
  CHECK(dataset.skipped().empty());
  const TrainingBatch batch = dataset.training_batch(0);
  REQUIRE(batch.tensors.size() == 2);
  CHECK(batch.tensors[0].shape() == std::vector<int64_t>{4, 3, 64, 64});
  CHECK(batch.tensors[1].shape() == std::vector<int64_t>{4, 1, 64, 64});
  CHECK(batch.names.size() == 4);
  for (const float value : batch.tensors[0].values()) REQUIRE((value >= 0 && value <= 1));
  for (const float value : batch.tensors[1].values()) REQUIRE((value == 0 || value == 1));
  for (int64_t i = 0; i < 4; ++i) {
    CHECK(1 - mean(batch.tensors[1], i) >= 0.05);
    CHECK(1 - mean(batch.tensors[1], i) <= 0.5 + 1.0 / 4096);
  }
}

TEST_CASE("dataset: patch fills, where the network reads them, equal the picture but in the hole") {
  const ScratchFolder folder;
  test::write_pictures(folder.path(), 12);
  TrainingConfig config = test::small_config();
  config.first_fill = "patch";
  const Dataset dataset({{folder.path()}, "random", ""}, config);
  for (const TrainingBatch& batch : {dataset.training_batch(3), dataset.evaluation_batch(0)}) {
    REQUIRE(batch.tensors.size() == 3);
    const Tensor &pictures = batch.tensors[0], &known = batch.tensors[1], &fills = batch.tensors[2];
    const int64_t count = pictures.extent(0), area = pictures.extent(2) * pictures.extent(3);
    REQUIRE(fills.shape() == std::vector<int64_t>{count, 6, pictures.extent(2), pictures.extent(3)});
    double changed = 0, differing = 0, holes = 0;
    for (int64_t i = 0; i < pictures.size(); ++i) {
      const int64_t number = i / (3 * area), place = i % (3 * area);
      const float value = pictures.data()[i], *fill = fills.data() + number * 6 * area + place;
      if (known.data()[number * area + i % area] == 1) {
        REQUIRE(fill[0] == value);
        REQUIRE(fill[3 * area] == value);
        continue;
      }
      ++holes;
      changed += fill[0] != value;
      differing += fill[0] != fill[3 * area];
    }
    CHECK(changed > 0.2 * holes);
    CHECK(differing > 0.2 * holes);
  }
}

TEST_CASE("dataset: a batch depends on seed and step alone, not on threads, order or memory") {
  const ScratchFolder folder;
  test::write_pictures(folder / "in", 12);
  write_disc_mattes(folder / "mattes", 12);
  for (const char* task : {"reconstruct", "remove-bg"}) {
    CAPTURE(task);
    TrainingConfig config = test::small_config(), starved = config, other_seed = config;
    config.task = starved.task = other_seed.task = task;
    starved.memory = 0.05, other_seed.seed = 1;
    const DatasetPaths paths{{folder / "in"}, "random", folder / "mattes"};
    const Dataset a(paths, config), b(paths, starved), c(paths, other_seed);
    std::vector<TrainingBatch> in_order, at_once(12);
    for (int64_t step = 0; step < 12; ++step) in_order.push_back(a.training_batch(step));
    {
      std::vector<std::jthread> threads;
      for (int t = 0; t < 3; ++t) {
        threads.emplace_back([&, t] {
          for (int64_t step = 11 - t; step >= 0; step -= 3) at_once[static_cast<size_t>(step)] = b.training_batch(step);
        });
      }
    }
    for (size_t step = 0; step < 12; ++step) CHECK(same(in_order[step], at_once[step]));
    CHECK(same(in_order[7], a.training_batch(7)));
    CHECK_FALSE(same(in_order[7], c.training_batch(7)));
    CHECK_FALSE(same(in_order[7], in_order[8]));
    CHECK(a.fingerprint() == b.fingerprint());
  }
}

TEST_CASE("dataset: every picture comes once per pass, each time in another order") {
  const ScratchFolder folder;
  test::write_pictures(folder.path(), 21);
  TrainingConfig config = test::small_config();
  config.batch = 3, config.held_out = 0.01;
  const Dataset dataset({{folder.path()}, "random", ""}, config);
  const int64_t pictures = dataset.learned_from();
  REQUIRE(pictures == 20);
  std::vector<std::string> names;
  for (int64_t step = 0; step < pictures; ++step) {
    for (const std::string& name : dataset.training_batch(step).names) names.push_back(name);
  }
  std::set<std::vector<std::string>> orders;
  for (int64_t pass = 0; pass < 3; ++pass) {
    const std::vector<std::string> order(names.begin() + pass * pictures, names.begin() + (pass + 1) * pictures);
    CHECK(std::set<std::string>(order.begin(), order.end()).size() == 20);
    orders.insert(order);
  }
  CHECK(orders.size() == 3);
}

TEST_CASE("dataset: crops lie all over the picture, within the scales, some mirrored") {
  const ScratchFolder folder;
  for (int i = 0; i < 8; ++i) test::write_picture(folder / test::numbered(i), map_picture(120, i), Format::png);
  TrainingConfig config = test::small_config();
  config.jitter = 0;
  const Dataset dataset({{folder.path()}, "random", ""}, config);
  double left = 255, right = 0, smallest = 9, largest = 0;
  int flipped = 0, count = 0;
  for (int64_t step = 0; step < 40; ++step) {
    const TrainingBatch batch = dataset.training_batch(step);
    for (int64_t i = 0; i < 4; ++i, ++count) {
      const cv::Mat column = test::plane(batch.tensors[0], i, 0) * 255, row = test::plane(batch.tensors[0], i, 1) * 255;
      const double across = (column.at<float>(30, 60) - column.at<float>(30, 4)) / 56;
      const double down = (row.at<float>(60, 30) - row.at<float>(4, 30)) / 56;
      CHECK(std::abs(across) == doctest::Approx(down).epsilon(0.06));
      flipped += across < 0;
      smallest = std::min(smallest, 1 / down), largest = std::max(largest, 1 / down);
      left = std::min<double>(left, cv::mean(column)[0]), right = std::max<double>(right, cv::mean(column)[0]);
    }
  }
  CHECK(smallest > 0.66);
  CHECK(smallest < 0.75);
  CHECK(largest > 1.22);
  CHECK(largest < 1.37);
  CHECK(left < 40);
  CHECK(right > 80);
  CHECK(flipped > count * 0.35);
  CHECK(flipped < count * 0.65);
}

TEST_CASE("dataset: evaluation is on fixed centre crops of the held-out pictures, with holes of 10, 25 and 40 %") {
  const ScratchFolder folder;
  for (int i = 0; i < 40; ++i) test::write_picture(folder / test::numbered(i), map_picture(120, i), Format::png);
  TrainingConfig config = test::small_config();
  config.held_out = 0.4, config.evaluation_pictures = 6;
  const Dataset dataset({{folder.path()}, "random", ""}, config);
  REQUIRE(dataset.held_out() >= 6);
  REQUIRE(dataset.evaluation_batches() == 2);
  const TrainingBatch first = dataset.evaluation_batch(0), second = dataset.evaluation_batch(1);
  REQUIRE(first.tensors[0].extent(0) == 4);
  REQUIRE(second.tensors[0].extent(0) == 2);
  CHECK(same(first, dataset.evaluation_batch(0)));
  // 64 of 120 columns, from (120 - 64) / 2 = 28 on.
  CHECK(test::plane(first.tensors[0], 0, 0).at<float>(0, 0) * 255 == doctest::Approx(28));
  CHECK(test::plane(first.tensors[0], 0, 1).at<float>(63, 5) * 255 == doctest::Approx(91));
  const double shares[] = {0.1, 0.25, 0.4, 0.1, 0.25, 0.4};
  for (int64_t i = 0; i < 6; ++i) {
    const double hole = 1 - mean(i < 4 ? first.tensors[1] : second.tensors[1], i % 4);
    CHECK(hole >= shares[i]);
    CHECK(hole < shares[i] + 0.06);
  }
  std::set<std::string> judged(first.names.begin(), first.names.end());
  for (int64_t step = 0; step < 20; ++step) {
    for (const std::string& name : dataset.training_batch(step).names) CHECK_FALSE(judged.contains(name));
  }
}

TEST_CASE("dataset: remove-bg gives mattes, and judges by the whole picture squeezed") {
  const ScratchFolder folder;
  test::write_pictures(folder / "in", 13);
  write_disc_mattes(folder / "mattes", 12);
  TrainingConfig config = test::small_config();
  config.task = "remove-bg";
  const Dataset dataset({{folder / "in"}, "", folder / "mattes"}, config);
  CHECK(dataset.learned_from() + dataset.held_out() == 12);
  REQUIRE(dataset.skipped().size() == 1);
  CHECK(dataset.skipped()[0].path == folder / "in" + "/" + test::numbered(12));
  const TrainingBatch batch = dataset.training_batch(3), judged = dataset.evaluation_batch(0);
  CHECK(batch.tensors[0].shape() == std::vector<int64_t>{4, 3, 64, 64});
  CHECK(batch.tensors[1].shape() == std::vector<int64_t>{4, 1, 64, 64});
  for (int64_t i = 0; i < 4; ++i) CHECK(mean(batch.tensors[1], i) > 0.05);
  // A disc of radius 20 in 96 × 72: 1257 of 6912 pixels.
  CHECK(mean(judged.tensors[1], 0) == doctest::Approx(0.182).epsilon(0.05));
  cv::Mat squeezed;
  cv::resize(test::load_picture(judged.names[0]).rgb8(), squeezed, {64, 64}, 0, 0, cv::INTER_AREA);
  CHECK(test::plane(judged.tensors[0], 0, 1).at<float>(10, 20) * 255 ==
        doctest::Approx(squeezed.at<cv::Vec3b>(10, 20)[1]));
}

TEST_CASE("dataset: masks from files; useless ones are listed with the skipped pictures") {
  const ScratchFolder folder;
  test::write_pictures(folder / "in", 10);
  cv::Mat half = cv::Mat::zeros(80, 80, CV_8U);
  half.rowRange(0, 40).setTo(255);
  test::write_mask(folder / "masks/half.png", Mask(half));
  test::write_mask(folder / "masks/black.png", Mask(80, 80));
  const Dataset dataset({{folder / "in"}, folder / "masks", ""}, test::small_config());
  REQUIRE(dataset.skipped().size() == 1);
  CHECK(dataset.skipped()[0].path == folder / "masks/black.png");
  CHECK(dataset.skipped()[0].reason == "it covers nothing");
  const TrainingBatch judged = dataset.evaluation_batch(0), batch = dataset.training_batch(0);
  CHECK(same(judged, dataset.evaluation_batch(0)));
  for (int64_t i = 0; i < 4; ++i) {
    CHECK(mean(batch.tensors[1], i) > 0);
    CHECK(mean(batch.tensors[1], i) < 1);
  }
  const nlohmann::json record = dataset.record();
  REQUIRE(record["masks"].size() == 2);
  CHECK(record["masks"][0]["use"] == "skipped");
  CHECK(record["masks"][1]["use"] == "learned");
  CHECK_THROWS_AS(Dataset({{folder / "in"}, folder / "masks/black.png", ""}, test::small_config()), SpecError);
  CHECK_THROWS_AS(Dataset({{folder / "in"}, folder / "nowhere", ""}, test::small_config()), SpecError);
}

TEST_CASE("dataset: record and fingerprint tell what was learned from") {
  const ScratchFolder folder;
  test::write_pictures(folder / "in", 10);
  test::write_file(folder / "in/broken.png", "nothing");
  std::filesystem::copy(folder / "in", folder / "moved", std::filesystem::copy_options::recursive);
  const Dataset dataset({{folder / "in"}, "random", ""}, test::small_config());
  const Dataset moved({{folder / "moved"}, "random", ""}, test::small_config());
  const nlohmann::json record = dataset.record();
  REQUIRE(record["pictures"].size() == 11);
  std::map<std::string, int> uses;
  for (const auto& picture : record["pictures"]) ++uses[picture["use"]];
  CHECK(uses["learned"] == dataset.learned_from());
  CHECK(uses["held-out"] == dataset.held_out());
  CHECK(uses["skipped"] == 1);
  CHECK(record["learned-hash"] == moved.record()["learned-hash"]);
  CHECK(dataset.fingerprint() == moved.fingerprint());

  test::write_picture(folder / "moved" + "/" + test::numbered(4), test::painted_picture(96, 72, 99), Format::png);
  const Dataset changed({{folder / "moved"}, "random", ""}, test::small_config());
  CHECK(dataset.fingerprint() != changed.fingerprint());
  TrainingConfig more_held = test::small_config();
  more_held.held_out = 0.5;
  CHECK(dataset.fingerprint() != Dataset({{folder / "in"}, "random", ""}, more_held).fingerprint());
}
