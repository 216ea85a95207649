// What a training learns from, to be looked at, and what it costs.
// Usage: batches TASK PICTURES MASKS|MATTES SHEET.png [KEY=VALUE ...] (MATTES "": the pictures' own alpha)
#include <fmt/format.h>
#include <time.h>

#include <chrono>
#include <fstream>
#include <nlohmann/json.hpp>
#include <opencv2/core.hpp>

#include "image/codec.h"
#include "train/dataset.h"

using namespace inpaint;

namespace {

// Planes of one entry as 8-bit RGB; one plane becomes grey.
cv::Mat tile(const Tensor& tensor, int64_t entry) {
  const auto side = static_cast<int>(tensor.extent(3));
  const int64_t area = int64_t{1} * side * side, channels = tensor.extent(1);
  cv::Mat out(side, side, CV_8UC3);
  for (int64_t i = 0; i < area; ++i) {
    for (int64_t c = 0; c < 3; ++c) {
      const float value = tensor.data()[(entry * channels + (channels == 3 ? c : 0)) * area + i];
      out.data[3 * i + c] = cv::saturate_cast<uint8_t>(value * 255);
    }
  }
  return out;
}

// One row per batch: pictures, and below them the other tensor, or the picture where it is known.
cv::Mat rows_of(const TrainingBatch& batch, bool holes) {
  cv::Mat above, below;
  for (int64_t i = 0; i < batch.tensors[0].extent(0); ++i) {
    const cv::Mat picture = tile(batch.tensors[0], i), other = tile(batch.tensors[1], i);
    cv::Mat shown = other;
    if (holes) cv::bitwise_and(picture, other, shown);
    if (above.empty()) {
      above = picture, below = shown;
    } else {
      cv::hconcat(above, picture, above), cv::hconcat(below, shown, below);
    }
  }
  cv::vconcat(above, below, above);
  return above;
}

double processor_seconds() {
  timespec now;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

}  // namespace

int main(int count, char** values) {
  const std::vector<std::string> words(values + 1, values + count);
  if (words.size() < 4) return fmt::print(stderr, "usage: see the head of this file\n"), 2;
  TrainingConfig config;
  Fields fields;
  config.describe(fields);
  fields.set("task", words[0], "TASK");
  for (size_t i = 4; i < words.size(); ++i)
    fields.set(words[i].substr(0, words[i].find('=')), words[i].substr(words[i].find('=') + 1), words[i]);
  const bool holes = config.task == "reconstruct";
  DatasetPaths paths{{words[1]}, holes ? words[2] : "", holes ? "" : words[2]};
  double before = processor_seconds();
  const Dataset dataset(paths, config);
  fmt::print("{} learned from, {} held out, {} skipped; probing {:.1f} CPU s\n", dataset.learned_from(),
             dataset.held_out(), dataset.skipped().size(), processor_seconds() - before);
  for (const SkippedPicture& picture : dataset.skipped()) fmt::print("  {}: {}\n", picture.path, picture.reason);

  constexpr int steps = 40;
  cv::setNumThreads(1);
  double share = 0;
  before = processor_seconds();
  for (int step = 0; step < steps; ++step) {
    const TrainingBatch batch = dataset.training_batch(step + 1000);
    for (const float value : batch.tensors[1].values()) share += value;
  }
  const double area = double(config.size) * config.size * config.batch * steps;
  fmt::print("{:.1f} CPU ms per batch of {} crops of {}; mean of the second tensor {:.3f}\n",
             (processor_seconds() - before) / steps * 1000, config.batch, config.size, share / area);

  cv::Mat sheet = rows_of(dataset.training_batch(0), holes);
  for (int step = 1; step < 3; ++step) cv::vconcat(sheet, rows_of(dataset.training_batch(step), holes), sheet);
  const TrainingBatch judged = dataset.evaluation_batch(0);
  if (judged.tensors[0].extent(0) == config.batch) cv::vconcat(sheet, rows_of(judged, holes), sheet);
  Notes notes;
  const Bytes bytes = encode_image(Image(sheet), {}, notes);
  std::ofstream(words[3], std::ios::binary)
      .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  return 0;
}
