#include "classic/mask/strokes.h"

#include <cmath>
#include <nlohmann/json.hpp>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

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

void draw(cv::Mat& values, const Stroke& stroke) {
  constexpr int sub_pixel_bits = 4;
  const auto fixed = [](const cv::Point2d& p) {
    const double limit = 1e6;  // far outside any picture, well inside OpenCV's integers
    return cv::Point(static_cast<int>(std::lround(std::clamp(p.x - 0.5, -limit, limit) * (1 << sub_pixel_bits))),
                     static_cast<int>(std::lround(std::clamp(p.y - 0.5, -limit, limit) * (1 << sub_pixel_bits))));
  };
  const cv::Scalar value(stroke.erase ? 0 : 255);
  const int thickness = std::max(1, static_cast<int>(std::lround(std::min(stroke.width, 32767.0))));
  const int radius = static_cast<int>(std::lround(stroke.width / 2 * (1 << sub_pixel_bits)));
  for (size_t i = 0; i < stroke.points.size(); ++i) {
    cv::circle(values, fixed(stroke.points[i]), radius, value, cv::FILLED, cv::LINE_8, sub_pixel_bits);
    if (i > 0) cv::line(values, fixed(stroke.points[i - 1]), fixed(stroke.points[i]), value, thickness, cv::LINE_8, sub_pixel_bits);
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
