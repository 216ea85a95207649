#include "classic/fill/diffusion.h"

#include <cmath>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>
#include <opencv2/photo.hpp>
#include <stdexcept>

#include "classic/fill/holes.h"
#include "core/error.h"

namespace inpaint {
namespace {

// OpenCV takes 8-bit RGB at once, but 16 bits only as single planes.
cv::Mat fill_region(const cv::Mat& rgb, const cv::Mat& hole, Diffusion method, double radius) {
  const int flag = method == Diffusion::telea ? cv::INPAINT_TELEA : cv::INPAINT_NS;
  cv::Mat out;
  if (rgb.depth() == CV_8U) {
    cv::inpaint(rgb, hole, out, radius, flag);
    return out;
  }
  std::vector<cv::Mat> planes;
  cv::split(rgb, planes);
  for (cv::Mat& plane : planes) {
    cv::Mat filled;
    cv::inpaint(plane, hole, filled, radius, flag);
    plane = filled;
  }
  cv::merge(planes, out);
  return out;
}

}  // namespace

Image fill_diffusion(const Image& image, const Mask& mask, Diffusion method, double radius) {
  if (image.pixels().size() != mask.values().size()) throw std::invalid_argument("fill_diffusion: sizes differ");
  const cv::Mat hole = mask.values() > 0;
  if (cv::countNonZero(hole) == static_cast<int>(hole.total())) {
    throw ItemError("the mask covers the whole picture: nothing is left to fill from");
  }
  cv::Mat rgb = image.pixels();
  if (image.has_alpha()) cv::cvtColor(rgb, rgb, cv::COLOR_RGBA2RGB);
  rgb = rgb.clone();
  // OpenCV looks `radius` pixels beyond the hole, and one more for the gradient.
  const int context = static_cast<int>(std::ceil(radius)) + 3;
  for (const Box& region : hole_regions(mask, context)) {
    fill_region(rgb(region.rect()), hole(region.rect()), method, radius).copyTo(rgb(region.rect()));
  }
  return composite(image, Image(rgb), mask);
}

}  // namespace inpaint
