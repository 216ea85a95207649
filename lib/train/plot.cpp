#include "train/plot.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace inpaint {
namespace {

constexpr double width = 560, height = 250, left = 58, right = 14, top = 14, bottom = 28;
constexpr size_t colors = 8;

struct Range {
  double low = std::numeric_limits<double>::infinity(), high = -low;
  void include(double value) {
    low = std::min(low, value);
    high = std::max(high, value);
  }
};

// From a plot's values to its pixels.
class Scale {
 public:
  explicit Scale(const Plot& plot) {
    for (const Plot::Line& line : plot.lines) {
      for (const Curve::Point& point : line.points) values_.include(point.value);
    }
    steps_.high = static_cast<double>(std::max<int64_t>(plot.last_step, 1));
    logarithmic_ = plot.logarithmic && values_.low > 0;
    if (logarithmic_) values_ = {std::log10(values_.low), std::log10(values_.high)};
    const double margin = values_.high > values_.low ? 0.04 * (values_.high - values_.low) : 0.5;
    values_ = {values_.low - margin, values_.high + margin};
  }
  double x(double step) const {
    return left + (step - steps_.low) / (steps_.high - steps_.low) * (width - left - right);
  }
  double y(double value) const {
    const double v = logarithmic_ ? std::log10(value) : value;
    return height - bottom - (v - values_.low) / (values_.high - values_.low) * (height - top - bottom);
  }
  std::vector<double> step_ticks() const { return axis_ticks(steps_.low, steps_.high, 6); }
  std::vector<double> value_ticks() const {
    if (!logarithmic_) return axis_ticks(values_.low, values_.high, 5);
    if (values_.high - values_.low < 1)  // within a power of ten
      return axis_ticks(std::pow(10, values_.low), std::pow(10, values_.high), 4);
    std::vector<double> ticks;
    for (int power = static_cast<int>(std::floor(values_.low)); power <= values_.high; ++power) {
      for (const double digit : {1.0, 2.0, 5.0}) {
        const double at = power + std::log10(digit);
        const bool fits = at >= values_.low && at <= values_.high;
        if (fits && (digit == 1 || values_.high - values_.low < 2.5)) ticks.push_back(digit * std::pow(10, power));
      }
    }
    return ticks;
  }

 private:
  Range steps_{0, 1}, values_;
  bool logarithmic_ = false;
};

std::string grid_of(const Scale& scale) {
  std::string svg;
  for (const double value : scale.value_ticks()) {
    const double y = scale.y(value);
    svg += fmt::format("<path class=\"grid\" d=\"M{:.1f} {:.1f}H{:.1f}\"/>", left, y, width - right);
    svg += fmt::format("<text class=\"axis\" x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"end\">{:.6g}</text>", left - 6,
                       y + 4, value);
  }
  for (const double step : scale.step_ticks())
    svg += fmt::format("<text class=\"axis\" x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"middle\">{:.7g}</text>",
                       scale.x(step), height - 8, step);
  return svg;
}

std::string line_of(const Plot::Line& line, const Scale& scale, size_t color, bool dots) {
  std::string path, marks;
  for (const Curve::Point& point : line.points) {
    const double x = scale.x(static_cast<double>(point.step)), y = scale.y(point.value);
    path += fmt::format("{}{:.1f} {:.1f}", path.empty() ? "M" : "L", x, y);
    if (dots)
      marks += fmt::format(
          "<circle class=\"dot-{}\" cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"3\"><title>step {}: {:.6g}</title></circle>", color,
          x, y, point.step, point.value);
  }
  return fmt::format("<path class=\"line-{}\" d=\"{}\"/>", color, path) + marks;
}

std::string legend_of(const Plot& plot) {
  if (plot.lines.size() < 2) return "";
  std::string html;
  for (size_t i = 0; i < plot.lines.size(); ++i)
    html += fmt::format("<span><i class=\"key-{}\"></i>{}</span> ", i % colors, html_escaped(plot.lines[i].name));
  return "<p class=\"legend\">" + html + "</p>";
}

}  // namespace

std::vector<double> axis_ticks(double low, double high, int count) {
  const double rough = (high - low) / count, power = std::pow(10, std::floor(std::log10(rough)));
  double step = 10 * power;
  for (const double digit : {5.0, 2.0, 1.0}) {
    if (digit * power >= rough * (1 - 1e-9)) step = digit * power;
  }
  std::vector<double> ticks;
  for (double tick = std::ceil(low / step - 1e-9); tick * step <= high + 1e-9 * step; ++tick)
    ticks.push_back(tick == 0 ? 0 : tick * step);
  return ticks;
}

std::string html_escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      default: out += c;
    }
  }
  return out;
}

std::string svg_of(const Plot& plot) {
  const bool nothing =
      std::all_of(plot.lines.begin(), plot.lines.end(), [](const Plot::Line& line) { return line.points.empty(); });
  if (nothing) return "";
  const Scale scale(plot);
  std::string svg = grid_of(scale);
  if (plot.marked_step) {
    svg += fmt::format("<path class=\"marked\" d=\"M{:.1f} {:.1f}V{:.1f}\"><title>best: step {}</title></path>",
                       scale.x(static_cast<double>(*plot.marked_step)), top, height - bottom, *plot.marked_step);
  }
  for (size_t i = 0; i < plot.lines.size(); ++i) svg += line_of(plot.lines[i], scale, i % colors, plot.dots);
  const std::string unit = plot.unit.empty() ? "" : ", " + plot.unit;
  return fmt::format(
      "<figure><figcaption>{}{}</figcaption>{}<svg class=\"plot\" viewBox=\"0 0 {:g} {:g}\" role=\"img\" "
      "aria-label=\"{} over steps\">{}</svg></figure>\n",
      html_escaped(plot.title), html_escaped(unit), legend_of(plot), width, height, html_escaped(plot.title), svg);
}

}  // namespace inpaint
