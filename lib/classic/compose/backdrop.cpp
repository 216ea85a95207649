#include "classic/compose/backdrop.h"

#include <algorithm>
#include <cmath>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include "classic/compose/fill_private.h"
#include "classic/compose/place.h"

namespace inpaint {
namespace {

cv::Vec3d full_scale(const Color& color, int depth) {
  return cv::Vec3d(color.r, color.g, color.b) * (depth == CV_16U ? 257.0 : 1.0);
}

// How far along the gradient the middle of a pixel is, in [0,1].
double progress(Gradient::Shape shape, int x, int y, cv::Size size) {
  const double u = (x + 0.5) / size.width, v = (y + 0.5) / size.height;
  if (shape == Gradient::Shape::vertical) return v;
  if (shape == Gradient::Shape::horizontal) return u;
  return std::hypot(u - 0.5, v - 0.5) * std::sqrt(2.0);
}

template <class T>
void draw_gradient(const Gradient& gradient, cv::Mat& to) {
  const cv::Vec3d from = full_scale(gradient.from, to.depth()), step = full_scale(gradient.to, to.depth()) - from;
  for (int y = 0; y < to.rows; ++y) {
    auto* row = to.ptr<cv::Vec<T, 3>>(y);
    for (int x = 0; x < to.cols; ++x) {
      const cv::Vec3d color = from + step * progress(gradient.shape, x, y, to.size());
      for (int c = 0; c < 3; ++c) row[x][c] = static_cast<T>(color[c] + 0.5);
    }
  }
}

Layout covering(cv::Size picture, cv::Size place) {
  LayoutOptions options;
  options.canvas = CanvasSize{place.width, place.height};
  options.fill = true;
  return layout_of({}, picture, options);
}

}  // namespace

cv::Mat flat_backdrop(const Color& color, cv::Size size, int depth) {
  const cv::Vec3d value = full_scale(color, depth);
  return cv::Mat(size, CV_MAKETYPE(depth, 3), cv::Scalar(value[0], value[1], value[2]));
}

cv::Mat gradient_backdrop(const Gradient& gradient, cv::Size size, int depth) {
  cv::Mat out(size, CV_MAKETYPE(depth, 3));
  depth == CV_16U ? draw_gradient<uint16_t>(gradient, out) : draw_gradient<uint8_t>(gradient, out);
  return out;
}

cv::Mat covering_backdrop(const Image& picture, cv::Size size, int depth) {
  cv::Mat out = flat_backdrop({255, 255, 255}, size, depth);
  place(picture, covering(picture.pixels().size(), size), out);
  return out;
}

cv::Mat blurred_backdrop(const Image& original, const cv::Mat& alpha, double sigma, cv::Size size, int depth) {
  const Layout layout = covering(original.pixels().size(), size);
  const double own_sigma = sigma / layout.scale;  // in pixels of the original
  const int longer = std::max(original.width(), original.height());
  // Small enough to be quick, large enough that the blur spans three pixels.
  const double shrink = std::min(1.0, std::max(3 / std::max(own_sigma, 0.1), 256.0 / longer));
  cv::Mat filled = without_subject(original, alpha, shrink);
  const double small_sigma = std::clamp(own_sigma * shrink, 0.01, 100.0);
  cv::GaussianBlur(filled, filled, {}, small_sigma, small_sigma, cv::BORDER_REPLICATE);
  filled.convertTo(filled, CV_16U, 65535);
  return covering_backdrop(Image(filled), size, depth);
}

}  // namespace inpaint
