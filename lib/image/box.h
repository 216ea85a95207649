#pragma once
#include <opencv2/core/types.hpp>
#include <string>
#include <vector>

#include "core/codec.h"

namespace inpaint {

/// Half-open pixel rectangle: x0 <= x < x1, y0 <= y < y1.
struct Box {
  int x0 = 0, y0 = 0, x1 = 0, y1 = 0;
  int width() const { return x1 - x0; }
  int height() const { return y1 - y0; }
  bool empty() const { return x1 <= x0 || y1 <= y0; }
  bool operator==(const Box&) const = default;
  cv::Rect rect() const { return {x0, y0, width(), height()}; }
  /// Grown by `margin` pixels on each side, cut to a picture of this size.
  Box grown(int margin, int image_width, int image_height) const;
  bool overlaps(const Box& other) const;
  Box united(const Box& other) const;
};

/// A length in pixels or, written with %, in hundredths of the picture's width or height.
struct Length {
  double value = 0;
  bool percent = false;
  double pixels(int full) const { return percent ? value * full / 100.0 : value; }
};

/// "x,y,w,h" in pixels or percent, e.g. "10%,10%,200,50%".
struct BoxText {
  Length x, y, w, h;
  /// The box in a picture of this size, rounded, not yet cut to the picture.
  Box in(int image_width, int image_height) const;
};

/// "x1,y1,x2,y2,..." in pixels or percent, at least three corners.
struct PolygonText {
  std::vector<Length> coordinates;
};

/// "x,y" or "x,y,1" (a point on the subject), "x,y,0" (a point on the background).
struct PointText {
  Length x, y;
  bool subject = true;
};

template <>
struct Codec<Length> {
  static constexpr const char* value_name = "N[%]";
  static Length parse(const std::string& text);
  static std::string print(const Length& length);
};
template <>
struct Codec<BoxText> {
  static constexpr const char* value_name = "X,Y,W,H";
  static BoxText parse(const std::string& text);
  static std::string print(const BoxText& box);
};
template <>
struct Codec<PolygonText> {
  static constexpr const char* value_name = "X,Y,X,Y,...";
  static PolygonText parse(const std::string& text);
  static std::string print(const PolygonText& polygon);
};
template <>
struct Codec<PointText> {
  static constexpr const char* value_name = "X,Y[,0|1]";
  static PointText parse(const std::string& text);
  static std::string print(const PointText& point);
};

}  // namespace inpaint
