#include "image/box.h"

#include <algorithm>
#include <cmath>

#include "core/names.h"

namespace inpaint {
namespace {

Length parse_length(std::string text, const char* expected) {
  Length length;
  if (!text.empty() && text.back() == '%') {
    length.percent = true;
    text.pop_back();
  }
  try {
    length.value = Codec<double>::parse(text);
  } catch (const BadValue&) {
    throw BadValue(expected);
  }
  return length;
}

std::vector<Length> parse_lengths(const std::string& text, const char* expected) {
  std::vector<Length> lengths;
  for (const std::string& piece : split(text, ',')) lengths.push_back(parse_length(piece, expected));
  return lengths;
}

std::string print_lengths(const std::vector<Length>& lengths) {
  std::vector<std::string> pieces;
  for (const Length& length : lengths) pieces.push_back(Codec<Length>::print(length));
  return join(pieces, ",");
}

}  // namespace

Box Box::grown(int margin, int image_width, int image_height) const {
  return {std::max(0, x0 - margin), std::max(0, y0 - margin), std::min(image_width, x1 + margin),
          std::min(image_height, y1 + margin)};
}

bool Box::overlaps(const Box& other) const { return x0 < other.x1 && other.x0 < x1 && y0 < other.y1 && other.y0 < y1; }

Box Box::united(const Box& other) const {
  return {std::min(x0, other.x0), std::min(y0, other.y0), std::max(x1, other.x1), std::max(y1, other.y1)};
}

Box BoxText::in(int image_width, int image_height) const {
  const auto round = [](double v) { return static_cast<int>(std::lround(std::clamp(v, -1e8, 1e8))); };
  const double left = x.pixels(image_width), top = y.pixels(image_height);
  return {round(left), round(top), round(left + w.pixels(image_width)), round(top + h.pixels(image_height))};
}

Length Codec<Length>::parse(const std::string& text) {
  const char* expected = "a length of 0 or more in pixels or percent, such as 40 or 8%";
  const Length length = parse_length(text, expected);
  if (length.value < 0 || length.value > 1e6) throw BadValue(expected);
  return length;
}

std::string Codec<Length>::print(const Length& length) {
  return Codec<double>::print(length.value) + (length.percent ? "%" : "");
}

BoxText Codec<BoxText>::parse(const std::string& text) {
  const char* expected = "x,y,w,h in pixels or percent, with w and h above 0";
  const auto v = parse_lengths(text, expected);
  if (v.size() != 4 || v[2].value <= 0 || v[3].value <= 0) throw BadValue(expected);
  return {v[0], v[1], v[2], v[3]};
}

std::string Codec<BoxText>::print(const BoxText& box) { return print_lengths({box.x, box.y, box.w, box.h}); }

PolygonText Codec<PolygonText>::parse(const std::string& text) {
  const char* expected = "at least three corners x,y,x,y,x,y in pixels or percent";
  PolygonText polygon{parse_lengths(text, expected)};
  if (polygon.coordinates.size() < 6 || polygon.coordinates.size() % 2 != 0) throw BadValue(expected);
  return polygon;
}

std::string Codec<PolygonText>::print(const PolygonText& polygon) { return print_lengths(polygon.coordinates); }

PointText Codec<PointText>::parse(const std::string& text) {
  const char* expected = "x,y or x,y,1 (subject) or x,y,0 (background), in pixels or percent";
  const auto v = parse_lengths(text, expected);
  if (v.size() < 2 || v.size() > 3) throw BadValue(expected);
  if (v.size() == 3 && (v[2].percent || (v[2].value != 0 && v[2].value != 1))) throw BadValue(expected);
  return {v[0], v[1], v.size() == 2 || v[2].value == 1};
}

std::string Codec<PointText>::print(const PointText& point) {
  return print_lengths({point.x, point.y}) + (point.subject ? ",1" : ",0");
}

}  // namespace inpaint
