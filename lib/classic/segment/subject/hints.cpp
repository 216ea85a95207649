#include "classic/segment/subject/hints_private.h"

#include <algorithm>
#include <cmath>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include "classic/segment/subject/labelling_private.h"

namespace inpaint::subject {
namespace {

constexpr float none = 1e9f;

cv::Rect scaled(cv::Rect box, cv::Rect crop, cv::Size working) {
  const double fx = static_cast<double>(working.width) / crop.width,
               fy = static_cast<double>(working.height) / crop.height;
  const int x0 = cvFloor((box.x - crop.x) * fx), y0 = cvFloor((box.y - crop.y) * fy),
            x1 = cvCeil((box.x + box.width - crop.x) * fx), y1 = cvCeil((box.y + box.height - crop.y) * fy);
  return cv::Rect(x0, y0, x1 - x0, y1 - y0) & cv::Rect({}, working);
}

void fix_points(const std::vector<PointText>& points, cv::Size picture, cv::Rect crop, cv::Mat& fixed) {
  const int radius = std::max(1, std::max(fixed.cols, fixed.rows) / 120);
  for (const PointText& point : points) {
    const cv::Point at(cvFloor((point.x.pixels(picture.width) - crop.x) * fixed.cols / crop.width),
                       cvFloor((point.y.pixels(picture.height) - crop.y) * fixed.rows / crop.height));
    cv::circle(fixed, at, radius, cv::Scalar(point.subject ? surely_subject : surely_background), cv::FILLED);
  }
}

// Per region, the share of its pixels that are fixed to this value.
std::vector<float> share_of(Fixed value, const RegionGraph& graph, const cv::Mat& fixed) {
  std::vector<float> share(graph.regions.size());
  for (int y = 0; y < fixed.rows; ++y) {
    for (int x = 0; x < fixed.cols; ++x) {
      const auto k = static_cast<size_t>(graph.labels.at<int>(y, x));
      if (fixed.at<uint8_t>(y, x) == value) share[k] += 1 / graph.regions[k].area;
    }
  }
  return share;
}

}  // namespace

cv::Rect part_to_look_at(const SubjectHints& hints, cv::Size picture) {
  if (!hints.box) return {{}, picture};
  const Box box = hints.box->in(picture.width, picture.height).grown(0, picture.width, picture.height);
  const int margin = std::max(8, std::max(box.width(), box.height()) / 5);
  return box.grown(margin, picture.width, picture.height).rect();
}

cv::Mat fixed_by(const SubjectHints& hints, cv::Size picture, cv::Rect crop, cv::Size working) {
  if (!hints.box && hints.points.empty() && hints.trimap.empty()) return {};
  cv::Mat fixed(working, CV_8U, cv::Scalar(free_pixel));
  if (!hints.trimap.empty()) {
    cv::Mat trimap;
    cv::resize(hints.trimap.values()(crop), trimap, working, 0, 0, cv::INTER_AREA);
    fixed.setTo(surely_subject, trimap == 255);
    fixed.setTo(surely_background, trimap == 0);
  }
  if (hints.box) {
    const Box box = hints.box->in(picture.width, picture.height).grown(0, picture.width, picture.height);
    cv::Mat outside(working, CV_8U, cv::Scalar(255));
    outside(scaled(box.rect(), crop, working)).setTo(0);
    fixed.setTo(surely_background, outside);
  }
  fix_points(hints.points, picture, crop, fixed);
  return fixed;
}

std::vector<float> follow_hints(const RegionGraph& graph, std::vector<float> probabilities, const cv::Mat& fixed) {
  constexpr float mostly = 0.5f, strength = 4;
  const std::vector<float> subject = share_of(surely_subject, graph, fixed),
                           background = share_of(surely_background, graph, fixed);
  // A point covers a part of its region only, and yet tells what the region is.
  const auto is_subject = [&](size_t i) { return subject[i] > background[i]; };
  const auto is_background = [&](size_t i) { return background[i] > 0 && (background[i] > mostly || subject[i] == 0); };
  const size_t count = probabilities.size();
  std::vector<float> from_subject(count, none), from_background(count, none), cost;
  bool told_subject = false;
  for (size_t i = 0; i < count; ++i) told_subject |= is_subject(i);
  for (size_t i = 0; i < count; ++i) {
    if (is_subject(i) || (!told_subject && !is_background(i) && probabilities[i] > 0.7f)) from_subject[i] = 0;
    const bool at_border = graph.regions[i].frame > 0 && probabilities[i] < 0.5f;
    if (!is_subject(i) && (is_background(i) || at_border)) from_background[i] = 0;
  }
  for (const Link& link : graph.links) cost.push_back(link.color / 2 + link.gradient);
  from_subject = path_distances(graph, from_subject, cost, Path::sum);
  from_background = path_distances(graph, from_background, cost, Path::sum);
  for (size_t i = 0; i < count; ++i) {
    const float p = std::clamp(probabilities[i], 0.01f, 0.99f), s = std::min(from_subject[i], none),
                b = std::min(from_background[i], none);
    const float odds = std::log(p / (1 - p)) + strength * (b - s) / (b + s + 1);
    probabilities[i] = is_subject(i) ? 1 : is_background(i) && background[i] > mostly ? 0 : 1 / (1 + std::exp(-odds));
  }
  return probabilities;
}

}  // namespace inpaint::subject
