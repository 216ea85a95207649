#pragma once
#include <optional>
#include <string>
#include <vector>

#include "train/history.h"

namespace inpaint {

/// Curves over steps in one picture.
struct Plot {
  struct Line {
    std::string name;
    std::vector<Curve::Point> points;
  };
  std::string title;
  std::string unit;  ///< of the values; may be empty
  std::vector<Line> lines;
  bool logarithmic = false;              ///< values, if all are above 0
  bool dots = false;                     ///< marks each point: few ones
  std::optional<int64_t> marked_step{};  ///< the best evaluation
  int64_t last_step = 0;                 ///< the axis spans the steps from 0 to it
};

/// As an SVG element for a page whose style tells the colours (classes plot, grid, axis, line-0 to line-7, marked).
/// Empty if there is nothing to draw.
std::string svg_of(const Plot& plot);

/// Round values that divide low..high into about `count` parts, within it.
std::vector<double> axis_ticks(double low, double high, int count);

/// The characters that mean something in HTML replaced.
std::string html_escaped(const std::string& text);

}  // namespace inpaint
