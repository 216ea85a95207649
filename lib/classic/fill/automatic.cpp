#include "classic/fill/automatic.h"

#include <algorithm>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>
#include <stdexcept>

#include "classic/fill/diffusion.h"
#include "classic/fill/holes.h"

namespace inpaint {
namespace {

constexpr int closeness = 6;  // holes nearer than twice this are decided together
constexpr int rim = 8;        // pixels around a hole that are looked at
constexpr double radius = 5;  // of diffusion

// Mean strength of texture among the known pixels that `where` selects.
double texture_of(const cv::Mat& rgb8, const cv::Mat& where, const cv::Mat& hole) {
  cv::Mat grey, dx, dy, unknown;
  cv::cvtColor(rgb8, grey, cv::COLOR_RGB2GRAY);
  grey.convertTo(grey, CV_32F);
  const cv::Mat row = (cv::Mat_<float>(1, 3) << 0, -1, 1), column = (cv::Mat_<float>(3, 1) << 0, -1, 1);
  cv::filter2D(grey, dx, CV_32F, row);
  cv::filter2D(grey, dy, CV_32F, column);
  cv::dilate(hole, unknown, cv::Mat::ones(3, 3, CV_8U));
  cv::Mat seen = where.clone();
  seen.setTo(0, unknown);
  return cv::mean(cv::abs(dx) + cv::abs(dy), seen)[0];
}

struct Group {
  Box box;       // of its hole pixels
  cv::Mat hole;  // 255 = a pixel of this group; size of the box
  HoleLook look;
};

std::vector<Group> groups_of(const Image& image, const Mask& mask) {
  const cv::Mat hole = mask.values() > 0;
  cv::Mat near, labels, stats, centroids;
  const cv::Mat disc = cv::getStructuringElement(cv::MORPH_ELLIPSE, {2 * closeness + 1, 2 * closeness + 1});
  cv::dilate(hole, near, disc);
  const int count = cv::connectedComponentsWithStats(near, labels, stats, centroids, 8, CV_32S);
  std::vector<Group> groups;
  for (int i = 1; i < count; ++i) {
    const cv::Rect box(stats.at<int>(i, cv::CC_STAT_LEFT), stats.at<int>(i, cv::CC_STAT_TOP),
                       stats.at<int>(i, cv::CC_STAT_WIDTH), stats.at<int>(i, cv::CC_STAT_HEIGHT));
    Group group;
    group.box = Box{box.x, box.y, box.br().x, box.br().y}.grown(rim, mask.width(), mask.height());
    const cv::Rect rect = group.box.rect();
    group.hole = hole(rect) & (labels(rect) == i);
    cv::Mat depth, around;
    cv::distanceTransform(group.hole, depth, cv::DIST_L2, cv::DIST_MASK_5);
    double deepest = 0;
    cv::minMaxLoc(depth, nullptr, &deepest);
    cv::dilate(group.hole, around, cv::Mat::ones(2 * rim + 1, 2 * rim + 1, CV_8U));
    const cv::Rect inner = cv::boundingRect(group.hole) + rect.tl();
    const cv::Rect inside(1, 1, mask.width() - 2, mask.height() - 2);
    group.look = {2 * deepest - 1, texture_of(Image(image.pixels()(rect)).rgb8(), around, hole(rect)),
                  (inner & inside) != inner};
    groups.push_back(std::move(group));
  }
  return groups;
}

}  // namespace

bool suits_diffusion(const HoleLook& look) {
  const bool smooth = look.width <= 8 && look.texture < 1 && !look.at_border;
  const bool scratch = look.width <= 6 && look.texture > 20;
  return smooth || scratch;
}

Image fill_automatically(const Image& image, const Mask& mask, const PatchOptions& options,
                         std::vector<FilledHole>* report) {
  const cv::Size size = image.pixels().size();
  if (size != mask.values().size() || (!options.search_area.empty() && size != options.search_area.values().size())) {
    throw std::invalid_argument("fill_automatically: sizes differ");
  }
  // Diffusion takes from the rim, whatever the search area.
  if (!options.search_area.empty()) return fill_patch(image, mask, options, report);
  cv::Mat thin = cv::Mat::zeros(size, CV_8U);
  std::vector<FilledHole> holes;
  for (const Group& group : groups_of(image, mask)) {
    if (!suits_diffusion(group.look)) continue;
    thin(group.box.rect()).setTo(255, group.hole);
    const cv::Rect inner = cv::boundingRect(group.hole) + cv::Point(group.box.x0, group.box.y0);
    holes.push_back(
        {{inner.x, inner.y, inner.br().x, inner.br().y}, cv::countNonZero(group.hole), "navier-stokes", ""});
  }
  Image out = image;
  if (cv::countNonZero(thin) > 0) out = fill_diffusion(image, Mask(thin), Diffusion::navier_stokes, radius);
  PatchOptions rest = options;
  // What was diffused is no texture to take.
  if (!holes.empty()) rest.search_area = Mask(cv::Mat(thin == 0));
  const cv::Mat hole = mask.values() > 0;
  out = fill_patch(out, Mask(cv::Mat(hole - thin)), rest, &holes);
  if (report) report->insert(report->end(), holes.begin(), holes.end());
  return composite(image, out, mask);
}

}  // namespace inpaint
