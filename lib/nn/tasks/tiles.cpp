#include "nn/tasks/tiles_private.h"

#include <algorithm>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include "nn/tasks/paste_private.h"

namespace inpaint {
namespace {

constexpr int most_overlap = 32;
constexpr int smallest_core = 64;
constexpr double least_known = 0.25;  // share of a tile's view

// Strokes of the hole that are no wider than `width` and at least as long, 255.
cv::Mat thin_strokes(const cv::Mat& hole, int width) {
  cv::Mat thin = hole > 0;
  const cv::Rect tight = cv::boundingRect(thin);
  if (tight.empty()) return thin;
  const cv::Rect box = Box{tight.x, tight.y, tight.br().x, tight.br().y}.grown(1, hole.cols, hole.rows).rect();
  cv::Mat part = thin(box), depth, labels, stats, centroids;
  cv::distanceTransform(part, depth, cv::DIST_L2, 3);  // beyond the picture nothing is known
  const cv::Mat deep = depth > width / 2.0;
  if (cv::countNonZero(deep) > 0) {
    // As far as from the middle of a wide part to its corners.
    cv::distanceTransform(deep == 0, depth, cv::DIST_L2, 3);
    part.setTo(0, depth <= 0.75 * width + 2);
  }
  const int count = cv::connectedComponentsWithStats(part, labels, stats, centroids, 8, CV_32S);
  std::vector<uint8_t> kept(static_cast<size_t>(count), 0);
  for (int i = 1; i < count; ++i) {
    const int longest = std::max(stats.at<int>(i, cv::CC_STAT_WIDTH), stats.at<int>(i, cv::CC_STAT_HEIGHT));
    kept[static_cast<size_t>(i)] = longest >= width ? 255 : 0;
  }
  for (int y = 0; y < part.rows; ++y) {
    const auto* label = labels.ptr<int>(y);
    auto* to = part.ptr<uint8_t>(y);
    for (int x = 0; x < part.cols; ++x) to[x] = kept[static_cast<size_t>(label[x])];
  }
  return thin;
}

class Tiler {
 public:
  Tiler(const cv::Mat& thin, const ViewRules& rules) : thin_(thin), all_(cv::boundingRect(thin)), rules_(rules) {
    const cv::Size most = rules.fixed.value_or(cv::Size(rules.limit, rules.limit));
    const int side = std::min(most.width, most.height);
    overlap_ = std::min(most_overlap, side / 8);
    margin_ = std::min(std::max(rules.margin, least_margin), side / 4);
    largest_ = cv::Size(most.width - 2 * margin_ - overlap_, most.height - 2 * margin_ - overlap_);
  }
  int overlap() const { return overlap_; }

  // The cheapest of grids with cores of several sizes, each also shifted by half a core.
  std::vector<Region> best() const {
    std::vector<Region> best;
    int64_t least = 0;
    for (cv::Size core = largest_;; core = core / 2) {
      for (const cv::Point shift :
           {cv::Point(), cv::Point(core / 2), cv::Point(core.width / 2, 0), cv::Point(0, core.height / 2)}) {
        std::vector<Region> tiles = grid(core, shift);
        int64_t cost = 0;
        for (const Region& tile : tiles) cost += cost_of(tile);
        if (!best.empty() && cost >= least) continue;
        least = cost;
        best = std::move(tiles);
      }
      // A network of one size costs the same for a smaller core.
      if (rules_.fixed || std::min(core.width, core.height) < 2 * smallest_core) return best;
    }
  }

 private:
  int64_t cost_of(const Region& tile) const {
    return rules_.fixed ? int64_t{1} : int64_t{tile.box.width()} * tile.box.height();
  }

