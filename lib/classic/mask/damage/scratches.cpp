#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>

#include "classic/mask/damage/candidate_private.h"
#include "classic/mask/damage/cues_private.h"
#include "classic/mask/damage/strands_private.h"

namespace inpaint::damage {
namespace {

constexpr double shortest = 14;     // pixels of a level
constexpr int levels = 3;           // each finds lines twice as wide as the one before
constexpr int smallest_level = 48;  // pixels of its shorter side
constexpr double widest = 0.012;    // of the shorter side, for more than the first two levels

struct Level {
  cv::Mat grey, smooth;  // CV_32FC1
  cv::Mat rgb;           // CV_8UC3, slightly smooth
  Ridges ridges;
  cv::Mat strongest;  // of light and dark ridges
  cv::Mat texture;
  int scale;  // working pixels per pixel of the level
};

Level make_level(const cv::Mat& rgb, int scale) {
  cv::Mat grey;
  cv::cvtColor(rgb, grey, cv::COLOR_RGB2GRAY);
  grey.convertTo(grey, CV_32F);
  Level level{grey, {}, {}, find_ridges(grey), {}, {}, scale};
  cv::GaussianBlur(rgb, level.rgb, {3, 3}, 0.8);
  cv::GaussianBlur(grey, level.smooth, {0, 0}, 0.8, 0.8, cv::BORDER_REPLICATE);
  level.strongest = cv::max(level.ridges.light, level.ridges.dark);
  level.texture = texture_of(level.strongest);
  return level;
}

float at(const cv::Mat& values, cv::Point2d p) {
  return values.at<float>(std::clamp(cvRound(p.y), 0, values.rows - 1), std::clamp(cvRound(p.x), 0, values.cols - 1));
}

// What is measured along the line.
struct Along {
  Running strength, ratio, middle, sides, difference, roughness, parallel, width;
  Running color[3], side_color[3];
};

// How many of 13 places across the line, half a pixel apart, belong to it.
int width_at(const Level& level, cv::Point2d p, cv::Point2d across, float base, float own, int sign) {
  int out = 0;
  for (double d = -3; d <= 3; d += 0.5)
    out += static_cast<float>(sign) * (at(level.grey, p + across * d) - base) > 0.4f * own ? 1 : 0;
  return out;
}

void add_colors(const Level& level, cv::Point2d p, cv::Point2d across, Along& out) {
  const auto color = [&](cv::Point2d q) {
    return level.rgb.at<cv::Vec3b>(std::clamp(cvRound(q.y), 0, level.rgb.rows - 1),
                                   std::clamp(cvRound(q.x), 0, level.rgb.cols - 1));
  };
  const cv::Vec3b middle = color(p), left = color(p + across * 4), right = color(p - across * 4);
  for (int c = 0; c < 3; ++c) {
    out.color[c].add(middle[c]);
    out.side_color[c].add((left[c] + right[c]) / 2.0);
  }
}

float strongest_beside(const cv::Mat& strength, cv::Point2d p, cv::Point2d across) {
  float out = 0;
  for (int d = 5; d <= 12; ++d) {
    out = std::max({out, at(strength, p + across * d), at(strength, p - across * d)});
  }
  return out;
}

Along measure(const Level& level, const cv::Mat& strength, const cv::Mat& direction, int sign,
              const std::vector<cv::Point>& points) {
  Along out;
  for (const cv::Point& point : points) {
    const cv::Point2d p = point, along = ridge_course(direction.at<uint8_t>(point)), across(-along.y, along.x);
    const float own = strength.at<float>(point);
    const float left = at(level.smooth, p + across * 4), right = at(level.smooth, p - across * 4);
    out.strength.add(own);
    out.ratio.add(own / (level.texture.at<float>(point) + 0.5));
    out.middle.add(level.smooth.at<float>(point));
    out.sides.add((left + right) / 2);
    out.difference.add(std::abs(left - right));
    out.roughness.add(std::abs(left - at(level.smooth, p + across * 7)) +
                      std::abs(right - at(level.smooth, p - across * 7)));
    out.parallel.add(strongest_beside(level.strongest, p, across));
    out.width.add(width_at(level, p, across, (left + right) / 2, own, sign));
    add_colors(level, p, across, out);
  }
  return out;
}

struct Shape {
  double length;    // extent along the main direction
  double residual;  // root mean square distance from the parabola that fits best
  double covered;   // share of the extent that has points
};

// `points` by their projection on the main direction.
Shape shape_of(const std::vector<cv::Point>& points, const Strand& whole) {
  const cv::Point2d along = whole.course, across(-along.y, along.x), origin = points.front();
  cv::Matx33d squares = cv::Matx33d::zeros();
  cv::Vec3d products(0, 0, 0);
  const auto terms = [&](const cv::Point& p) {
    const double u = (cv::Point2d(p) - origin).dot(along) / whole.length;
    return cv::Vec3d(1, u, u * u);
  };
  std::vector<uint8_t> seen(static_cast<size_t>(whole.length) + 2, 0);
  for (const cv::Point& p : points) {
    const cv::Vec3d t = terms(p);
    squares += t * t.t();
    products += t * (cv::Point2d(p) - origin).dot(across);
    seen[static_cast<size_t>(std::max(0.0, t[1] * whole.length))] = 1;
  }
  cv::Vec3d fit;
  cv::solve(squares, products, fit, cv::DECOMP_SVD);
  double residual = 0;
  for (const cv::Point& p : points) {
    const double off = (cv::Point2d(p) - origin).dot(across) - terms(p).dot(fit);
    residual += off * off;
  }
  return {whole.length, std::sqrt(residual / static_cast<double>(points.size())),
          static_cast<double>(std::count(seen.begin(), seen.end(), 1)) / whole.length};
}

double spread_of(const Running (&channels)[3]) {
  return channels[0].spread() + channels[1].spread() + channels[2].spread();
}

std::vector<float> cues_of(const Level& level, const Shape& shape, const Along& m, bool dark) {
  const double strength = m.strength.mean();
  const double diagonal = std::hypot(level.grey.cols, level.grey.rows);
  return {log2_of(shape.length / shortest),
          log2_of(shape.length / diagonal) + 5,
          log2_of(strength) - 3,
          log2_of(m.ratio.mean()) - 1,
          static_cast<float>(m.difference.mean() / strength),
          static_cast<float>(m.strength.spread() / strength),
          log2_of(shape.residual + 0.2),
          static_cast<float>(shape.covered),
          static_cast<float>(m.middle.spread() / strength),
          log2_of((m.middle.spread() + 2) / (m.sides.spread() + 2)),
          static_cast<float>(m.roughness.mean() / strength),
          static_cast<float>(m.parallel.mean() / strength),
          log2_of(level.scale),
          dark ? 1.0f : 0.0f,
          static_cast<float>(m.width.mean()),
          static_cast<float>(m.width.spread()),
          static_cast<float>(spread_of(m.color) / strength),
          log2_of((spread_of(m.color) + 6) / (spread_of(m.side_color) + 6)),
          static_cast<float>(m.middle.mean()),
          static_cast<float>(std::max({m.color[0].mean(), m.color[1].mean(), m.color[2].mean()}) -
                             std::min({m.color[0].mean(), m.color[1].mean(), m.color[2].mean()}))};
}

// Marks the line's width at one point of its middle: as far as it differs from its sides. `strength`: its sign tells
// whether the line is lighter; `certain`: the middle is marked in any case.
void mark_across(const Level& level, cv::Point point, cv::Point2d along, float strength, bool certain, cv::Point origin,
                 cv::Mat& out) {
  const cv::Point2d across(-along.y, along.x), p = point;
  const float base = (at(level.grey, p + across * 4) + at(level.grey, p - across * 4)) / 2;
  for (double d = -3; d <= 3; d += 0.5) {
    const cv::Point q(cvRound(p.x + across.x * d) - origin.x, cvRound(p.y + across.y * d) - origin.y);
    if (!cv::Rect({}, out.size()).contains(q)) continue;
    const bool differs = (level.grey.at<float>(q + origin) - base) / strength > 0.35f;
    if (differs || (certain && std::abs(d) < 0.6)) out.at<uint8_t>(q) = 255;
  }
}

std::vector<cv::Point> covered_pixels(const Level& level, const cv::Mat& strength, const cv::Mat& direction, int sign,
                                      float typical, const std::vector<cv::Point>& points) {
  const cv::Rect box = cv::boundingRect(points);
  const cv::Rect area = cv::Rect(box.x - 4, box.y - 4, box.width + 8, box.height + 8) & cv::Rect({}, level.grey.size());
  cv::Mat marks = cv::Mat::zeros(area.size(), CV_8U);
  const auto certain = [&](size_t i) {  // a ridge reaches beyond the end of its line
    return i > ridge_half_length && i + ridge_half_length + 1 < points.size();
  };
  for (size_t i = 0; i < points.size(); ++i) {
    const float own = std::max(strength.at<float>(points[i]), 0.6f * typical) * static_cast<float>(sign);
    mark_across(level, points[i], ridge_course(direction.at<uint8_t>(points[i])), own, certain(i), area.tl(), marks);
    if (i > 0 && certain(i - 1) && certain(i)) cv::line(marks, points[i - 1] - area.tl(), points[i] - area.tl(), 255);
  }
  std::vector<cv::Point> out, inside;
  cv::findNonZero(marks, inside);
  for (const cv::Point& p : inside) {
    for (int k = 0; k < level.scale * level.scale; ++k) {
      out.push_back((p + area.tl()) * level.scale + cv::Point(k % level.scale, k / level.scale));
    }
  }
  return out;
}

std::vector<LineEnd> ends_of(const std::vector<cv::Point>& points, int scale) {
  const size_t reach = std::min<size_t>(points.size() - 1, 16);
  const auto end = [&](const cv::Point& at, const cv::Point& inner) {
    const cv::Point2d way(at - inner);
    return LineEnd{cv::Point2d(at) * scale, way * (1 / std::max(1e-9, cv::norm(way)))};
  };
  return {end(points.front(), points[reach]), end(points.back(), points[points.size() - 1 - reach])};
}

// Last of all, how much else of this strength there is in the picture: a scratch is rare.
void add_context(std::vector<Candidate>& candidates, size_t first, double diagonal) {
  std::vector<std::pair<float, double>> lengths;  // by strength, strongest first
  for (size_t i = first; i < candidates.size(); ++i) {
    lengths.emplace_back(-candidates[i].cues[2], std::exp2(candidates[i].cues[0]) * shortest / diagonal);
  }
  std::sort(lengths.begin(), lengths.end());
  for (size_t i = 1; i < lengths.size(); ++i) lengths[i].second += lengths[i - 1].second;
  for (size_t i = first; i < candidates.size(); ++i) {
    const float half = candidates[i].cues[2] - 1;
    const auto past = std::upper_bound(lengths.begin(), lengths.end(), std::pair<float, double>{-half, 1e9});
    candidates[i].cues.push_back(log2_of((past - 1)->second + 0.01));
  }
}

// How much of other lines, of both signs, lies ahead of the candidate's ends, in lengths of its own: pieces of a
// scratch that the picture's content interrupts.
void add_continuations(std::vector<Candidate>& candidates, size_t first, int scale) {
  const double farthest = 150.0 * scale;
  struct Course {
    cv::Point2d middle, along;
    double length;
  };
  std::vector<Course> courses;
  for (size_t i = first; i < candidates.size(); ++i) {
    const cv::Point2d a = candidates[i].ends[0].at, b = candidates[i].ends[1].at;
    const double length = std::max(1.0, cv::norm(b - a));
    courses.push_back({(a + b) / 2, (b - a) / length, length});
  }
  for (size_t i = first; i < candidates.size(); ++i) {
    double ahead = 0;
    for (const Course& other : courses) {
      for (const LineEnd& end : candidates[i].ends) {
        const cv::Point2d way = other.middle - end.at;
        const double forward = way.dot(end.outwards) - other.length / 2;
        if (forward < -4.0 * scale || forward > farthest || std::abs(other.along.dot(end.outwards)) < 0.985) continue;
        if (std::abs(way.cross(end.outwards)) < 2.0 * scale + 0.06 * way.dot(end.outwards)) ahead += other.length;
      }
    }
    candidates[i].cues.push_back(log2_of(ahead / courses[i - first].length + 0.05));
  }
}

void add_candidates(const Level& level, bool dark, std::vector<Candidate>& out) {
  const cv::Mat& strength = dark ? level.ridges.dark : level.ridges.light;
  const cv::Mat& direction = dark ? level.ridges.dark_direction : level.ridges.light_direction;
  const int sign = dark ? -1 : 1;
  const size_t first = out.size();
  const std::vector<Strand> strands = follow_crests(strength, direction, level.texture);
  for (const std::vector<size_t>& group : link_strands(strands)) {
    std::vector<cv::Point> points;
    for (const size_t i : group) points.insert(points.end(), strands[i].points.begin(), strands[i].points.end());
    const Strand whole = straighten(std::move(points));
    if (whole.length < shortest) continue;
    points = whole.points;
    const Shape shape = shape_of(points, whole);
    const Along along = measure(level, strength, direction, sign, points);
    out.push_back({covered_pixels(level, strength, direction, sign, static_cast<float>(along.strength.mean()), points),
                   cues_of(level, shape, along, dark), ends_of(points, level.scale)});
  }
  add_context(out, first, std::hypot(level.grey.cols, level.grey.rows));
}

}  // namespace

std::vector<Candidate> find_scratches(const cv::Mat& rgb) {
  std::vector<Candidate> out;
  cv::Mat smaller = rgb;
  for (int i = 0, scale = 1; i < levels; ++i, scale *= 2) {
    const int side = std::min(rgb.cols, rgb.rows);
    if (i > 0 && (side < smallest_level * scale || (i > 1 && 4 * scale > widest * side))) break;
    if (i > 0) {
      cv::Mat half;
      cv::resize(smaller, half, {smaller.cols / 2, smaller.rows / 2}, 0, 0, cv::INTER_AREA);
      smaller = half;
    }
    const Level level = make_level(smaller, scale);
    const size_t first = out.size();
    add_candidates(level, false, out);
    add_candidates(level, true, out);
    add_continuations(out, first, scale);
  }
  return out;
}

}  // namespace inpaint::damage
