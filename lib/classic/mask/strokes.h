#pragma once
#include <string_view>
#include <vector>

#include "image/image.h"

namespace inpaint {

/// One sweep of a round brush, in pixels of the upright picture.
struct Stroke {
  std::vector<cv::Point2d> points;  ///< at least one; one point alone is a dot
  double width = 20;                ///< diameter, above 0
  bool erase = false;               ///< removes instead of adding
};

/// Reads [{"points": [[x, y], ...], "width": N, "erase": false}, ...]. Throws SpecError saying what is wrong and where.
std::vector<Stroke> parse_strokes(std::string_view json_text);

/// Draws the strokes over `base` in order, hard-edged.
Mask draw_strokes(const Mask& base, const std::vector<Stroke>& strokes);

}  // namespace inpaint
