#include <algorithm>
#include <cmath>
#include <vector>

#include "nn/tasks/resize_private.h"

namespace inpaint {
namespace {

struct Range {
  int begin, end;
};

// Which of `from` pixels take part in each of `to` pixels.
std::vector<Range> sources(int from, int to) {
  std::vector<Range> ranges(static_cast<size_t>(to));
  for (int64_t i = 0; i < to; ++i) {
    Range range{};
    if (to <= from) {
      range.begin = static_cast<int>(i * from / to);
      range.end = static_cast<int>(((i + 1) * from + to - 1) / to);
    } else {
      const double centre = (static_cast<double>(i) + 0.5) * from / to - 0.5;
      range.begin = static_cast<int>(std::floor(centre));
      range.end = range.begin + (centre > range.begin ? 2 : 1);
    }
    ranges[static_cast<size_t>(i)] = {std::clamp(range.begin, 0, from - 1), std::clamp(range.end, 1, from)};
  }
  return ranges;
}

}  // namespace

cv::Mat resized(const cv::Mat& picture, cv::Size size, int enlarging) {
  cv::Mat out = picture;
  const cv::Size shrunk(std::min(size.width, out.cols), std::min(size.height, out.rows));
  if (shrunk != out.size()) cv::resize(cv::Mat(out), out, shrunk, 0, 0, cv::INTER_AREA);
  if (size != out.size()) cv::resize(cv::Mat(out), out, size, 0, 0, enlarging);
  return out;
}

cv::Mat touched(const cv::Mat& mask, cv::Size size) {
  const std::vector<Range> columns = sources(mask.cols, size.width), rows = sources(mask.rows, size.height);
  cv::Mat narrow(mask.rows, size.width, CV_8U), out(size, CV_8U);
  for (int y = 0; y < mask.rows; ++y) {
    const auto* from = mask.ptr<uint8_t>(y);
    auto* to = narrow.ptr<uint8_t>(y);
    for (const Range& range : columns) {
      *to++ = std::any_of(from + range.begin, from + range.end, [](uint8_t value) { return value > 0; });
    }
  }
  for (int y = 0; y < size.height; ++y) {
    const Range range = rows[static_cast<size_t>(y)];
    narrow.row(range.begin).copyTo(out.row(y));
    for (int i = range.begin + 1; i < range.end; ++i) cv::bitwise_or(out.row(y), narrow.row(i), out.row(y));
  }
  return out;
}

}  // namespace inpaint
