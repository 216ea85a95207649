#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <opencv2/core.hpp>

#include "core/error.h"
#include "nn/tasks/feed.h"

namespace inpaint {
namespace {

// How the values of one entry lie in memory.
struct Entry {
  const float* values;
  int planes;
  int64_t plane_step, pixel_step;
};

[[noreturn]] void wrong_shape(const Card& card, const Tensor& output, const std::string& expected) {
  throw ItemError(
      fmt::format("model {}: output {} of the network is {}; its card says {}. Is it the right file for "
                  "this card?",
                  card.name, card.output.index, shape_text(output.shape()), expected));
}

Entry entry_of(const Card& card, const Tensor& output, const Fed& fed, int planes, int64_t entry) {
  const bool nhwc = card.input.layout == "nhwc";
  const int64_t height = fed.size.height, width = fed.size.width, batch = fed.tensors.at(0).extent(0);
  const std::string count = planes == 0 ? "?" : std::to_string(planes);
  const std::string expected = nhwc ? fmt::format("{}x{}x{}x{}", batch, height, width, count)
                                    : fmt::format("{}x{}x{}x{}", batch, count, height, width);
  std::vector<int64_t> shape = output.shape();
  if (planes == 1 && shape == std::vector<int64_t>{batch, height, width}) shape = {batch, 1, height, width};
  if (nhwc && shape.size() == 4 && shape != std::vector<int64_t>{batch, 1, height, width}) {
    std::rotate(shape.begin() + 1, shape.begin() + 3, shape.end());
  }
  const bool right = shape.size() == 4 && shape[0] == batch && shape[2] == height && shape[3] == width &&
                     shape[1] > 0 && (planes == 0 || shape[1] == planes);
  if (!right || entry >= batch) wrong_shape(card, output, expected);
  const int64_t area = height * width, found = shape[1];
  const bool interleaved = nhwc && found > 1;
  return {output.data() + entry * found * area, static_cast<int>(found), interleaved ? 1 : area,
          interleaved ? found : 1};
}

void check_finite(const Card& card, const float* values, int64_t count) {
  const int64_t wrong = std::count_if(values, values + count, [](float value) {
    return (std::bit_cast<uint32_t>(value) & 0x7f800000u) == 0x7f800000u;  // NaN or infinite
  });
  if (wrong == 0) return;
  throw ItemError(fmt::format(
      "model {}: the network's output is not a number (NaN or infinite) in {} of {} values; the file may be "
      "damaged, or the precision too low for it: try --precision fp32",
      card.name, wrong, count));
}

void softmax(std::vector<cv::Mat>& planes) {
  cv::Mat most = planes.front().clone(), sum = cv::Mat::zeros(most.size(), CV_32F);
  for (const cv::Mat& plane : planes) cv::max(most, plane, most);
  for (cv::Mat& plane : planes) {
    cv::exp(plane - most, plane);
    sum += plane;
  }
  for (cv::Mat& plane : planes) plane /= sum;
}

void activate(const std::string& activation, std::vector<cv::Mat>& planes) {
  if (activation == "softmax") softmax(planes);
  if (activation != "sigmoid") return;
  for (cv::Mat& plane : planes) {
    plane.forEach<float>([](float& value, const int*) { value = 1 / (1 + std::exp(-value)); });
  }
}

}  // namespace

std::vector<cv::Mat> planes_from(const Card& card, const std::vector<Tensor>& outputs, const Fed& fed, int planes,
                                 int64_t entry) {
  const size_t index = static_cast<size_t>(card.output.index);
  if (index >= outputs.size()) {
    throw ItemError(
        fmt::format("model {}: the network gave {} outputs; its card counts on number {} (from 0). Is it the "
                    "right file for this card?",
                    card.name, outputs.size(), index));
  }
  const Entry from = entry_of(card, outputs[index], fed, planes, entry);
  check_finite(card, from.values, int64_t{from.planes} * fed.size.area());
  std::vector<cv::Mat> result;
  for (int p = 0; p < from.planes; ++p) {
    cv::Mat plane(fed.content, CV_32F);
    for (int y = 0; y < plane.rows; ++y) {
      const float* row = from.values + p * from.plane_step + int64_t{y} * fed.size.width * from.pixel_step;
      auto* to = plane.ptr<float>(y);
      for (int x = 0; x < plane.cols; ++x) to[x] = row[x * from.pixel_step];
    }
    result.push_back(plane);
  }
  activate(card.output.activation, result);
  return result;
}

cv::Mat matte_from(const Card& card, const std::vector<Tensor>& outputs, const Fed& fed, int64_t entry) {
  cv::Mat matte = planes_from(card, outputs, fed, 1, entry).front();
  if (card.output.stretch == "min-max") {
    double least = 0, most = 0;
    cv::minMaxLoc(matte, &least, &most);
    if (most - least > 1e-6) matte = (matte - least) / (most - least);
  }
  return cv::max(cv::min(matte, 1.0), 0.0);
}

cv::Mat colors_from(const Card& card, const std::vector<Tensor>& outputs, const Fed& fed, int64_t entry) {
  const std::vector<cv::Mat> planes = planes_from(card, outputs, fed, 3, entry);
  const bool bgr = card.input.colors == "bgr";
  cv::Mat colors;
  cv::merge(std::vector<cv::Mat>{planes[bgr ? 2 : 0], planes[1], planes[bgr ? 0 : 2]}, colors);
  const double black = card.output.range[0], white = card.output.range[1];
  colors.convertTo(colors, CV_32F, 1 / (white - black), -black / (white - black));
  cv::Mat values = colors.reshape(1);
  cv::max(values, 0.0, values);
  cv::min(values, 1.0, values);
  return colors;
}

}  // namespace inpaint
