#include "classic/mask/damage/letters_private.h"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>

namespace inpaint::damage {
namespace {

constexpr int least_contrast = 14;  // grey levels
constexpr int lowest = 5;           // of a letter: the larger side of its box, pixels
constexpr int highest = 90;
constexpr int least_area = 6;

// Lit where the top-hat is at least half of the strongest one near it: the middle of the edge, whatever the contrast.
cv::Mat strokes_of(const cv::Mat& top_hat) {
  cv::Mat strongest, out;
  cv::dilate(top_hat, strongest, cv::getStructuringElement(cv::MORPH_RECT, {9, 9}));
  cv::Mat half;
  strongest.convertTo(half, CV_8U, 0.5);
  cv::compare(top_hat, cv::max(half, least_contrast), out, cv::CMP_GT);
  return out;
}

// The widths of the strokes, where their middle is: twice the distance to the outline at the crests of that distance.
void measure_strokes(Letter& letter) {
  cv::Mat framed, distance, highest_near;
  cv::copyMakeBorder(letter.shape, framed, 1, 1, 1, 1, cv::BORDER_CONSTANT, cv::Scalar(0));
  cv::distanceTransform(framed, distance, cv::DIST_L2, 3);
  cv::dilate(distance, highest_near, {});
  const cv::Mat crest = (distance >= highest_near) & (distance > 0);
  cv::Scalar mean, spread;
  cv::meanStdDev(distance, mean, spread, crest);
  letter.stroke = static_cast<float>(2 * mean[0] - 1);
  letter.stroke_spread = static_cast<float>(spread[0] / mean[0]);
}

Letter make_letter(const TextLevel& level, const cv::Mat& top_hat, const cv::Rect& box, cv::Mat shape) {
  Letter out;
  out.box = box;
  out.shape = shape;
  cv::Scalar mean, spread;
  cv::meanStdDev(top_hat(box), mean, spread, shape);
  out.contrast = static_cast<float>(mean[0]);
  out.contrast_spread = static_cast<float>(spread[0]);
  cv::meanStdDev(level.grey(box), mean, spread, shape);
  out.color_spread = static_cast<float>(spread[0]);
  mean = cv::mean(level.rgb(box), shape);
  out.color = cv::Vec3f(static_cast<float>(mean[0]), static_cast<float>(mean[1]), static_cast<float>(mean[2]));
  cv::Mat inner;
  cv::erode(shape, inner, {}, {-1, -1}, 1, cv::BORDER_CONSTANT, cv::Scalar(0));
  out.sharpness = static_cast<float>(cv::mean(level.slope(box), shape & ~inner)[0]) / out.contrast;
  out.fill = static_cast<float>(cv::countNonZero(shape)) / static_cast<float>(box.area());
  measure_strokes(out);
  return out;
}

}  // namespace

TextLevel make_text_level(const cv::Mat& rgb, int scale) {
  TextLevel out;
  out.rgb = rgb;
  out.scale = scale;
  cv::cvtColor(rgb, out.grey, cv::COLOR_RGB2GRAY);
  const cv::Mat element = cv::getStructuringElement(cv::MORPH_RECT, {widest_stroke + 2, widest_stroke + 2});
  cv::morphologyEx(out.grey, out.light, cv::MORPH_TOPHAT, element, {-1, -1}, 1, cv::BORDER_REPLICATE);
  cv::morphologyEx(out.grey, out.dark, cv::MORPH_BLACKHAT, element, {-1, -1}, 1, cv::BORDER_REPLICATE);
  cv::Mat dx, dy;
  cv::Sobel(out.grey, dx, CV_32F, 1, 0, 3, 0.125);
  cv::Sobel(out.grey, dy, CV_32F, 0, 1, 3, 0.125);
  cv::magnitude(dx, dy, out.slope);
  return out;
}

std::vector<Letter> find_letters(const TextLevel& level, bool dark) {
  const cv::Mat& top_hat = dark ? level.dark : level.light;
  cv::Mat labels, stats, centres;
  const int count = cv::connectedComponentsWithStats(strokes_of(top_hat), labels, stats, centres, 8, CV_32S);
  std::vector<Letter> out;
  for (int i = 1; i < count; ++i) {
    const cv::Rect box(stats.at<int>(i, cv::CC_STAT_LEFT), stats.at<int>(i, cv::CC_STAT_TOP),
                       stats.at<int>(i, cv::CC_STAT_WIDTH), stats.at<int>(i, cv::CC_STAT_HEIGHT));
    const int longer = std::max(box.width, box.height);
    if (stats.at<int>(i, cv::CC_STAT_AREA) < least_area || longer < lowest || longer > highest) continue;
    out.push_back(make_letter(level, top_hat, box, labels(box) == i));
  }
  return out;
}

}  // namespace inpaint::damage
