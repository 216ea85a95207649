#include "classic/fill/patch.h"

#include <fmt/format.h>

#include <algorithm>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>
#include <stdexcept>

#include "classic/fill/diffusion.h"
#include "classic/fill/holes.h"
#include "classic/fill/patch/completion_private.h"
#include "core/error.h"

namespace inpaint {
namespace {

constexpr int least_context = 96, most_context = 512;  // pixels around a hole: as many as it is wide, within these
constexpr int little = 4'000, plenty = 4'000'000;      // known pixels that the smallest hole wants, and the largest

patch::Schedule schedule_for(Effort effort, int size) {
  patch::Schedule schedule;
  schedule.size = size;
  if (effort == Effort::fast) {
    schedule.coarse_iterations = 6;
    schedule.fine_iterations = 2;
    schedule.passes = 1;
    schedule.most_targets /= 2;
  } else if (effort == Effort::best) {
    schedule.coarse_iterations = 20;
    schedule.fine_iterations = 10;
    schedule.passes = 4;
    schedule.fine_radius = 256;
    schedule.borrowed = 4;
    schedule.drawn = 4;
    schedule.most_targets *= 4;
  }
  return schedule;
}

int context_of(const Box& hole) {
  return std::clamp(std::max(hole.width(), hole.height()), least_context, most_context);
}

// Grows a region until three times as many patches may be taken from it as there are hole pixels in it, or enough for
// any hole, or all there are. `centres`: 255 where a patch of this radius may be taken; `reach`: the box around those.
Box with_enough_known(Box region, const cv::Mat& hole, const cv::Mat& centres, int radius, const Box& reach) {
  const Box most = region.united(reach);
  for (;;) {
    const cv::Rect inner(region.x0 + radius, region.y0 + radius, region.width() - 2 * radius,
                         region.height() - 2 * radius);
    const int known = inner.width > 0 && inner.height > 0 ? cv::countNonZero(centres(inner)) : 0;
    const int unknown = cv::countNonZero(hole(region.rect()));
    if (known >= std::clamp<int64_t>(int64_t{3} * unknown, little, plenty) || region == most) return region;
    const int more = std::max({16, region.width() / 4, region.height() / 4});
    const cv::Rect grown = region.grown(more, hole.cols, hole.rows).rect() & most.rect();
    region = {grown.x, grown.y, grown.br().x, grown.br().y};
  }
}

std::vector<Box> regions_for(const Mask& mask, const cv::Mat& usable, int size) {
  cv::Mat centres;
  cv::erode(usable, centres, cv::Mat::ones(size, size, CV_8U), {-1, -1}, 1, cv::BORDER_CONSTANT, cv::Scalar::all(0));
  cv::Rect all = cv::boundingRect(centres);
  if (all.empty()) {  // smaller patches will do, wherever they are
    centres = usable;
    all = cv::boundingRect(usable);
    size = 1;
  }
  std::vector<Box> regions = hole_regions(mask, context_of);
  for (Box& region : regions) {
    const Box reach =
        all.empty() ? region : Box{all.x, all.y, all.br().x, all.br().y}.grown(size / 2, mask.width(), mask.height());
    region = with_enough_known(region, mask.values(), centres, size / 2, reach);
  }
  return merged(std::move(regions));
}

Image field_picture(const patch::Level& level) {
  cv::Mat out = cv::Mat::zeros(level.height, level.width, CV_8UC3);
  for (int32_t at = 0; at < level.area(); ++at) {
    auto& pixel = out.ptr<cv::Vec3b>()[at];
    pixel[2] = static_cast<uint8_t>(level.pixels[at] >> 24);
    if (level.kind[at] != patch::Kind::target) continue;
    pixel[0] = static_cast<uint8_t>(64 + 191 * (level.field[at] % level.width) / level.width);
    pixel[1] = static_cast<uint8_t>(64 + 191 * (level.field[at] / level.width) / level.height);
  }
  return Image(out);
}

Image estimate_picture(const patch::Level& level) {
  cv::Mat rgbx(level.height, level.width, CV_8UC4, const_cast<uint8_t*>(level.bytes())), rgb;
  cv::cvtColor(rgbx, rgb, cv::COLOR_RGBA2RGB);
  return Image(rgb);
}

class Filler {
 public:
  Filler(const Image& image, const Mask& mask, const PatchOptions& options)
      : image_(image), mask_(mask), options_(options), usable_(mask.values() == 0) {
    if (!options.search_area.empty()) usable_ &= options.search_area.values() > 127;
  }

