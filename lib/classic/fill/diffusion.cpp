#include "classic/fill/diffusion.h"

#include <algorithm>
#include <cmath>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>
#include <opencv2/photo.hpp>
#include <stdexcept>

#include "classic/fill/holes.h"
#include "core/error.h"

namespace inpaint {
namespace {

// Gives hole pixels the value of the nearest known pixel. OpenCV means to look at known pixels only, but at the upper
// and the left border of the picture it looks at hole pixels too, which would bring back what is to be removed.
template <class Pixel>
void start_from_nearest(cv::Mat& rgb, const cv::Mat& hole) {
  cv::Mat distance, labels;  // each known pixel has a label of its own, a hole pixel that of the nearest one
  cv::distanceTransform(hole, distance, labels, cv::DIST_L2, cv::DIST_MASK_5, cv::DIST_LABEL_PIXEL);
  std::vector<Pixel> known(hole.total() + 1);
  rgb.forEach<Pixel>([&](const Pixel& pixel, const int* at) {
    if (!hole.at<uint8_t>(at)) known[static_cast<size_t>(labels.at<int>(at))] = pixel;
  });
  rgb.forEach<Pixel>([&](Pixel& pixel, const int* at) { pixel = known[static_cast<size_t>(labels.at<int>(at))]; });
}

// OpenCV takes 8-bit RGB at once, but 16 bits only as single planes.
cv::Mat inpaint_rgb(const cv::Mat& rgb, const cv::Mat& hole, Diffusion method, double radius) {
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

cv::Mat fill_region(cv::Mat rgb, cv::Mat hole, Diffusion method, double radius) {
  const cv::Rect all({}, rgb.size());
  rgb = rgb.clone();
  rgb.depth() == CV_8U ? start_from_nearest<cv::Vec3b>(rgb, hole) : start_from_nearest<cv::Vec3w>(rgb, hole);
  // OpenCV reads outside of pictures of one row or column.
  const int frame = std::min(rgb.rows, rgb.cols) < 3 ? 2 : 0;
  cv::copyMakeBorder(rgb, rgb, frame, frame, frame, frame, cv::BORDER_REPLICATE);
  cv::copyMakeBorder(hole, hole, frame, frame, frame, frame, cv::BORDER_REPLICATE);
  return inpaint_rgb(rgb, hole, method, radius)(all + cv::Point(frame, frame));
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
