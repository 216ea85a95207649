#pragma once
#include <optional>
#include <string>

#include "core/codec.h"
#include "image/box.h"
#include "image/image.h"

namespace inpaint {

/// Width and height in pixels, "2000x1500".
struct CanvasSize {
  int width = 0, height = 0;
  bool operator==(const CanvasSize&) const = default;
};
template <>
struct Codec<CanvasSize> {
  static constexpr const char* value_name = "WxH";
  static CanvasSize parse(const std::string& text);
  static std::string print(const CanvasSize& size);
};

/// Where a thing stands in a larger place: across and down, each from 0 (left, top) to 1 (right, bottom).
struct Position {
  double across = 0.5, down = 0.5;
};
/// "centre", "top", "bottom", "left", "right", or a corner such as "bottom-left".
template <>
struct Codec<Position> {
  static constexpr const char* value_name = "PLACE";
  static Position parse(const std::string& text);
  static std::string print(const Position& position);
};

struct LayoutOptions {
  bool crop = false;                 ///< lay out the subject's box, not the whole picture
  Length margin;                     ///< around the box: pixels, or percent of the result's shorter side (below 50)
  std::optional<CanvasSize> canvas;  ///< size of the result; the box and its margin, unscaled, if not set
  bool fill = false;                 ///< cover the canvas within its margin instead of fitting into it
  Position position;
};

/// Where a picture comes to lie: result = picture × scale + shift, the aspect ratio is never changed.
struct Layout {
  cv::Size canvas;        ///< size of the result
  double scale = 1;       ///< result pixels per picture pixel
  double dx = 0, dy = 0;  ///< shift in result pixels; whole numbers where scale is 1
  cv::Rect2d placed(const cv::Rect2d& in_picture) const {
    return {in_picture.x * scale + dx, in_picture.y * scale + dy, in_picture.width * scale, in_picture.height * scale};
  }
};

/// The smallest box around everything with at least this alpha, in (0,1]; empty if there is nothing of the kind.
Box subject_box(const Image& cutout, double least_alpha = 0.03);

/// The margin in result pixels for a box of this size. Throws std::invalid_argument if it leaves no room.
double margin_pixels(const Length& margin, const std::optional<CanvasSize>& canvas, cv::Size box);

/// Lays out `subject` (a box in a picture of this size, not empty) if `crop`, else the whole picture.
/// Throws std::invalid_argument if the margin leaves no room.
Layout layout_of(const Box& subject, cv::Size picture, const LayoutOptions& options);

}  // namespace inpaint
