#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include "nn/tasks/tone_private.h"

namespace inpaint {
namespace {

constexpr int ring = 8;  // pixels around the hole that are compared: enough to average texture away

void multiply(cv::Mat& values, const cv::Mat& weight) {
  for (int y = 0; y < values.rows; ++y) {
    auto* v = values.ptr<cv::Vec3f>(y);
    const auto* w = weight.ptr<float>(y);
    for (int x = 0; x < values.cols; ++x) v[x] *= w[x];
  }
}

// values / weight, and weight becomes 1, where there is enough weight; both become 0 elsewhere.
void normalise(cv::Mat& values, cv::Mat& weight, float enough) {
  for (int y = 0; y < values.rows; ++y) {
    auto* v = values.ptr<cv::Vec3f>(y);
    auto* w = weight.ptr<float>(y);
    for (int x = 0; x < values.cols; ++x) {
      v[x] = w[x] < enough ? cv::Vec3f() : v[x] * (1 / w[x]);
      w[x] = w[x] < enough ? 0.0f : 1.0f;
    }
  }
}

// Continues values (0 where weight is 0) smoothly to where weight is 0: pull-push, Gortler et al. 1996.
void pull_push(cv::Mat& values, const cv::Mat& weight) {
  double least = 0;
  cv::minMaxLoc(weight, &least);
  if (least > 0 || values.total() == 1) return;
  cv::Mat coarse, coarse_weight, up;
  cv::pyrDown(values, coarse);
  cv::pyrDown(weight, coarse_weight);
  normalise(coarse, coarse_weight, 0.02f);
  pull_push(coarse, coarse_weight);
  cv::resize(coarse, up, values.size(), 0, 0, cv::INTER_LINEAR);
  up.copyTo(values, weight == 0);
}

}  // namespace

void match_tone(cv::Mat& fill, const cv::Mat& picture, const cv::Mat& hole) {
  cv::Mat near, weight;
  cv::dilate(hole, near, cv::getStructuringElement(cv::MORPH_RECT, {2 * ring + 1, 2 * ring + 1}));
  const cv::Mat rim = (near > 0) & (hole == 0);
  if (cv::countNonZero(rim) == 0) return;
  rim.convertTo(weight, CV_32F, 1.0 / 255);
  cv::Mat difference = picture - fill;
  multiply(difference, weight);
  const cv::Size window(2 * ring + 1, 2 * ring + 1);
  cv::boxFilter(difference, difference, -1, window, {-1, -1}, true, cv::BORDER_CONSTANT);
  cv::boxFilter(weight, weight, -1, window, {-1, -1}, true, cv::BORDER_CONSTANT);
  normalise(difference, weight, 0.5f / static_cast<float>(window.area()));
  pull_push(difference, weight);
  cv::add(fill, difference, fill, hole);
}

}  // namespace inpaint
