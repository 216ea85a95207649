#include "classic/compose/layout.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <opencv2/core.hpp>
#include <stdexcept>

#include "core/names.h"

namespace inpaint {
namespace {

constexpr int longest_side = 30000;
constexpr int64_t most_pixels = 250'000'000;

// The first and one past the last entry that is not 0; an empty range if all are.
std::pair<int, int> extent(const cv::Mat& line) {
  const auto* first = line.ptr<uint8_t>();
  const auto* last = first + line.total();
  const auto is_set = [](uint8_t value) { return value != 0; };
  const auto* begin = std::find_if(first, last, is_set);
  if (begin == last) return {0, 0};
  const auto* end = std::find_if(std::reverse_iterator(last), std::reverse_iterator(begin), is_set).base();
  return {static_cast<int>(begin - first), static_cast<int>(end - first)};
}

}  // namespace

CanvasSize Codec<CanvasSize>::parse(const std::string& text) {
  const char* expected = "WIDTHxHEIGHT in pixels, such as 2000x2000, at most 30000 a side and 250 megapixels";
  const std::vector<std::string> parts = split(text, 'x');
  if (parts.size() != 2) throw BadValue(expected);
  try {
    const CanvasSize size{Codec<int>::parse(parts[0]), Codec<int>::parse(parts[1])};
    const bool in_range = std::min(size.width, size.height) >= 1 && std::max(size.width, size.height) <= longest_side;
    if (in_range && static_cast<int64_t>(size.width) * size.height <= most_pixels) return size;
  } catch (const BadValue&) {
  }
  throw BadValue(expected);
}

std::string Codec<CanvasSize>::print(const CanvasSize& size) { return fmt::format("{}x{}", size.width, size.height); }

Position Codec<Position>::parse(const std::string& text) {
  if (text == "centre" || text == "center") return {};
  Position position;
  bool has_across = false, has_down = false, known = !text.empty();
  for (const std::string& word : split(text, '-')) {
    const bool across = word == "left" || word == "right", down = word == "top" || word == "bottom";
    known &= across ? !has_across : down && !has_down;
    if (across) position.across = word == "right";
    if (down) position.down = word == "bottom";
    has_across |= across;
    has_down |= down;
  }
  if (!known) throw BadValue("centre, top, bottom, left, right, or a corner such as bottom-left");
  return position;
}

std::string Codec<Position>::print(const Position& position) {
  const std::string down = position.down < 0.5 ? "top" : position.down > 0.5 ? "bottom" : "";
  const std::string across = position.across < 0.5 ? "left" : position.across > 0.5 ? "right" : "";
  if (down.empty() && across.empty()) return "centre";
  return down + (down.empty() || across.empty() ? "" : "-") + across;
}

Box subject_box(const Image& cutout, double least_alpha) {
  const cv::Mat seen = cutout.alpha() >= least_alpha * cutout.max_value();
  cv::Mat columns, rows;
  cv::reduce(seen, columns, 0, cv::REDUCE_MAX);
  cv::reduce(seen, rows, 1, cv::REDUCE_MAX);
  const auto [x0, x1] = extent(columns);
  const auto [y0, y1] = extent(rows);
  return {x0, y0, x1, y1};
}

double margin_pixels(const Length& margin, const std::optional<CanvasSize>& canvas, cv::Size box) {
  const double shorter = canvas ? std::min(canvas->width, canvas->height) : std::min(box.width, box.height);
  const double share = margin.value / 100;
  if (margin.percent && share >= 0.5) throw std::invalid_argument("a margin of 50% or more leaves no room");
  if (margin.percent && !canvas) return std::round(share * shorter / (1 - 2 * share));
  const double pixels = std::round(margin.pixels(static_cast<int>(shorter)));
  if (canvas && 2 * pixels >= shorter)
    throw std::invalid_argument(
        fmt::format("a margin of {} pixels leaves no room on {}x{}", pixels, canvas->width, canvas->height));
  return pixels;
}

Layout layout_of(const Box& subject, cv::Size picture, const LayoutOptions& options) {
  const Box box = options.crop ? subject : Box{0, 0, picture.width, picture.height};
  const double margin = margin_pixels(options.margin, options.canvas, {box.width(), box.height()});
  const int both = 2 * static_cast<int>(margin);
  Layout layout;
  layout.canvas = options.canvas ? cv::Size(options.canvas->width, options.canvas->height)
                                 : cv::Size(box.width() + both, box.height() + both);
  const double room_x = layout.canvas.width - both, room_y = layout.canvas.height - both;
  const double fit_x = room_x / box.width(), fit_y = room_y / box.height();
  layout.scale = options.fill ? std::max(fit_x, fit_y) : std::min(fit_x, fit_y);
  const auto shift = [&](double room, double place, int length, int at) {
    const double start = margin + (room - length * layout.scale) * place;
    return layout.scale == 1 ? std::round(start) - at : start - at * layout.scale;
  };
  layout.dx = shift(room_x, options.position.across, box.width(), box.x0);
  layout.dy = shift(room_y, options.position.down, box.height(), box.y0);
  return layout;
}

}  // namespace inpaint
