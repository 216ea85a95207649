#include "classic/mask/damage/letters_private.h"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>

#include "classic/mask/damage/cues_private.h"
#include "classic/mask/damage/trees_private.h"

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

struct StrokeWidth {
  float mean, spread;  // pixels; standard deviation / mean
};

// The widths of the strokes, where their middle is: twice the distance to the outline at the crests of that distance.
StrokeWidth stroke_of(const cv::Mat& shape) {
  cv::Mat framed, distance, highest_near;
  cv::copyMakeBorder(shape, framed, 1, 1, 1, 1, cv::BORDER_CONSTANT, cv::Scalar(0));
  cv::distanceTransform(framed, distance, cv::DIST_L2, 3);
  cv::dilate(distance, highest_near, {});
  const cv::Mat crest = (distance >= highest_near) & (distance > 0);
  cv::Scalar mean, spread;
  cv::meanStdDev(distance, mean, spread, crest);
  return {static_cast<float>(2 * mean[0] - 1), static_cast<float>(spread[0] / mean[0])};
}

double sum_of(const cv::Scalar& rgb) { return rgb[0] + rgb[1] + rgb[2]; }

// What lies around the letter, with the box that holds both.
struct Around {
  cv::Rect box;
  cv::Mat shape, ring;  // CV_8UC1 of the box's size
};

Around around(const cv::Rect& box, const cv::Mat& shape, cv::Size size) {
  constexpr int margin = 4;
  Around out;
  out.box =
      cv::Rect(box.x - margin, box.y - margin, box.width + 2 * margin, box.height + 2 * margin) & cv::Rect({}, size);
  out.shape = cv::Mat::zeros(out.box.size(), CV_8U);
  shape.copyTo(out.shape(box - out.box.tl()));
  cv::Mat near, far;
  cv::dilate(out.shape, near, {});
  cv::dilate(near, far, cv::getStructuringElement(cv::MORPH_RECT, {5, 5}));
  out.ring = far & ~near;
  return out;
}

Letter make_letter(const TextLevel& level, const cv::Mat& top_hat, const cv::Rect& box, const cv::Mat& shape,
                   bool dark) {
  Letter out;
  out.box = box;
  out.shape = shape;
  cv::Scalar hat, hat_spread, tone, tone_spread, ring, ring_spread, color, color_spread;
  cv::meanStdDev(top_hat(box), hat, hat_spread, shape);
  cv::meanStdDev(level.grey(box), tone, tone_spread, shape);
  cv::meanStdDev(level.rgb(box), color, color_spread, shape);
  out.contrast = static_cast<float>(hat[0]);
  out.color = cv::Vec3f(static_cast<float>(color[0]), static_cast<float>(color[1]), static_cast<float>(color[2]));
  const Around outside = around(box, shape, level.grey.size());
  cv::meanStdDev(level.grey(outside.box), ring, ring_spread, outside.ring);
  cv::Mat inner;
  cv::erode(shape, inner, {}, {-1, -1}, 1, cv::BORDER_CONSTANT, cv::Scalar(0));
  const cv::Mat outline = shape & ~inner;
  const double area = cv::countNonZero(shape), length = cv::countNonZero(outline), contrast = hat[0];
  const cv::Mat sharp = outline & (level.slope(box) > 0.2 * contrast);
  const StrokeWidth stroke = stroke_of(shape);
  out.stroke = stroke.mean;
  const double longer = std::max(box.width, box.height), shorter = std::min(box.width, box.height);
  const double step = std::abs(tone[0] - ring[0]);
  out.cues = {
      log2_of(longer),
      log2_of(static_cast<double>(box.width) / box.height),
      static_cast<float>(area / box.area()),
      stroke.mean,
      stroke.spread,
      log2_of(stroke.mean / shorter),
      log2_of(contrast),
      static_cast<float>(hat_spread[0] / contrast),
      static_cast<float>(tone_spread[0] / contrast),
      static_cast<float>(sum_of(color_spread) / contrast),
      static_cast<float>(cv::mean(level.slope(box), outline)[0] / contrast),
      static_cast<float>(cv::countNonZero(sharp) / length),
      static_cast<float>(length / area),
      static_cast<float>(ring_spread[0] / contrast),
      log2_of((step + 1) / (ring_spread[0] + tone_spread[0] + 2)),
      log2_of((step + 1) / contrast),
      static_cast<float>(tone[0]),
      static_cast<float>(*std::max_element(&color[0], &color[0] + 3) - *std::min_element(&color[0], &color[0] + 3)),
      log2_of(level.scale),
      dark ? 1.0f : 0.0f};
  out.probability = probability(letters_trees, out.cues);
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

std::vector<Letter> find_letters(const TextLevel& level, bool dark, float least) {
  const cv::Mat& top_hat = dark ? level.dark : level.light;
  cv::Mat labels, stats, centres;
  const int count = cv::connectedComponentsWithStats(strokes_of(top_hat), labels, stats, centres, 8, CV_32S);
  std::vector<Letter> out;
  for (int i = 1; i < count; ++i) {
    const cv::Rect box(stats.at<int>(i, cv::CC_STAT_LEFT), stats.at<int>(i, cv::CC_STAT_TOP),
                       stats.at<int>(i, cv::CC_STAT_WIDTH), stats.at<int>(i, cv::CC_STAT_HEIGHT));
    const int longer = std::max(box.width, box.height);
    if (stats.at<int>(i, cv::CC_STAT_AREA) < least_area || longer < lowest || longer > highest) continue;
    Letter letter = make_letter(level, top_hat, box, labels(box) == i, dark);
    if (letter.probability >= least) out.push_back(std::move(letter));
  }
  return out;
}

std::vector<cv::Point> working_pixels(const cv::Mat& shape, cv::Point at, int scale) {
  std::vector<cv::Point> inside, out;
  cv::findNonZero(shape, inside);
  for (const cv::Point& p : inside) {
    for (int k = 0; k < scale * scale; ++k) out.push_back((p + at) * scale + cv::Point(k % scale, k / scale));
  }
  return out;
}

}  // namespace inpaint::damage
