#include "classic/segment/grabcut.h"

#include <algorithm>
#include <cmath>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include "image/color.h"

namespace inpaint {
namespace {

constexpr int fixed_seed = 1;     // k-means inside OpenCV draws random numbers
constexpr int least_pixels = 10;  // more than these on each side, or there is nothing to learn from

cv::Rect inner(cv::Size size, double share) {
  const int dx = std::max(1, static_cast<int>(size.width * share)),
            dy = std::max(1, static_cast<int>(size.height * share));
  return cv::Rect(dx, dy, size.width - 2 * dx, size.height - 2 * dy) & cv::Rect({}, size);
}

struct BorderModel {
  cv::Mat centres;            // clusters × 3, float32, Lab
  std::vector<float> spread;  // typical distance to the own centre
};

// Colours along the picture's border as a few clusters, the smallest of which (a subject that touches it) are dropped.
BorderModel learn_border(const cv::Mat& lab) {
  const cv::Rect middle = inner(lab.size(), 0.04);
  std::vector<cv::Vec3f> colors;
  for (int y = 0; y < lab.rows; ++y) {
    for (int x = 0; x < lab.cols; ++x) {
      if (!middle.contains({x, y})) colors.emplace_back(lab.at<cv::Vec3b>(y, x));
    }
  }
  const int wanted = std::min<int>(6, static_cast<int>(colors.size()));
  cv::Mat samples(static_cast<int>(colors.size()), 3, CV_32F, colors.data()), labels, centres;
  cv::setRNGSeed(fixed_seed);
  cv::kmeans(samples, wanted, labels, {cv::TermCriteria::EPS | cv::TermCriteria::COUNT, 20, 0.5}, 2,
             cv::KMEANS_PP_CENTERS, centres);
  std::vector<double> total(wanted), count(wanted);
  for (int i = 0; i < samples.rows; ++i) {
    const auto k = static_cast<size_t>(labels.at<int>(i));
    total[k] += cv::norm(samples.row(i), centres.row(static_cast<int>(k)));
    count[k] += 1;
  }
  BorderModel model;
  for (size_t k = 0; k < count.size(); ++k) {
    if (count[k] < 0.05 * samples.rows) continue;
    model.centres.push_back(centres.row(static_cast<int>(k)));
    model.spread.push_back(static_cast<float>(total[k] / count[k]));
  }
  return model;
}

// How unlike the border each pixel is, in units of the border's own spread, 8 bits.
cv::Mat unlike_border(const cv::Mat& lab, const BorderModel& model) {
  cv::Mat out(lab.size(), CV_8U);
  for (int y = 0; y < lab.rows; ++y) {
    for (int x = 0; x < lab.cols; ++x) {
      const cv::Vec3f color = lab.at<cv::Vec3b>(y, x);
      float least = 1e9f;
      for (int k = 0; k < model.centres.rows; ++k) {
        const cv::Vec3f centre(model.centres.ptr<float>(k));
        least =
            std::min(least, static_cast<float>(cv::norm(color - centre)) / (model.spread[static_cast<size_t>(k)] + 4));
      }
      out.at<uint8_t>(y, x) = cv::saturate_cast<uint8_t>(least * 16);
    }
  }
  return out;
}

cv::Mat seeds_from_border(const cv::Mat& rgb) {
  cv::Mat smooth;
  cv::GaussianBlur(rgb, smooth, {5, 5}, 0);
  const cv::Mat lab = rgb_to_lab(smooth);
  const cv::Mat unlike = unlike_border(lab, learn_border(lab));
  cv::Mat likely;
  const double split = cv::threshold(unlike, likely, 0, 255, cv::THRESH_BINARY | cv::THRESH_OTSU);
  constexpr double least_split = 24;  // 1.5 spreads: below that nothing stands out
  if (split < least_split) likely = unlike > least_split;
  cv::Mat seeds(rgb.size(), CV_8U, cv::Scalar(cv::GC_PR_BGD));
  seeds.setTo(cv::GC_PR_FGD, likely);
  cv::Mat frame(rgb.size(), CV_8U, cv::Scalar(255));
  frame(inner(rgb.size(), 0.01)).setTo(0);
  seeds.setTo(cv::GC_BGD, frame & ~likely);
  return seeds;
}

void add_points(cv::Mat& seeds, const GrabCutOptions& options) {
  const int side = std::max(seeds.cols, seeds.rows);
  for (const PointText& point : options.points) {
    const cv::Point at(static_cast<int>(point.x.pixels(seeds.cols)), static_cast<int>(point.y.pixels(seeds.rows)));
    cv::circle(seeds, at, std::max(2, side / 80), cv::Scalar(point.subject ? cv::GC_FGD : cv::GC_BGD), cv::FILLED);
  }
}

cv::Mat seeds_for(const cv::Mat& rgb, const GrabCutOptions& options) {
  cv::Mat seeds;
  if (options.box) {
    seeds = cv::Mat(rgb.size(), CV_8U, cv::Scalar(cv::GC_BGD));
    const Box box = options.box->in(rgb.cols, rgb.rows).grown(0, rgb.cols, rgb.rows);
    if (!box.empty()) seeds(box.rect()).setTo(cv::GC_PR_FGD);
  } else if (std::any_of(options.points.begin(), options.points.end(), [](const PointText& p) { return p.subject; })) {
    seeds = cv::Mat(rgb.size(), CV_8U, cv::Scalar(cv::GC_PR_BGD));
    for (const PointText& point : options.points) {
      const cv::Point at(static_cast<int>(point.x.pixels(rgb.cols)), static_cast<int>(point.y.pixels(rgb.rows)));
      if (point.subject) cv::circle(seeds, at, std::max(rgb.cols, rgb.rows) / 6, cv::Scalar(cv::GC_PR_FGD), cv::FILLED);
    }
  } else {
    seeds = seeds_from_border(rgb);
  }
  add_points(seeds, options);
  return seeds;
}

bool has_both_sides(const cv::Mat& seeds) {
  const int subject = cv::countNonZero(seeds & 1);  // GC_FGD and GC_PR_FGD are odd
  return subject > least_pixels && subject < static_cast<int>(seeds.total()) - least_pixels;
}

// Pixel coordinates of the picture become those of the working size; percentages hold in both.
GrabCutOptions in_working_pixels(GrabCutOptions options, double scale) {
  const auto convert = [scale](Length& length) { length.value *= length.percent ? 1 : scale; };
  for (PointText& point : options.points) convert(point.x), convert(point.y);
  if (options.box) convert(options.box->x), convert(options.box->y), convert(options.box->w), convert(options.box->h);
  return options;
}

// Drops specks: parts smaller than a twentieth of the largest.
void drop_specks(cv::Mat& subject) {
  cv::Mat labels, stats, centroids;
  const int count = cv::connectedComponentsWithStats(subject, labels, stats, centroids, 8, CV_32S);
  int largest = 0;
  for (int i = 1; i < count; ++i) largest = std::max(largest, stats.at<int>(i, cv::CC_STAT_AREA));
  for (int y = 0; y < subject.rows; ++y) {
    for (int x = 0; x < subject.cols; ++x) {
      const int label = labels.at<int>(y, x);
      if (label > 0 && stats.at<int>(label, cv::CC_STAT_AREA) * 20 < largest) subject.at<uint8_t>(y, x) = 0;
    }
  }
}

}  // namespace

Mask grabcut(const Image& image, const GrabCutOptions& options) {
  cv::Mat rgb = image.rgb8();
  const double scale = std::min(1.0, static_cast<double>(options.working_side) / std::max(rgb.cols, rgb.rows));
  if (scale < 1) {
    const cv::Size size(std::max(1, cvRound(rgb.cols * scale)), std::max(1, cvRound(rgb.rows * scale)));
    cv::resize(rgb, rgb, size, 0, 0, cv::INTER_AREA);
  }
  if (rgb.total() <= 2 * least_pixels) return Mask(image.width(), image.height());

  cv::Mat seeds = seeds_for(rgb, in_working_pixels(options, scale));
  if (!has_both_sides(seeds)) return Mask(image.width(), image.height());
  cv::Mat background_model, foreground_model;
  cv::setRNGSeed(fixed_seed);
  cv::grabCut(rgb, seeds, {}, background_model, foreground_model, options.iterations, cv::GC_INIT_WITH_MASK);

  cv::Mat subject = (seeds & 1) * 255;
  drop_specks(subject);
  if (scale < 1) {
    // Smoothing before enlarging turns the working pixels' staircase into a curve.
    cv::GaussianBlur(subject, subject, {0, 0}, 0.8);
    cv::resize(subject, subject, image.pixels().size(), 0, 0, cv::INTER_CUBIC);
    subject = subject > 127;
  }
  return Mask(subject);
}

}  // namespace inpaint
