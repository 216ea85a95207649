#include "classic/mask/strokes.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <opencv2/core.hpp>

#include "classic/mask/row_private.h"
#include "core/error.h"

namespace inpaint {
namespace {

using nlohmann::json;

Stroke parse_stroke(const json& entry, const std::string& where) {
  if (!entry.is_object()) throw SpecError(where + ": expected an object with \"points\"");
  Stroke stroke;
  for (const auto& [key, value] : entry.items()) {
    if (key == "points") {
      if (!value.is_array()) throw SpecError(where + ".points: expected a list of [x, y]");
      for (const json& point : value) {
        if (!point.is_array() || point.size() != 2 || !point[0].is_number() || !point[1].is_number()) {
          throw SpecError(where + ".points: expected a list of [x, y]");
        }
        stroke.points.emplace_back(point[0].get<double>(), point[1].get<double>());
      }
    } else if (key == "width") {
      if (!value.is_number() || value.get<double>() <= 0) throw SpecError(where + ".width: expected a number above 0");
      stroke.width = value.get<double>();
    } else if (key == "erase") {
      if (!value.is_boolean()) throw SpecError(where + ".erase: expected true or false");
      stroke.erase = value.get<bool>();
    } else {
      throw SpecError(where + ": unknown key '" + key + "' (known: points, width, erase)");
    }
  }
  if (stroke.points.empty()) throw SpecError(where + ": a stroke needs at least one point");
  return stroke;
}

// Where a row crosses a convex shape: from the least to the largest x that was added.
struct Span {
  double low = std::numeric_limits<double>::infinity(), high = -low;
  void add(double x) { low = std::min(low, x), high = std::max(high, x); }
  void add_disc(const cv::Point2d& centre, double radius, double y) {
    const double dy = y - centre.y;
    if (std::abs(dy) > radius) return;
    const double half = std::sqrt(radius * radius - dy * dy);
    add(centre.x - half), add(centre.x + half);
  }
  void add_edge(const cv::Point2d& a, const cv::Point2d& b, double y) {
    if ((a.y <= y) != (b.y <= y)) add(a.x + (y - a.y) / (b.y - a.y) * (b.x - a.x));
  }
};

// All pixels whose centres are within `radius` of the line from a to b.
void draw_segment(cv::Mat& values, const cv::Point2d& a, const cv::Point2d& b, double radius, uint8_t value) {
  const cv::Point2d along = b - a;
  const double length = std::hypot(along.x, along.y);
  const cv::Point2d side = length > 0 ? cv::Point2d(-along.y, along.x) * (radius / length) : cv::Point2d();
  const double top = std::min(a.y, b.y) - radius, bottom = std::max(a.y, b.y) + radius;
  const int y0 = static_cast<int>(std::clamp(std::floor(top), 0.0, static_cast<double>(values.rows)));
  const int y1 = static_cast<int>(std::clamp(std::ceil(bottom), 0.0, static_cast<double>(values.rows)));
  for (int y = y0; y < y1; ++y) {
    Span span;
    span.add_disc(a, radius, y + 0.5);
    span.add_disc(b, radius, y + 0.5);
    span.add_edge(a + side, b + side, y + 0.5);
    span.add_edge(a - side, b - side, y + 0.5);
    fill_row(values.row(y), span.low, span.high, value);
  }
}

void draw(cv::Mat& values, const Stroke& stroke) {
  const double limit = 1e7;  // far outside any picture; its square is still exact to a millionth of a pixel
  const auto near = [&](const cv::Point2d& p) {
    return cv::Point2d(std::clamp(p.x, -limit, limit), std::clamp(p.y, -limit, limit));
  };
  const double radius = std::min(stroke.width, 2 * limit) / 2;
  for (size_t i = 0; i < stroke.points.size(); ++i) {
    draw_segment(values, near(stroke.points[i > 0 ? i - 1 : 0]), near(stroke.points[i]), radius,
                 stroke.erase ? 0 : 255);
  }
}

}  // namespace

std::vector<Stroke> parse_strokes(std::string_view json_text) {
  json list;
  try {
    list = json::parse(json_text);
  } catch (const json::exception& error) {
    throw SpecError(std::string("not JSON: ") + error.what());
  }
  if (!list.is_array()) throw SpecError("expected a JSON list of strokes");
  std::vector<Stroke> strokes;
  for (size_t i = 0; i < list.size(); ++i) strokes.push_back(parse_stroke(list[i], "stroke " + std::to_string(i + 1)));
  return strokes;
}

Mask draw_strokes(const Mask& base, const std::vector<Stroke>& strokes) {
  cv::Mat values = base.values().clone();
  for (const Stroke& stroke : strokes) draw(values, stroke);
  return Mask(values);
}

}  // namespace inpaint
