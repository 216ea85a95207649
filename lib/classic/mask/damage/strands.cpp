#include "classic/mask/damage/strands_private.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <opencv2/imgproc.hpp>

namespace inpaint::damage {
namespace {

constexpr float least_strength = 3.5f;  // grey levels, along the whole strand
constexpr float clear_strength = 7.0f;  // grey levels, somewhere on it
constexpr float least_ratio = 1.3f;     // to the texture
constexpr float clear_ratio = 2.2f;
constexpr size_t fewest_points = 6;
constexpr double widest_break = 16;  // pixels
constexpr int neighbour_reach = 2;   // a crest's next pixel lies so far at most

cv::Mat crests(const cv::Mat& strength, const cv::Mat& direction, const cv::Mat& texture) {
  cv::Mat out = cv::Mat::zeros(strength.size(), CV_8U);
  std::array<cv::Point, ridge_directions> across;
  for (int i = 0; i < ridge_directions; ++i)
    across[static_cast<size_t>(i)] = {cvRound(-ridge_course(i).y), cvRound(ridge_course(i).x)};
  for (int y = 0; y < strength.rows; ++y) {
    for (int x = 0; x < strength.cols; ++x) {
      const float value = strength.at<float>(y, x);
      if (value < least_strength || value < least_ratio * texture.at<float>(y, x)) continue;
      const cv::Point step = across[direction.at<uint8_t>(y, x)];
      const auto at = [&](int sign) {
        const int px = x + sign * step.x, py = y + sign * step.y;
        const bool inside = px >= 0 && py >= 0 && px < strength.cols && py < strength.rows;
        return inside ? strength.at<float>(py, px) : 0.0f;
      };
      if (value > at(1) && value >= at(-1)) out.at<uint8_t>(y, x) = 255;
    }
  }
  return out;
}

bool alike(int direction_a, int direction_b) {
  const int turn = std::abs(direction_a - direction_b);
  return std::min(turn, ridge_directions - turn) <= 2;
}

std::vector<cv::Point> follow(cv::Point start, cv::Mat& left, const cv::Mat& direction) {
  std::vector<cv::Point> out{start};
  left.at<uint8_t>(start) = 0;
  for (size_t i = 0; i < out.size(); ++i) {
    const cv::Point from = out[i];
    const int x1 = std::min(left.cols - 1, from.x + neighbour_reach),
              y1 = std::min(left.rows - 1, from.y + neighbour_reach);
    for (int y = std::max(0, from.y - neighbour_reach); y <= y1; ++y) {
      for (int x = std::max(0, from.x - neighbour_reach); x <= x1; ++x) {
        if (left.at<uint8_t>(y, x) == 0 || !alike(direction.at<uint8_t>(y, x), direction.at<uint8_t>(from))) continue;
        left.at<uint8_t>(y, x) = 0;
        out.emplace_back(x, y);
      }
    }
  }
  return out;
}

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

Strand make_strand(std::vector<cv::Point> points, const cv::Mat& strength) {
  std::vector<double> values;
  for (const cv::Point& p : points) values.push_back(strength.at<float>(p));
  Strand out = straighten(std::move(points));
  out.strength = median(std::move(values));
  return out;
}

struct End {
  cv::Point2d at, outwards;  // where the strand stops, and its direction there (a unit vector)
  size_t strand;
};

std::array<End, 2> ends_of(const std::vector<Strand>& strands, size_t index) {
  const Strand& s = strands[index];
  const size_t reach = std::min<size_t>(s.points.size() - 1, 12);
  const auto end = [&](const cv::Point& at, const cv::Point& inner) {
    const cv::Point2d way(at - inner);
    return End{at, way * (1 / std::max(1e-9, cv::norm(way))), index};
  };
  return {end(s.points.front(), s.points[reach]), end(s.points.back(), s.points[s.points.size() - 1 - reach])};
}

bool continue_one_another(const End& a, const End& b, const std::vector<Strand>& strands) {
  if (a.strand == b.strand || a.outwards.dot(b.outwards) > -0.85) return false;
  const double sa = strands[a.strand].strength, sb = strands[b.strand].strength;
  if (std::min(sa, sb) < 0.45 * std::max(sa, sb)) return false;
  const cv::Point2d gap = b.at - a.at;
  const double way = cv::norm(gap), shorter = std::min(strands[a.strand].length, strands[b.strand].length);
  if (way > std::min(widest_break, 4 + 0.7 * shorter)) return false;
  return way < 4 || (gap.dot(a.outwards) > 0.9 * way && gap.dot(b.outwards) < -0.9 * way);
}

size_t root_of(std::vector<size_t>& parents, size_t i) {
  while (parents[i] != i) i = parents[i] = parents[parents[i]];
  return i;
}

}  // namespace

Strand straighten(std::vector<cv::Point> points) {
  cv::Point2d middle;
  for (const cv::Point& p : points) middle += cv::Point2d(p);
  middle *= 1.0 / static_cast<double>(points.size());
  double xx = 0, xy = 0, yy = 0;
  for (const cv::Point& p : points) {
    const cv::Point2d d = cv::Point2d(p) - middle;
    xx += d.x * d.x;
    xy += d.x * d.y;
    yy += d.y * d.y;
  }
  Strand out;
  const double angle = 0.5 * std::atan2(2 * xy, xx - yy);
  out.course = {std::cos(angle), std::sin(angle)};
  std::stable_sort(points.begin(), points.end(), [&](const cv::Point& a, const cv::Point& b) {
    return cv::Point2d(a).dot(out.course) < cv::Point2d(b).dot(out.course);
  });
  out.length = cv::Point2d(points.back() - points.front()).dot(out.course) + 1;
  out.points = std::move(points);
  return out;
}

cv::Mat texture_of(const cv::Mat& strongest) {
  cv::Mat texture;
  cv::boxFilter(strongest, texture, CV_32F, {33, 33}, {-1, -1}, true, cv::BORDER_REFLECT);
  return texture;
}

std::vector<Strand> follow_crests(const cv::Mat& strength, const cv::Mat& direction, const cv::Mat& texture) {
  cv::Mat left = crests(strength, direction, texture);
  std::vector<Strand> out;
  for (int y = 0; y < left.rows; ++y) {
    for (int x = 0; x < left.cols; ++x) {
      if (left.at<uint8_t>(y, x) == 0) continue;
      std::vector<cv::Point> points = follow({x, y}, left, direction);
      const bool clear = std::any_of(points.begin(), points.end(), [&](const cv::Point& p) {
        return strength.at<float>(p) >= std::max(clear_strength, clear_ratio * texture.at<float>(p));
      });
      if (clear && points.size() >= fewest_points) out.push_back(make_strand(std::move(points), strength));
    }
  }
  return out;
}

std::vector<std::vector<size_t>> link_strands(const std::vector<Strand>& strands) {
  std::vector<End> ends;
  for (size_t i = 0; i < strands.size(); ++i) {
    for (const End& end : ends_of(strands, i)) ends.push_back(end);
  }
  std::stable_sort(ends.begin(), ends.end(), [](const End& a, const End& b) { return a.at.x < b.at.x; });
  std::vector<size_t> parents(strands.size());
  std::iota(parents.begin(), parents.end(), size_t{0});
  for (size_t i = 0; i < ends.size(); ++i) {
    for (size_t j = i + 1; j < ends.size() && ends[j].at.x - ends[i].at.x <= widest_break; ++j) {
      if (continue_one_another(ends[i], ends[j], strands)) {
        const size_t a = root_of(parents, ends[i].strand), b = root_of(parents, ends[j].strand);
        parents[std::max(a, b)] = std::min(a, b);
      }
    }
  }
  std::vector<std::vector<size_t>> groups(strands.size());
  for (size_t i = 0; i < strands.size(); ++i) groups[root_of(parents, i)].push_back(i);
  std::erase_if(groups, [](const std::vector<size_t>& group) { return group.empty(); });
  return groups;
}

}  // namespace inpaint::damage
