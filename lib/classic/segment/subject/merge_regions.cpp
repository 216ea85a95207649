#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <queue>

#include "classic/segment/subject/region_graph_private.h"

namespace inpaint::subject {
namespace {

struct Contact {
  float length = 0, gradient = 0;
};

struct Proposal {
  float cost;
  size_t a, b;
  float area_a, area_b;  // stale once either segment has grown
  bool operator>(const Proposal& other) const {
    if (cost != other.cost) return cost > other.cost;
    return a != other.a ? a > other.a : b > other.b;
  }
};

class Merger {
 public:
  explicit Merger(const RegionGraph& graph) : segments_(graph.regions), parent_(segments_.size()) {
    std::iota(parent_.begin(), parent_.end(), size_t{0});
    contacts_.resize(segments_.size());
    count_ = static_cast<int>(segments_.size());
    for (const Link& link : graph.links) {
      const auto a = static_cast<size_t>(link.a), b = static_cast<size_t>(link.b);
      contacts_[a][b] = contacts_[b][a] = {link.length, link.gradient * link.length};
    }
    for (const Link& link : graph.links) propose(static_cast<size_t>(link.a), static_cast<size_t>(link.b));
  }

  void merge_until(int count) {
    while (count_ > count && !queue_.empty()) {
      const Proposal best = queue_.top();
      queue_.pop();
      const bool fresh = parent_[best.a] == best.a && parent_[best.b] == best.b &&
                         segments_[best.a].area == best.area_a && segments_[best.b].area == best.area_b;
      if (fresh) join(best.a, best.b);
    }
  }

  std::vector<int> segment_of_region() {
    std::map<size_t, int> number;
    std::vector<int> out;
    for (size_t i = 0; i < parent_.size(); ++i) {
      out.push_back(number.emplace(root(i), static_cast<int>(number.size())).first->second);
    }
    return out;
  }

 private:
  size_t root(size_t i) {
    while (parent_[i] != i) i = parent_[i] = parent_[parent_[i]];
    return i;
  }

  void propose(size_t a, size_t b) {
    const Contact& contact = contacts_[a].at(b);
    const float unlike = color_distance(segments_[a], segments_[b]) + 4 * texture_distance(segments_[a], segments_[b]) +
                         contact.gradient / contact.length;
    const float smaller = std::min(segments_[a].area, segments_[b].area);
    queue_.push({unlike * std::pow(smaller, 0.35f), a, b, segments_[a].area, segments_[b].area});
  }

  void join(size_t a, size_t b) {
    if (contacts_[a].size() < contacts_[b].size()) std::swap(a, b);
    parent_[b] = a;
    --count_;
    Region &into = segments_[a], &from = segments_[b];
    const float share = from.area / (into.area + from.area);
    into.lab += share * (from.lab - into.lab);
    for (size_t k = 0; k < into.texture.size(); ++k) into.texture[k] += share * (from.texture[k] - into.texture[k]);
    into.area += from.area;
    for (const auto& [next, contact] : contacts_[b]) {
      contacts_[next].erase(b);
      if (next == a) continue;
      Contact& joint = contacts_[a][next];
      joint.length += contact.length;
      joint.gradient += contact.gradient;
      contacts_[next][a] = joint;
    }
    contacts_[b].clear();
    for (const auto& [next, contact] : contacts_[a]) propose(a, next);
  }

  std::vector<Region> segments_;
  std::vector<size_t> parent_;
  std::vector<std::map<size_t, Contact>> contacts_;
  std::priority_queue<Proposal, std::vector<Proposal>, std::greater<>> queue_;
  int count_ = 0;
};

}  // namespace

std::vector<std::vector<int>> merge_regions(const RegionGraph& graph, const std::vector<int>& counts) {
  Merger merger(graph);
  std::vector<std::vector<int>> out;
  for (const int count : counts) {
    merger.merge_until(count);
    out.push_back(merger.segment_of_region());
  }
  return out;
}

}  // namespace inpaint::subject
