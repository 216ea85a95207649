#include "classic/segment/subject/barrier_private.h"

#include <algorithm>
#include <opencv2/core.hpp>

namespace inpaint::subject {
namespace {

constexpr int passes = 3;
constexpr float unreached = 1e9f;

struct Paths {
  cv::Mat distance, highest, lowest;
};

// Lets the path of pixel `from` of row `near` go on to pixel `x` of row `y`, if that is shorter.
inline void relax(const float* values, float* distance, float* highest, float* lowest, int x, const float* near_highest,
                  const float* near_lowest, int from) {
  const float high = std::max(near_highest[from], values[x]), low = std::min(near_lowest[from], values[x]);
  if (high - low < distance[x]) distance[x] = high - low, highest[x] = high, lowest[x] = low;
}

void sweep(const cv::Mat& values, Paths& p, bool forwards) {
  const int rows = values.rows, columns = values.cols, step = forwards ? 1 : -1;
  for (int k = 1; k < rows; ++k) {
    const int y = forwards ? k : rows - 1 - k;
    const float *v = values.ptr<float>(y), *above_high = p.highest.ptr<float>(y - step),
                *above_low = p.lowest.ptr<float>(y - step);
    float *d = p.distance.ptr<float>(y), *high = p.highest.ptr<float>(y), *low = p.lowest.ptr<float>(y);
    for (int i = 1; i < columns; ++i) {
      const int x = forwards ? i : columns - 1 - i;
      relax(v, d, high, low, x, above_high, above_low, x);
      relax(v, d, high, low, x, high, low, x - step);
    }
  }
}

}  // namespace

cv::Mat barrier_distance(const cv::Mat& values) {
  // A path not yet known has an endless range, so it never wins.
  Paths p{cv::Mat(values.size(), CV_32F, cv::Scalar(unreached)), cv::Mat(values.size(), CV_32F, cv::Scalar(unreached)),
          cv::Mat(values.size(), CV_32F, cv::Scalar(-unreached))};
  const cv::Rect inside(1, 1, std::max(0, values.cols - 2), std::max(0, values.rows - 2));
  cv::Mat border(values.size(), CV_8U, cv::Scalar(255));
  border(inside & cv::Rect({}, values.size())).setTo(0);
  p.distance.setTo(0, border);
  values.copyTo(p.highest, border);
  values.copyTo(p.lowest, border);
  for (int pass = 0; pass < passes; ++pass) sweep(values, p, pass % 2 == 0);
  return p.distance;
}

}  // namespace inpaint::subject
