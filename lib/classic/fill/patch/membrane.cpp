#include "classic/fill/patch/membrane_private.h"

#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

namespace inpaint::patch {
namespace {

// `values`: CV_32FC4, 0 where unknown; `weight`: CV_32F in [0,1]. Fills what is unknown in place.
void pull_push(cv::Mat& values, cv::Mat& weight) {
  double least = 0;
  cv::minMaxLoc(weight, &least);
  if (least > 0 || values.total() == 1) return;
  cv::Mat coarse, coarse_weight;
  cv::pyrDown(values, coarse);
  cv::pyrDown(weight, coarse_weight);
  for (int y = 0; y < coarse.rows; ++y) {
    auto* v = coarse.ptr<cv::Vec4f>(y);
    auto* w = coarse_weight.ptr<float>(y);
    for (int x = 0; x < coarse.cols; ++x) {
      if (w[x] < 0.02f) {
        v[x] = {};
        w[x] = 0;
      } else {
        v[x] *= 1 / w[x];
        w[x] = 1;
      }
    }
  }
  pull_push(coarse, coarse_weight);
  cv::Mat up;
  cv::resize(coarse, up, values.size(), 0, 0, cv::INTER_LINEAR);
  for (int y = 0; y < values.rows; ++y) {
    auto* v = values.ptr<cv::Vec4f>(y);
    const auto* u = up.ptr<cv::Vec4f>(y);
    const auto* w = weight.ptr<float>(y);
    for (int x = 0; x < values.cols; ++x) {
      if (w[x] == 0) v[x] = u[x];
    }
  }
}

}  // namespace

void fill_smoothly(Level& level) {
  cv::Mat values(level.height, level.width, CV_32FC4), weight(level.height, level.width, CV_32F);
  for (int32_t at = 0; at < level.area(); ++at) {
    const uint8_t* from = level.bytes() + 4 * static_cast<ptrdiff_t>(at);
    auto& to = values.ptr<cv::Vec4f>()[at];
    const bool known = !level.hole[at];
    weight.ptr<float>()[at] = known;
    to = known ? cv::Vec4f(from[0], from[1], from[2], from[3]) : cv::Vec4f{};
  }
  pull_push(values, weight);
  auto* bytes = reinterpret_cast<uint8_t*>(level.pixels.data());
  for (int32_t at = 0; at < level.area(); ++at) {
    if (!level.hole[at]) continue;
    for (int c = 0; c < 4; ++c) {
      bytes[4 * static_cast<ptrdiff_t>(at) + c] = cv::saturate_cast<uint8_t>(values.ptr<cv::Vec4f>()[at][c]);
    }
  }
}

}  // namespace inpaint::patch