  // Counted from the hole, so that the result does not depend on where in the picture it is.
  std::vector<Region> grid(cv::Size core, cv::Point shift) const {
    std::vector<Region> tiles;
    for (int y = all_.y - shift.y; y < all_.br().y; y += core.height) {
      for (int x = all_.x - shift.x; x < all_.br().x; x += core.width) {
        const Box cell = {x, y, x + core.width, y + core.height};
        const cv::Rect area = cell.grown(overlap_ / 2, thin_.cols, thin_.rows).rect();
        const cv::Rect own = cv::boundingRect(thin_(area)) + area.tl();
        if (own.empty()) continue;
        const Box needed = Box{own.x, own.y, own.br().x, own.br().y}.grown(margin_, thin_.cols, thin_.rows);
        tiles.push_back({view_around(needed, view_size(needed, rules_, true), thin_.size()), {}, false, cell});
      }
    }
    return tiles;
  }

  const cv::Mat& thin_;
  const cv::Rect all_;
  const ViewRules& rules_;
  int overlap_ = 0, margin_ = 0;
  cv::Size largest_;
};

// 1 in the core, falling to 0 across the overlap.
float weight_at(int at, int begin, int end, int overlap) {
  const float inside = static_cast<float>(std::min(at - begin, end - 1 - at)) + 0.5f;
  return std::clamp((inside + static_cast<float>(overlap) / 2) / static_cast<float>(std::max(overlap, 1)), 0.0f, 1.0f);
}

}  // namespace

TilePlan plan_tiles(const cv::Mat& hole, const cv::Mat& unknown, const ViewRules& rules) {
  TilePlan plan;
  plan.thin = thin_strokes(hole, std::max(rules.margin, least_margin));
  if (cv::countNonZero(plan.thin) == 0) return plan;
  const Tiler tiler(plan.thin, rules);
  plan.overlap = tiler.overlap();
  for (const Region& tile : tiler.best()) {
    const cv::Rect view = tile.box.rect();
    if (view.area() - cv::countNonZero(unknown(view)) >= least_known * view.area()) {
      plan.tiles.push_back(tile);
    } else {
      plan.thin(tile.core.rect() & cv::Rect({}, hole.size())).setTo(0);
    }
  }
  return plan;
}

TiledFill::TiledFill(const TilePlan& plan) : plan_(plan) {
  size_t count = 0;
  for (int y = 0; y < plan.thin.rows; ++y) {
    first_.push_back(count);
    count += static_cast<size_t>(cv::countNonZero(plan.thin.row(y)));
  }
  sums_.resize(count, cv::Vec4f());
}

void TiledFill::add(const Region& tile, const cv::Mat& fill) {
  const cv::Rect area = tile.core.grown(plan_.overlap / 2, plan_.thin.cols, plan_.thin.rows).rect() & tile.box.rect();
  for (int y = area.y; y < area.br().y; ++y) {
    const auto* hole = plan_.thin.ptr<uint8_t>(y);
    const auto* from = fill.ptr<cv::Vec3f>(y - tile.box.y0);
    const float down = weight_at(y, tile.core.y0, tile.core.y1, plan_.overlap);
    cv::Vec4f* sum =
        sums_.data() + first_[static_cast<size_t>(y)] + cv::countNonZero(plan_.thin.row(y).colRange(0, area.x));
    for (int x = area.x; x < area.br().x; ++x) {
      if (hole[x] == 0) continue;
      const float weight = down * weight_at(x, tile.core.x0, tile.core.x1, plan_.overlap);
      const cv::Vec3f& color = from[x - tile.box.x0];
      *sum++ += weight * cv::Vec4f(color[0], color[1], color[2], 1);
    }
  }
}

void TiledFill::paste(const Mask& mask, bool grey, cv::Mat& pixels) const {
  for (int y = 0; y < plan_.thin.rows; ++y) {
    const cv::Vec4f* sum = sums_.data() + first_[static_cast<size_t>(y)];
    const auto* hole = plan_.thin.ptr<uint8_t>(y);
    for (int x = 0; x < plan_.thin.cols; ++x) {
      if (hole[x] == 0) continue;
      const cv::Vec3f color = cv::Vec3f((*sum)[0], (*sum)[1], (*sum)[2]) * (1 / (*sum)[3]);
      paste_pixel(color, mask.values().at<uint8_t>(y, x), grey, pixels, {x, y});
      ++sum;
    }
  }
}

}  // namespace inpaint
