#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>

#include "classic/mask/damage/candidate_private.h"
#include "classic/mask/damage/cues_private.h"

namespace inpaint::damage {
namespace {

constexpr int sizes = 3;            // each finds specks twice as large as the one before
constexpr int smallest_level = 24;  // pixels of its shorter side
constexpr int median_side = 9;      // pixels of a level: what is less than half of such a square is no background
constexpr int noise_side = 41;
constexpr float least_contrast = 5;  // grey levels
constexpr float least_ratio = 2.0f;  // to the noise, everywhere in the speck
constexpr float clear_ratio = 4.0f;  // and somewhere in it
constexpr int longest = 48;          // pixels of a level
constexpr int largest_area = 160;

struct Level {
  cv::Mat grey, background;  // CV_8UC1
  cv::Mat difference;        // CV_32FC1, grey - background
  cv::Mat noise;             // CV_32FC1, mean |difference| around
  cv::Mat slope;             // CV_32FC1, of the background, grey levels per pixel
  int scale;                 // working pixels per pixel of the level
};

Level make_level(const cv::Mat& grey, int scale) {
  Level out{grey, {}, {}, {}, {}, scale};
  cv::medianBlur(grey, out.background, median_side);
  cv::subtract(grey, out.background, out.difference, {}, CV_32F);
  cv::boxFilter(cv::abs(out.difference), out.noise, CV_32F, {noise_side, noise_side}, {-1, -1}, true,
                cv::BORDER_REFLECT);
  cv::Mat smooth, dx, dy;
  cv::GaussianBlur(out.background, smooth, {0, 0}, 2);
  cv::Sobel(smooth, dx, CV_32F, 1, 0, 3, 0.125);
  cv::Sobel(smooth, dy, CV_32F, 0, 1, 3, 0.125);
  cv::magnitude(dx, dy, out.slope);
  return out;
}

// One connected area that differs from the background to one side.
struct Speck {
  const Level& level;
  cv::Rect box;   // with a margin for its surroundings
  cv::Mat shape;  // CV_8UC1 of the box's size
  int sign, area;
};

std::vector<float> cues_of(const Speck& speck, double crowd) {
  const Level& level = speck.level;
  const cv::Mat difference = level.difference(speck.box) * speck.sign;
  cv::Mat near, far;
  cv::dilate(speck.shape, near, cv::getStructuringElement(cv::MORPH_ELLIPSE, {5, 5}));
  cv::dilate(near, far, cv::getStructuringElement(cv::MORPH_ELLIPSE, {9, 9}));
  const cv::Mat ring = far & ~near;
  cv::Scalar ring_mean, ring_spread, own_mean, own_spread;
  cv::meanStdDev(level.grey(speck.box), ring_mean, ring_spread, ring);
  cv::meanStdDev(level.grey(speck.box), own_mean, own_spread, speck.shape);
  double peak = 0;
  cv::minMaxLoc(difference, nullptr, &peak, nullptr, nullptr, speck.shape);
  const double mean = cv::mean(difference, speck.shape)[0];
  const double noise = cv::mean(level.noise(speck.box), speck.shape)[0];
  cv::Mat edge;
  cv::erode(speck.shape, edge, {}, {-1, -1}, 1, cv::BORDER_CONSTANT, 0);
  const double outline = speck.area - cv::countNonZero(edge);
  std::vector<cv::Point> points;
  cv::findNonZero(speck.shape, points);
  const cv::RotatedRect around = cv::minAreaRect(points);
  const double side_a = around.size.width + 1, side_b = around.size.height + 1;
  return {log2_of(peak) - 4,
          log2_of(peak / (noise + 0.5)) - 3,
          log2_of(mean / (peak + 1)),
          log2_of(speck.area) - 3,
          log2_of(std::max(side_a, side_b) / std::min(side_a, side_b)),
          static_cast<float>(speck.area / (side_a * side_b)),
          static_cast<float>(outline / speck.area),
          log2_of((ring_spread[0] + 1) / peak),
          log2_of(ring_spread[0] + 1),
          log2_of((std::abs(own_mean[0] - ring_mean[0]) + 1) / peak),
          static_cast<float>(cv::mean(level.slope(speck.box), speck.shape)[0] * 4 / peak),
          static_cast<float>(crowd),
          log2_of(level.scale),
          speck.sign < 0 ? 1.0f : 0.0f,
          log2_of(noise + 0.5)};
}

std::vector<cv::Point> working_pixels(const Speck& speck) {
  std::vector<cv::Point> inside, out;
  cv::findNonZero(speck.shape, inside);
  const int scale = speck.level.scale;
  for (const cv::Point& p : inside) {
    for (int k = 0; k < scale * scale; ++k)
      out.push_back((p + speck.box.tl()) * scale + cv::Point(k % scale, k / scale));
  }
  return out;
}

void add_candidates(const Level& level, int sign, std::vector<Candidate>& out) {
  const cv::Mat difference = level.difference * sign;
  const cv::Mat weak = difference > cv::max(least_contrast, least_ratio * level.noise);
  const cv::Mat ratio = difference / (level.noise + 0.5);
  cv::Mat labels, stats, centres, crowd;
  const int count = cv::connectedComponentsWithStats(weak, labels, stats, centres, 8, CV_32S);
  cv::boxFilter(weak, crowd, CV_32F, {61, 61}, {-1, -1}, true, cv::BORDER_REFLECT);
  for (int i = 1; i < count; ++i) {
    const cv::Rect box(stats.at<int>(i, cv::CC_STAT_LEFT), stats.at<int>(i, cv::CC_STAT_TOP),
                       stats.at<int>(i, cv::CC_STAT_WIDTH), stats.at<int>(i, cv::CC_STAT_HEIGHT));
    const int area = stats.at<int>(i, cv::CC_STAT_AREA);
    if (area > largest_area || std::max(box.width, box.height) > longest) continue;
    const cv::Rect wide = cv::Rect(box.x - 8, box.y - 8, box.width + 16, box.height + 16) & cv::Rect({}, weak.size());
    const Speck speck{level, wide, labels(wide) == i, sign, area};
    double clearest = 0;
    cv::minMaxLoc(ratio(wide), nullptr, &clearest, nullptr, nullptr, speck.shape);
    if (clearest < clear_ratio) continue;
    const double around = cv::mean(crowd(box))[0] / 255 - area / (61.0 * 61.0);
    out.push_back({working_pixels(speck), cues_of(speck, 20 * around)});
  }
}

}  // namespace

std::vector<Candidate> find_dust(const cv::Mat& rgb) {
  std::vector<Candidate> out;
  cv::Mat grey;
  cv::cvtColor(rgb, grey, cv::COLOR_RGB2GRAY);
  for (int i = 0, scale = 1; i < sizes; ++i, scale *= 2) {
    if (i > 0) {
      if (std::min(grey.cols, grey.rows) < 2 * smallest_level) break;
      cv::resize(grey, grey, {grey.cols / 2, grey.rows / 2}, 0, 0, cv::INTER_AREA);
    }
    const Level level = make_level(grey, scale);
    add_candidates(level, 1, out);
    add_candidates(level, -1, out);
  }
  return out;
}

}  // namespace inpaint::damage
