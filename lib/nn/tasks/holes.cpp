#include <algorithm>
#include <cmath>
#include <map>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include "nn/tasks/holes_private.h"

namespace inpaint {
namespace {

constexpr int smallest_view = 256;  // what networks of free size were trained on
constexpr int cell = 256;           // parts this close together are looked at as one neighbourhood

struct Group {
  Box tight;   // around its parts
  Box needed;  // around their context
  std::vector<int> parts;
};

class Planner {
 public:
  Planner(const Holes& holes, cv::Size picture, const ViewRules& rules)
      : holes_(holes), picture_(picture), rules_(rules) {}

  std::vector<Region> plan() const {
    std::vector<Region> regions;
    std::map<std::pair<int, int>, std::vector<Group>> cells;
    for (int i = 0; i < static_cast<int>(holes_.parts.size()); ++i) {
      Group group = group_of(i);
      if (!fits(group.needed)) {
        regions.push_back({group.needed, {i}, true});
        continue;
      }
      // Counted from the holes, so that the result does not depend on where in the picture they are.
      const int column = ((group.tight.x0 + group.tight.x1) / 2 - holes_.box.x0) / cell;
      const int row = ((group.tight.y0 + group.tight.y1) / 2 - holes_.box.y0) / cell;
      add(cells[{row, column}], std::move(group));
    }
    std::vector<Group> groups;
    for (auto& [place, members] : cells) {
      for (Group& group : members) add(groups, std::move(group));
    }
    const bool several = groups.size() > 1;
    for (Group& group : groups) {
      regions.push_back(
          {view_around(group.needed, view_size(group.needed, rules_, several), picture_), group.parts, false});
    }
    return regions;
  }

 private:
  cv::Size most() const { return rules_.fixed.value_or(cv::Size(rules_.limit, rules_.limit)); }

  bool fits(const Box& box) const { return box.width() <= most().width && box.height() <= most().height; }

  Group group_of(int index) const {
    const HolePart& part = holes_.parts[static_cast<size_t>(index)];
    // In proportion to what is to be invented: a scratch needs less around it than a blot of its length.
    const int scaled = static_cast<int>(0.4 * std::sqrt(static_cast<double>(part.pixels)));
    int context = std::max({rules_.margin, scaled, least_margin});
    if (rules_.fixed) {  // rather less around it than a smaller scale
      const int room = std::min(most().width - part.box.width(), most().height - part.box.height()) / 2;
      if (room >= std::min(most().width, most().height) / 8) context = std::min(context, room);
    }
    return {part.box, part.box.grown(context, picture_.width, picture_.height), {index}};
  }

  int64_t cost(const Box& needed) const {
    const cv::Size size = view_size(needed, rules_, true);
    return int64_t{std::min(size.width, picture_.width)} * std::min(size.height, picture_.height);
  }

  // Puts the group to the first that it can share a view with at less cost than two views; the larger group is tried
  // again, until it stands alone.
  void add(std::vector<Group>& groups, Group group) const {
    for (size_t i = 0; i < groups.size();) {
      const Box both = group.needed.united(groups[i].needed);
      if (!fits(both) || cost(both) > cost(group.needed) + cost(groups[i].needed)) {
        ++i;
        continue;
      }
      group.needed = both;
      group.tight = group.tight.united(groups[i].tight);
      group.parts.insert(group.parts.end(), groups[i].parts.begin(), groups[i].parts.end());
      groups[i] = std::move(groups.back());
      groups.pop_back();
      i = 0;
    }
    groups.push_back(std::move(group));
  }

  const Holes& holes_;
  cv::Size picture_;
  const ViewRules& rules_;
};

}  // namespace

Holes find_holes(const Mask& mask) {
  const cv::Rect all = cv::boundingRect(mask.values());
  Holes holes{{all.x, all.y, all.x + all.width, all.y + all.height}, {}, {}};
  if (all.empty()) return holes;
  cv::Mat stats, centroids;
  const int count = cv::connectedComponentsWithStats(mask.values()(all) > 0, holes.labels, stats, centroids, 8, CV_32S);
  for (int i = 1; i < count; ++i) {
    const int x = all.x + stats.at<int>(i, cv::CC_STAT_LEFT), y = all.y + stats.at<int>(i, cv::CC_STAT_TOP);
    holes.parts.push_back({{x, y, x + stats.at<int>(i, cv::CC_STAT_WIDTH), y + stats.at<int>(i, cv::CC_STAT_HEIGHT)},
                           stats.at<int>(i, cv::CC_STAT_AREA)});
  }
  return holes;
}

std::vector<Region> plan_regions(const Holes& holes, cv::Size picture, const ViewRules& rules) {
  return Planner(holes, picture, rules).plan();
}

cv::Size view_size(const Box& needed, const ViewRules& rules, bool several) {
  if (rules.fixed) return *rules.fixed;
  const int step = several ? rules.modulus * ((63 + rules.modulus) / rules.modulus) : rules.modulus;
  const int smallest = std::min(smallest_view, rules.limit);
  const auto up = [&](int side) { return std::min((std::max(side, smallest) + step - 1) / step * step, rules.limit); };
  return {up(needed.width()), up(needed.height())};
}

Box view_around(const Box& box, cv::Size size, cv::Size picture) {
  const auto begin = [](int low, int high, int side, int all) {
    return std::clamp((low + high - side) / 2, 0, std::max(0, all - side));
  };
  const int x = begin(box.x0, box.x1, size.width, picture.width);
  const int y = begin(box.y0, box.y1, size.height, picture.height);
  return {x, y, std::min(x + size.width, picture.width), std::min(y + size.height, picture.height)};
}

}  // namespace inpaint
