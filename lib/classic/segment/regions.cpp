#include "classic/segment/regions.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>
#include <utility>

namespace inpaint {
namespace {

constexpr double simplification = 0.45;  // pixels; steps are cut by half a pixel before

cv::Mat framed(const cv::Mat& part) {
  cv::Mat out;
  cv::copyMakeBorder(part, out, 1, 1, 1, 1, cv::BORDER_CONSTANT, cv::Scalar(0));
  return out;
}

// Walks along the edges between pixels with the part on the right hand, from the top of its first pixel until it is
// there again; where two pixels meet at a corner only, they belong together. Returns the corners.
std::vector<cv::Point> trace_outline(const cv::Mat& part) {
  const cv::Mat grid = framed(part);
  const auto is_in = [&](cv::Point pixel) { return grid.at<uint8_t>(pixel.y + 1, pixel.x + 1) != 0; };
  cv::Point start(0, 0);
  while (!is_in(start)) ++start.x;  // the box touches the part, so its first row holds some
  std::vector<cv::Point> corners;
  cv::Point at = start, ahead(1, 0);
  do {
    corners.push_back(at);
    cv::Point left, right;
    do {
      at += ahead;
      // Of the four pixels around a corner, the two that lie ahead of it; (x,y) lies to the lower right of corner x,y.
      const cv::Point side(-ahead.y, ahead.x);  // to the right hand
      right = {at.x + (ahead.x + side.x - 1) / 2, at.y + (ahead.y + side.y - 1) / 2};
      left = right - side;
    } while (is_in(right) && !is_in(left) && at != start);
    ahead = is_in(left) ? cv::Point(ahead.y, -ahead.x) : cv::Point(-ahead.y, ahead.x);
  } while (at != start);
  return corners;
}

// A slope's staircase becomes the line through the middles of its steps: edges of one pixel with a turn to one side
// before them and to the other after them. Where the way turns back between two steps, the edge there is kept, lest a
// curve lose its farthest points.
std::vector<cv::Point2f> without_steps(const std::vector<cv::Point>& corners) {
  const size_t n = corners.size();
  const auto corner = [&](size_t i) { return corners[i % n]; };
  const auto turn = [&](size_t i) { return (corner(i) - corner(i + n - 1)).cross(corner(i + 1) - corner(i)) > 0; };
  const auto is_step = [&](size_t i) {  // the edge that begins at corner i
    const cv::Point edge = corner(i + 1) - corner(i);
    return std::abs(edge.x) + std::abs(edge.y) == 1 && turn(i) != turn(i + 1);
  };
  std::vector<cv::Point2f> out;
  for (size_t i = 0; i < n; ++i) {
    const cv::Point2f from = corner(i), to = corner(i + 1);
    if (is_step(i)) {
      out.push_back((from + to) / 2);
      continue;
    }
    const bool starts_cut = is_step(i + n - 1), turns_back = turn(i) == turn(i + 1);
    if (!starts_cut) out.push_back(from);
    if (starts_cut && turns_back) out.push_back(from + (to - from) / 4);
    if (is_step(i + 1) && turns_back) out.push_back(to - (to - from) / 4);
  }
  return out;
}

std::vector<cv::Point2f> simplified(const std::vector<cv::Point>& corners) {
  const std::vector<cv::Point2f> smooth = without_steps(corners);
  std::vector<cv::Point2f> out;
  cv::approxPolyDP(smooth, out, simplification, true);
  return out.size() < 3 ? smooth : out;
}

bool encloses_others(const cv::Mat& part) {
  cv::Mat labels;
  return cv::connectedComponents(framed(part) == 0, labels, 4, CV_32S) > 2;  // label 0 and the surroundings
}

// Run lengths down the columns of the whole picture, in turn outside and inside the region.
std::vector<int64_t> run_lengths(const MaskRegion& region, cv::Size size) {
  std::vector<int64_t> runs;
  uint8_t last = 0;
  int64_t length = 0;
  const auto add = [&](uint8_t value, int64_t count) {
    if (count == 0) return;
    if (value != last) runs.push_back(std::exchange(length, 0));
    last = value;
    length += count;
  };
  const Box& box = region.box;
  add(0, static_cast<int64_t>(box.x0) * size.height);
  for (int x = 0; x < box.width(); ++x) {
    add(0, box.y0);
    for (int y = 0; y < box.height(); ++y) add(region.mask.values().at<uint8_t>(y, x), 1);
    add(0, size.height - box.y1);
  }
  add(0, static_cast<int64_t>(size.width - box.x1) * size.height);
  runs.push_back(length);
  return runs;
}

nlohmann::json segmentation_of(const MaskRegion& region, cv::Size size) {
  if (region.has_holes) return {{"size", {size.height, size.width}}, {"counts", run_lengths(region, size)}};
  std::vector<float> polygon;
  for (const cv::Point2f& corner : region.outline) polygon.insert(polygon.end(), {corner.x, corner.y});
  return nlohmann::json::array({polygon});
}

}  // namespace

std::vector<MaskRegion> regions_of(const Mask& mask) {
  cv::Mat labels, stats, centroids;
  const int count =
      mask.empty() ? 0 : cv::connectedComponentsWithStats(mask.values() > 127, labels, stats, centroids, 8, CV_32S);
  const auto area = [&](int label) { return stats.at<int>(label, cv::CC_STAT_AREA); };
  std::vector<int> order;
  for (int label = 1; label < count; ++label) order.push_back(label);
  std::stable_sort(order.begin(), order.end(), [&](int a, int b) { return area(a) > area(b); });
  std::vector<MaskRegion> regions;
  for (const int label : order) {
    if (area(label) < area(order.front()) / 100.0 || area(label) < static_cast<double>(labels.total()) / 10000) break;
    const cv::Rect rect(stats.at<int>(label, cv::CC_STAT_LEFT), stats.at<int>(label, cv::CC_STAT_TOP),
                        stats.at<int>(label, cv::CC_STAT_WIDTH), stats.at<int>(label, cv::CC_STAT_HEIGHT));
    const cv::Mat part = labels(rect) == label;
    MaskRegion region{{rect.x, rect.y, rect.br().x, rect.br().y},
                      area(label),
                      Mask(part),
                      simplified(trace_outline(part)),
                      encloses_others(part)};
    for (cv::Point2f& corner : region.outline) corner += cv::Point2f(rect.tl());
    regions.push_back(std::move(region));
  }
  return regions;
}

Image crop_region(const Image& image, const MaskRegion& region) {
  const int margin = std::max(2, cvRound(0.04 * std::max(region.box.width(), region.box.height())));
  const Box frame = region.box.grown(margin, image.width(), image.height());
  const Image crop = image.with_pixels(image.pixels()(frame.rect()).clone());
  const cv::Mat own = crop.alpha();
  cv::Mat alpha = cv::Mat::zeros(own.size(), own.type());
  const cv::Rect inside = region.box.rect() - cv::Point(frame.x0, frame.y0);
  own(inside).copyTo(alpha(inside), region.mask.values());
  return crop.with_alpha(alpha);
}

nlohmann::json coco_of(const std::vector<MaskRegion>& regions, const std::string& file_name, cv::Size size,
                       std::optional<double> score) {
  nlohmann::json annotations = nlohmann::json::array();
  for (const MaskRegion& region : regions) {
    annotations.push_back({{"id", annotations.size() + 1},
                           {"image_id", 1},
                           {"category_id", 1},
                           {"bbox", {region.box.x0, region.box.y0, region.box.width(), region.box.height()}},
                           {"area", region.area},
                           {"segmentation", segmentation_of(region, size)},
                           {"iscrowd", 0}});
    if (score) annotations.back()["score"] = *score;
  }
  const nlohmann::json image = {{"id", 1}, {"file_name", file_name}, {"width", size.width}, {"height", size.height}};
  const nlohmann::json subject = {{"id", 1}, {"name", "subject"}};
  return {{"images", nlohmann::json::array({image})},
          {"categories", nlohmann::json::array({subject})},
          {"annotations", std::move(annotations)}};
}

}  // namespace inpaint
