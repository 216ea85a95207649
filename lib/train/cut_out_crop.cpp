#include <algorithm>
#include <cmath>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include "train/background_private.h"
#include "train/crop_private.h"

namespace inpaint {
namespace {

constexpr double most_skew = 0.1;      // of the proportions, as a logarithm
constexpr double least_subject = 0.7;  // share of the subject that a part must show
constexpr double composited = 0.5;     // share of the crops
constexpr double touching = 0.02;      // share of the picture's rim that the subject may cover and still stand free

/// A part of a picture, and where in the crop it goes.
struct View {
  cv::Rect from, to;
};

cv::Rect whole(cv::Size size) { return {{0, 0}, size}; }

cv::Rect random_rect(cv::Size within, int width, int height, Random& random) {
  const auto x = static_cast<int>(random.whole(0, within.width - width));
  const auto y = static_cast<int>(random.whole(0, within.height - height));
  return {x, y, width, height};
}

cv::Rect random_window(const cv::Mat& matte, double scale, Random& random) {
  const double skew = random.uniform(-most_skew, most_skew), all = cv::sum(matte)[0];
  const auto share = [&](double by) { return std::min(1.0, std::exp(by) / scale); };
  const int width = cvRound(matte.cols * share(skew)), height = cvRound(matte.rows * share(-skew));
  for (int i = 0; i < 4; ++i) {
    const cv::Rect window = random_rect(matte.size(), width, height, random);
    if (cv::sum(matte(window))[0] >= least_subject * all) return window;
  }
  return whole(matte.size());
}

bool stands_free(const cv::Mat& matte) {
  const double rim = cv::sum(matte.row(0))[0] + cv::sum(matte.row(matte.rows - 1))[0] + cv::sum(matte.col(0))[0] +
                     cv::sum(matte.col(matte.cols - 1))[0];
  return rim / 255 < touching * 2 * (matte.rows + matte.cols);
}

View random_view(const cv::Mat& matte, const TrainingConfig& config, bool may_shrink, Random& random) {
  const double scale = random.by_ratio(config.smallest_scale, config.largest_scale);
  const cv::Size crop(config.size, config.size);
  if (scale > 1) return {random_window(matte, scale, random), whole(crop)};
  if (!may_shrink || !stands_free(matte)) return {whole(matte.size()), whole(crop)};
  const int side = cvRound(config.size * scale);
  return {whole(matte.size()), random_rect(crop, side, side, random)};
}

cv::Mat placed(const cv::Mat& plane, const View& view, int size) {
  cv::Mat out = cv::Mat::zeros(size, size, plane.type());
  resized(plane(view.from), view.to.size()).copyTo(out(view.to));
  return out;
}

// Subject (times opacity) + (1 - opacity) background.
cv::Mat put_over(const cv::Mat& subject, const cv::Mat& matte, const cv::Mat& background) {
  cv::Mat rest, behind, out;
  cv::cvtColor(255 - matte, rest, cv::COLOR_GRAY2RGB);
  cv::multiply(background, rest, behind, 1.0 / 255);
  cv::add(subject, behind, out);
  return out;
}

CutOutCrop composite(const Example& example, const View& view, const std::function<Example()>& other, int size,
                     Random& random) {
  const cv::Mat matte = placed(example.matte, view, size);
  cv::Mat background = random_background(other, size, random);
  if (random.chance(0.4)) cast_shadow(background, matte, random);
  return {put_over(placed(example.subject, view, size), matte, background), matte};
}

}  // namespace

CutOutCrop whole_crop(const Example& example, int size, uint64_t seed) {
  const cv::Size crop(size, size);
  const cv::Mat matte = resized(example.matte, crop);
  if (!example.rgb.empty()) return {resized(example.rgb, crop), matte};
  Random random{seed};
  const cv::Mat background(crop, CV_8UC3, cv::Scalar::all(std::floor(random.uniform(96, 256))));
  return {put_over(resized(example.subject, crop), matte, background), matte};
}

CutOutCrop random_cut_out_crop(const Example& example, const std::function<Example()>& other,
                               const TrainingConfig& config, Random& random) {
  const bool on_other = random.chance(composited) || example.rgb.empty();
  const View view = random_view(example.matte, config, on_other, random);
  CutOutCrop crop = on_other ? composite(example, view, other, config.size, random)
                             : CutOutCrop{resized(example.rgb(view.from), view.to.size()),
                                          resized(example.matte(view.from), view.to.size())};
  if (config.flip && random.chance(0.5)) crop = {mirrored(crop.rgb), mirrored(crop.matte)};
  return crop;
}

}  // namespace inpaint
