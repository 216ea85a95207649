#include <algorithm>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include "image/box.h"
#include "nn/tasks/coarse_to_fine_private.h"
#include "nn/tasks/holes_private.h"
#include "nn/tasks/resize_private.h"

namespace inpaint {
namespace {

// What one view fills, and what it sees.
struct View {
  Box core, box;
  int known = 0;  // pixels in the box
};

void count_known(View& view, const cv::Mat& unknown) {
  view.known = view.box.rect().area() - cv::countNonZero(unknown(view.box.rect()));
}

std::vector<View> views_over(const cv::Mat& hole, cv::Size most, int margin) {
  const cv::Rect all = cv::boundingRect(hole);
  const int around = std::min({margin, most.width / 4, most.height / 4});
  const int columns = (all.width - 1) / (most.width - 2 * around) + 1;
  const int rows = (all.height - 1) / (most.height - 2 * around) + 1;
  std::vector<View> views;
  for (int r = 0; r < rows; ++r) {
    for (int c = 0; c < columns; ++c) {
      const Box core{all.x + all.width * c / columns, all.y + all.height * r / rows,
                     all.x + all.width * (c + 1) / columns, all.y + all.height * (r + 1) / rows};
      if (cv::countNonZero(hole(core.rect())) == 0) continue;
      views.push_back({core, view_around(core, most, hole.size())});
      count_known(views.back(), hole);
    }
  }
  return views;
}

// Every hole pixel at full scale, view by view; where nothing at all is known, `pixels` as they are.
cv::Mat fine_fill(const CropNet& net, const cv::Mat& pixels, const cv::Mat& hole, cv::Size most, int margin) {
  cv::Mat fine = pixels.clone(), unknown = hole.clone();
  std::vector<View> left = views_over(hole, most, margin);
  while (!left.empty()) {
    const auto next =
        std::max_element(left.begin(), left.end(), [](const View& a, const View& b) { return a.known < b.known; });
    const View view = *next;
    left.erase(next);
    if (view.known == 0) break;
    const cv::Rect box = view.box.rect(), core = view.core.rect();
    const cv::Mat fill = net.fill({{Image(fine(box)), Mask(unknown(box))}}).front();
    cv::Mat written;
    fill(core - box.tl()).convertTo(written, CV_16U, 65535);
    written.copyTo(fine(core), unknown(core));
    unknown(core).setTo(0);
    for (View& other : left) {
      if (other.box.overlaps(view.core)) count_known(other, unknown);
    }
  }
  return fine;
}

// 0 at known pixels and at those that are hole in part only, which the coarse fill painted as a whole; growing to 1
// over `reach` pixels into the hole.
cv::Mat depth_in(const cv::Mat& hole, cv::Size size, double reach) {
  cv::Mat depth;
  cv::distanceTransform(touched(hole == 0, size) == 0, depth, cv::DIST_L2, 3);
  cv::Mat(depth / std::max(reach, 1.0)).copyTo(depth);
  return cv::min(depth, 1.0);
}

// How much of the detail of `fine` suits `coarse`, both shrunk, CV_32FC3 of 65535: all where they agree. Detail scales
// with brightness (texture in light is none in shade), and where they differ much it belongs to something else.
// Compared where depth is above 0.
cv::Mat detail_that_suits(const cv::Mat& coarse, const cv::Mat& fine, const cv::Mat& depth) {
  constexpr double differs_much = 0.12 * 65535, dark = 0.02 * 65535;
  cv::Mat wanted, given, difference;
  cv::cvtColor(coarse, wanted, cv::COLOR_RGB2GRAY);
  cv::cvtColor(fine, given, cv::COLOR_RGB2GRAY);
  cv::absdiff(wanted, given, difference);
  difference.setTo(0, depth == 0);
  cv::GaussianBlur(difference, difference, {}, 1.5);
  const cv::Mat ratio = (wanted + dark) / (given + dark);
  difference = difference.mul(difference, 1 / (differs_much * differs_much)) + 1;
  return cv::min(ratio, 1.0) / difference;
}

cv::Mat three(const cv::Mat& plane) {
  cv::Mat planes;
  cv::merge(std::vector<cv::Mat>{plane, plane, plane}, planes);
  return planes;
}

// In the hole, with depth in [0,1]: low + depth * enlarged(coarse - shrunk) + suiting part of (fine - low), where
// low = enlarged(shrunk).
void take_coarse_part(cv::Mat& fine, const cv::Mat& coarse, const cv::Mat& hole, double reach) {
  cv::Mat shrunk, wanted, values;
  resized(fine, coarse.size()).convertTo(shrunk, CV_32F);
  coarse.convertTo(wanted, CV_32F);
  const cv::Mat depth = depth_in(hole, coarse.size(), reach);
  const cv::Mat kept = 1 - depth.mul(1 - detail_that_suits(wanted, shrunk, depth));
  cv::subtract(fine, resized(shrunk, fine.size(), cv::INTER_CUBIC), values, cv::noArray(), CV_32F);
  values = values.mul(three(resized(kept, fine.size())));
  values += resized(shrunk + three(depth).mul(wanted - shrunk), fine.size(), cv::INTER_CUBIC);
  values.convertTo(values, CV_16U);
  values.copyTo(fine, hole);
}

}  // namespace

cv::Mat fill_coarse_to_fine(const CropNet& net, const cv::Mat& pixels, const cv::Mat& hole, cv::Size most, int margin) {
  if (pixels.cols <= most.width && pixels.rows <= most.height) {
    cv::Mat filled, result = pixels.clone();
    net.fill({{Image(pixels), Mask(hole)}}).front().convertTo(filled, CV_16U, 65535);
    filled.copyTo(result, hole);
    return result;
  }
  const double fitting = std::min(1.0 * most.width / pixels.cols, 1.0 * most.height / pixels.rows);
  // A network of one size is best used at that size; others do better the smaller a large hole is to them.
  const double scale = net.fixed() ? std::max(0.5, fitting) : 0.5;
  const auto scaled = [&](int side) { return std::max(1, static_cast<int>(side * scale)); };
  const cv::Size size(scaled(pixels.cols), scaled(pixels.rows));
  const cv::Mat coarse = fill_coarse_to_fine(net, resized(pixels, size), touched(hole, size), most, margin);
  cv::Mat started = pixels.clone();
  resized(coarse, pixels.size()).copyTo(started, hole);
  cv::Mat fine = fine_fill(net, started, hole, most, margin);
  // Near known pixels a view knows best what to continue, and how sharp.
  take_coarse_part(fine, coarse, hole, std::min(most.width, most.height) / 8.0 * scale);
  return fine;
}

}  // namespace inpaint