  Image run(std::vector<FilledHole>& report) {
    cv::Mat out = image_.pixels().clone();
    int number = 0;
    for (const Box& region : regions_for(mask_, usable_, options_.patch_size)) {
      report.push_back(fill(region, fmt::format("hole{}", ++number), out));
    }
    return image_.with_pixels(out);
  }

 private:
  FilledHole fill(const Box& region, const std::string& name, cv::Mat& out) {
    const Mask mask(mask_.values()(region.rect()));
    const cv::Rect inner = cv::boundingRect(mask.values());
    FilledHole filled;
    filled.box = {region.x0 + inner.x, region.y0 + inner.y, region.x0 + inner.br().x, region.y0 + inner.br().y};
    filled.pixels = cv::countNonZero(mask.values());
    if (cv::countNonZero(usable_(region.rect())) == 0) throw nothing_to_take(filled.box);
    const Image before(image_.pixels()(region.rect()));
    cv::Mat rgb;
    before.has_alpha() ? cv::cvtColor(before.pixels(), rgb, cv::COLOR_RGBA2RGB) : before.pixels().copyTo(rgb);
    choose(region, name, rgb, filled);
    composite(before, Image(rgb), mask).pixels().copyTo(out(region.rect()));
    return filled;
  }

  // Fills `rgb`, the region's colours, and tells by what.
  void choose(const Box& region, const std::string& name, cv::Mat& rgb, FilledHole& filled) const {
    for (int size = options_.patch_size; size >= 3; size -= 2) {
      if (!complete(region, size, name, rgb)) continue;
      filled.method = "patch";
      if (size < options_.patch_size) {
        filled.reason =
            fmt::format("no patch of {0} × {0} is known around it: patches of {1} × {1}", options_.patch_size, size);
      }
      return;
    }
    filled.method = "navier-stokes";
    filled.reason = "no patch of 3 × 3 is known around it";
    const Mask hole(cv::Mat(mask_.values()(region.rect()) > 0));
    rgb = fill_diffusion(Image(rgb), hole, Diffusion::navier_stokes, 5).pixels();
  }

  ItemError nothing_to_take(const Box& hole) const {
    if (cv::countNonZero(mask_.values() == 0) == 0) {
      return ItemError("the mask covers the whole picture: nothing is left to fill from");
    }
    return ItemError(fmt::format("no known pixel may be taken for the hole at {},{} of {} × {}: widen the search area",
                                 hole.x0, hole.y0, hole.width(), hole.height()));
  }

  bool complete(const Box& region, int size, const std::string& name, cv::Mat& rgb) const {
    if (std::min(region.width(), region.height()) < size) return false;
    const cv::Mat hole = mask_.values()(region.rect());
    const cv::Mat allowed = options_.search_area.empty() ? cv::Mat() : usable_(region.rect());
    patch::Watch watch;
    if (options_.watch) {
      watch = [&](const std::string& step, const patch::Level& level) {
        options_.watch(name + "-scale" + step, estimate_picture(level), field_picture(level));
      };
    }
    const cv::Mat guide = options_.guide.empty() ? cv::Mat() : Image(options_.guide.pixels()(region.rect())).rgb8();
    return patch::complete(rgb, hole, allowed, guide, schedule_for(options_.effort, size), options_.seed,
                           options_.cancel, watch);
  }

  const Image& image_;
  const Mask& mask_;
  const PatchOptions& options_;
  cv::Mat usable_;  // 255 = may be taken from
};

}  // namespace

Image fill_patch(const Image& image, const Mask& mask, const PatchOptions& options, std::vector<FilledHole>* report) {
  const cv::Size size = image.pixels().size();
  if (size != mask.values().size() || (!options.search_area.empty() && size != options.search_area.values().size())) {
    throw std::invalid_argument("fill_patch: sizes differ");
  }
  if (!options.guide.empty() &&
      (size != options.guide.pixels().size() || image.pixels().depth() != options.guide.pixels().depth())) {
    throw std::invalid_argument("fill_patch: the guide differs in size or depth");
  }
  if (options.patch_size < 3 || options.patch_size > patch::max_patch_size || options.patch_size % 2 == 0) {
    throw std::invalid_argument("fill_patch: the patch size must be odd, 3 to 15");
  }
  std::vector<FilledHole> holes;
  Image filled = Filler(image, mask, options).run(holes);
  if (report) report->insert(report->end(), holes.begin(), holes.end());
  return filled;
}

}  // namespace inpaint
