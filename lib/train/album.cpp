#include "train/album.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <opencv2/imgproc.hpp>

#include "core/error.h"
#include "image/codec.h"
#include "pipeline/atomic_file.h"
#include "train/folder.h"

namespace inpaint {
namespace {

namespace fs = std::filesystem;

constexpr size_t most_rows = 8, most_steps = 12;
constexpr int longest_side = 256;
constexpr int quality = 82;
const cv::Vec3b hole_color(255, 47, 208);  // seen on anything that is photographed

// Picture `index` of N × C × H × W in [0,1], C 1 or 3, as H × W × 3 in 8 bits.
cv::Mat picture_of(const Tensor& tensor, size_t index) {
  const int channels = static_cast<int>(tensor.extent(1)), height = static_cast<int>(tensor.extent(2)),
            width = static_cast<int>(tensor.extent(3));
  const int64_t plane = tensor.extent(2) * tensor.extent(3);
  float* begin = const_cast<float*>(tensor.data()) + static_cast<int64_t>(index) * channels * plane;
  std::vector<cv::Mat> planes(3);
  for (int c = 0; c < 3; ++c)
    cv::Mat(height, width, CV_32F, begin + std::min(c, channels - 1) * plane)
        .convertTo(planes[static_cast<size_t>(c)], CV_8U, 255);
  cv::Mat picture;
  cv::merge(planes, picture);
  return picture;
}

void write_picture(const std::string& path, cv::Mat picture) {
  const double scale = static_cast<double>(longest_side) / std::max(picture.cols, picture.rows);
  if (scale < 1) cv::resize(picture, picture, {}, scale, scale, cv::INTER_AREA);
  try {
    Notes notes;
    const Bytes bytes = encode_image(Image(picture), {.format = Format::jpeg, .quality = quality}, notes);
    write_atomically(path, bytes);
  } catch (const ItemError& error) {
    throw MissingError(error.what());
  }
}

cv::Mat with_hole(const Tensor& pictures, const Tensor& known, size_t index) {
  cv::Mat picture = picture_of(pictures, index), hole;
  cv::inRange(picture_of(known, index), cv::Scalar::all(0), cv::Scalar::all(127), hole);
  picture.setTo(hole_color, hole);
  return picture;
}

}  // namespace

Album::Album(std::string folder, std::string task, bool go_on) : folder_(std::move(folder)), task_(std::move(task)) {
  std::error_code error;
  if (!go_on) fs::remove_all(folder_, error);
  fs::create_directories(folder_, error);
  if (error) throw MissingError(fmt::format("cannot make the folder '{}': {}", folder_, error.message()));
  if (go_on) take_up();
}

std::string Album::file(const std::string& column, size_t row) const {
  return fmt::format("{}/{}-{}.jpg", folder_, column, row);
}

std::string Album::column_of(int64_t step) const { return fmt::format("step-{}", step); }

void Album::take_up() {
  std::ifstream in(folder_ + "/album.json");
  const nlohmann::json album = nlohmann::json::parse(in, nullptr, false);
  if (!album.is_object()) return;
  names_ = album.value("names", names_);
  steps_ = album.value("steps", steps_);
  std::erase_if(steps_, [&](int64_t step) { return !fs::exists(file(column_of(step), 0)); });  // killed in between
}

void Album::write_fixed(const TrainingBatch& batch) {
  const Tensor& pictures = batch.tensors.at(0);
  const Tensor& told = batch.tensors.at(1);
  names_.assign(batch.names.begin(),
                batch.names.begin() + static_cast<std::ptrdiff_t>(std::min(most_rows, batch.names.size())));
  const bool cuts_out = task_ == "remove-bg";
  for (size_t i = 0; i < names_.size(); ++i) {
    write_picture(file("truth", i), picture_of(cuts_out ? told : pictures, i));
    write_picture(file("given", i), cuts_out ? picture_of(pictures, i) : with_hole(pictures, told, i));
  }
}

void Album::forget(size_t index) {
  std::error_code error;
  for (size_t i = 0; i < names_.size(); ++i) fs::remove(file(column_of(steps_[index]), i), error);
  steps_.erase(steps_.begin() + static_cast<std::ptrdiff_t>(index));
}

void Album::add(int64_t step, const TrainingBatch& batch, const Tensor& prediction) {
  while (!steps_.empty() && steps_.back() >= step) forget(steps_.size() - 1);
  if (steps_.empty()) write_fixed(batch);
  for (size_t i = 0; i < names_.size(); ++i) write_picture(file(column_of(step), i), picture_of(prediction, i));
  steps_.push_back(step);
  while (steps_.size() > most_steps) {
    size_t least = 1;  // the step whose neighbours lie closest together
    for (size_t i = 2; i + 1 < steps_.size(); ++i) {
      if (steps_[i + 1] - steps_[i - 1] < steps_[least + 1] - steps_[least - 1]) least = i;
    }
    forget(least);
  }
  replace_text(folder_ + "/album.json", nlohmann::json{{"names", names_}, {"steps", steps_}}.dump());
}

std::vector<Album::Row> Album::rows() const {
  std::vector<Row> rows;
  for (size_t i = 0; i < names_.size(); ++i) {
    Row row{names_[i], file("truth", i), file("given", i), {}};
    for (const int64_t step : steps_) row.made.push_back(file(column_of(step), i));
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace inpaint
