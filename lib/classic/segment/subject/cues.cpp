#include "classic/segment/subject/cues_private.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "classic/segment/subject/studio_fit_private.h"

namespace inpaint::subject {
namespace {

constexpr float none = 1e9f;

using Values = std::vector<float>;

// The value below which `share` of the numbers lie. Changes their order.
float quantile(Values& values, float share) {
  if (values.empty()) return 0;
  const auto nth = std::min(values.size() - 1, static_cast<size_t>(share * static_cast<float>(values.size())));
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(nth), values.end());
  return values[nth];
}

class CueTable {
 public:
  explicit CueTable(const RegionGraph& graph) : graph_(graph), regions_(graph.regions) {
    cues_.rows.resize(regions_.size());
    diagonal_ = std::hypot(static_cast<float>(graph.width()), static_cast<float>(graph.height()));
  }

  Cues measure() {
    likeness_to_border();
    likeness_to_same_height();
    ways_to_border();
    studio();
    look_and_place();
    for (const auto& segments : merge_regions(graph_, {60, 25, 12, 6})) shape_of(segments);
    return std::move(cues_);
  }

 private:
  template <class F>
  void add(F value) {
    for (size_t i = 0; i < regions_.size(); ++i) cues_.rows[i].push_back(value(i));
  }
  void add(const Values& values) {
    add([&](size_t i) { return values[i]; });
  }
  // As a share of the highest in the picture (the 95th percentile).
  void add_relative(const Values& values) {
    Values copy = values;
    const float high = quantile(copy, 0.95f) + 1e-3f;
    add([&](size_t i) { return values[i] / high; });
  }

  float distance(const Region& a, const Region& b) const { return std::hypot(a.x - b.x, a.y - b.y) / diagonal_; }

  // Quantiles over the border's regions of the distance in colour, chroma, texture, shade.
  void likeness_to_border() {
    const size_t n = regions_.size();
    near_color_.resize(n);
    Values chroma(n), shade(n), color(n), far_color(n), far_chroma(n), texture(n), far_texture(n), far_shade(n),
        local(n);
    Values c, h, t, s;
    for (size_t i = 0; i < n; ++i) {
      c.clear(), h.clear(), t.clear(), s.clear();
      float weights = 1e-6f, sum = 0;
      for (const int k : graph_.frame_regions) {
        const Region& border = regions_[static_cast<size_t>(k)];
        if (static_cast<size_t>(k) == i) continue;
        c.push_back(color_distance(regions_[i], border));
        h.push_back(chroma_distance(regions_[i], border));
        t.push_back(texture_distance(regions_[i], border));
        s.push_back(shade_distance(regions_[i], border));
        const float away = distance(regions_[i], border) / 0.15f, weight = border.frame * std::exp(-away * away / 2);
        weights += weight;
        sum += weight * c.back();
      }
      color[i] = quantile(c, 0.02f), near_color_[i] = quantile(c, 0.1f), far_color[i] = quantile(c, 0.3f);
      chroma[i] = quantile(h, 0.05f), far_chroma[i] = quantile(h, 0.3f);
      texture[i] = quantile(t, 0.05f), far_texture[i] = quantile(t, 0.3f);
      shade[i] = quantile(s, 0.05f), far_shade[i] = quantile(s, 0.3f);
      local[i] = sum / weights;
    }
    for (const Values* v :
         {&color, &near_color_, &far_color, &chroma, &far_chroma, &texture, &far_texture, &shade, &far_shade, &local}) {
      add(*v);
    }
    add_relative(chroma);
    add_relative(shade);
  }

  // A floor before a wall: the background at some height is also seen at the left and right border at that height.
  void likeness_to_same_height() {
    constexpr float most = 150, reach = 0.08f;
    const size_t n = regions_.size();
    std::array<Values, 5> out;
    for (Values& v : out) v.assign(n, most);
    for (size_t i = 0; i < n; ++i) {
      const Region& r = regions_[i];
      std::array<float, 2> color = {most, most}, shade = {most, most};
      for (const int k : graph_.frame_regions) {
        const Region& border = regions_[static_cast<size_t>(k)];
        if (static_cast<size_t>(k) == i) continue;
        if ((border.sides & 3U) != 0 && std::abs(border.y - r.y) < reach * static_cast<float>(graph_.height())) {
          const size_t side = (border.sides & 1U) != 0 ? 0 : 1;
          color[side] = std::min(color[side], color_distance(r, border) + 2 * texture_distance(r, border));
          shade[side] = std::min(shade[side], shade_distance(r, border));
        }
        if ((border.sides & 12U) != 0 && std::abs(border.x - r.x) < reach * static_cast<float>(graph_.width())) {
          out[4][i] = std::min(out[4][i], shade_distance(r, border));
        }
      }
      out[0][i] = std::min(color[0], color[1]), out[1][i] = std::max(color[0], color[1]);
      out[2][i] = std::min(shade[0], shade[1]), out[3][i] = std::max(shade[0], shade[1]);
    }
    for (const Values& v : out) add(v);
  }

  // How unlike the rest of the border each of its regions is: a subject that touches the border is.
  Values border_oddness() {
    Values odd(regions_.size(), none), seen, others;
    for (const int i : graph_.frame_regions) {
      const Region& r = regions_[static_cast<size_t>(i)];
      others.clear();
      for (const int k : graph_.frame_regions) {
        const Region& q = regions_[static_cast<size_t>(k)];
        if (distance(r, q) > 0.12f) others.push_back(color_distance(r, q) + 3 * texture_distance(r, q));
      }
      odd[static_cast<size_t>(i)] = quantile(others, 0.15f);
      seen.push_back(odd[static_cast<size_t>(i)]);
    }
    usual_oddness_ = quantile(seen, 0.5f);
    return odd;
  }

  // Distances to the border over the graph, added up and as the highest barrier on the way.
  void ways_to_border() {
    Values odd_start = border_oddness(), start(regions_.size(), none);
    for (const int i : graph_.frame_regions) {
      start[static_cast<size_t>(i)] = 0;
      odd_start[static_cast<size_t>(i)] = std::max(0.0f, odd_start[static_cast<size_t>(i)] - usual_oddness_);
    }
    const auto cost = [&](auto of) {
      Values out;
      for (const Link& link : graph_.links) out.push_back(of(link));
      return out;
    };
    const Values color = cost([](const Link&l) { return l.color; }),
                 chroma = cost([](const Link&l) { return l.chroma; }),
                 gradient = cost([](const Link&l) { return l.gradient; }),
                 shade = cost([](const Link&l) { return l.shadow; }),
                 squared = cost([](const Link&l) { return 0.1f * l.color * l.color; }),
                 mixed = cost([](const Link&l) { return l.gradient + l.color / 2; });
    const auto above_usual = [](Values values) {
      Values copy = values;
      const float usual = quantile(copy, 0.4f);
      for (float& v : values) v = std::max(0.0f, v - usual);
      return values;
    };
    add_relative(path_distances(graph_, odd_start, squared, Path::sum));
    add_relative(path_distances(graph_, start, shade, Path::sum));
    add_relative(path_distances(graph_, start, above_usual(chroma), Path::sum));
    add_relative(path_distances(graph_, odd_start, above_usual(color), Path::sum));
    const Values way = path_distances(graph_, odd_start, above_usual(gradient), Path::sum);
    add(way);
    add_relative(way);
    for (const auto& [from, barrier] : {std::pair(&start, &gradient), {&start, &shade}, {&odd_start, &mixed}}) {
      const Values height = path_distances(graph_, *from, *barrier, Path::bottleneck);
      add(height);
      add_relative(height);
    }
    add_relative(path_distances(graph_, start, color, Path::bottleneck));
    barrier_.clear();
    for (const Region& r : regions_) barrier_.push_back(r.barrier[0] + r.barrier[1] + r.barrier[2]);
    add([&](size_t i) { return regions_[i].barrier[0]; });
    add([&](size_t i) { return regions_[i].barrier[1]; });
    add_relative(barrier_);
  }

  // Against studio paper in graded light: a smooth surface through the border.
  void studio() {
    Values weights;
    for (const Region& r : regions_) weights.push_back(r.frame);
    const StudioFit fit = fit_studio(graph_, weights);
    off_paper_.resize(regions_.size());
    for (size_t i = 0; i < regions_.size(); ++i) {
      const cv::Vec3f d = regions_[i].lab - fit.lab[i];
      off_paper_[i] = std::sqrt(d.dot(d));
    }
    add(off_paper_);
    add([&](size_t i) { return off_paper_[i] / (1 + fit.usual_error); });
    add([&](size_t i) { return regions_[i].lab[0] - fit.lab[i][0]; });
    add([&](size_t i) { return std::hypot(regions_[i].lab[1] - fit.lab[i][1], regions_[i].lab[2] - fit.lab[i][2]); });
    add([&](size_t) { return fit.usual_error; });
  }

  void look_and_place() {
    cv::Vec3f mean(0, 0, 0);
    std::array<float, 8> texture{};
    float total = 0, spread = 0;
    for (const int k : graph_.frame_regions) {
      const Region& r = regions_[static_cast<size_t>(k)];
      total += r.frame;
      mean += r.frame * r.lab;
      for (size_t t = 0; t < texture.size(); ++t) texture[t] += r.frame * r.texture[t];
    }
    mean /= total;
    for (float& t : texture) t /= total;
    for (const int k : graph_.frame_regions) {
      const cv::Vec3f d = regions_[static_cast<size_t>(k)].lab - mean;
      spread += regions_[static_cast<size_t>(k)].frame / total * d.dot(d);
    }
    const auto chroma = [](const cv::Vec3f& lab) { return std::hypot(lab[1], lab[2]); };
    add([&](size_t i) { return regions_[i].y / static_cast<float>(graph_.height()); });
    add([&](size_t i) { return std::abs(regions_[i].y / static_cast<float>(graph_.height()) - 0.5f); });
    add([&](size_t i) { return chroma(regions_[i].lab); });
    add([&](size_t i) { return chroma(regions_[i].lab) - chroma(mean); });
    add([&](size_t i) { return regions_[i].lab[0] - mean[0]; });
    add([&](size_t i) { return regions_[i].chroma_spread; });
    add([&](size_t i) { return regions_[i].texture[7]; });
    add([&](size_t i) { return regions_[i].texture[4] - texture[4]; });
    add([&](size_t i) { return regions_[i].texture[5] - texture[5]; });
    add([&](size_t) { return std::sqrt(spread); });
    add([&](size_t) { return usual_oddness_; });
    add([&](size_t) { return texture[7]; });
    add([&](size_t) { return mean[0]; });
  }

  struct Segment {
    float area = 0, frame = 0, x = 0, y = 0, outline = 0, contrast = 0, gradient = 0;
    float barrier = 0, near_color = 0, off_paper = 0;
    cv::Vec3f lab;
  };

  std::vector<Segment> measure_segments(const std::vector<int>& of_region) const {
    std::vector<Segment> out(static_cast<size_t>(*std::max_element(of_region.begin(), of_region.end())) + 1);
    for (size_t i = 0; i < regions_.size(); ++i) {
      const Region& r = regions_[i];
      Segment& s = out[static_cast<size_t>(of_region[i])];
      s.area += r.area;
      s.frame += r.frame;
      s.x += r.area * r.x, s.y += r.area * r.y;
      s.lab += r.area * r.lab;
      s.barrier += r.area * barrier_[i];
      s.near_color += r.area * near_color_[i];
      s.off_paper += r.area * off_paper_[i];
    }
    for (Segment& s : out) {
      for (float* v : {&s.x, &s.y, &s.barrier, &s.near_color, &s.off_paper}) *v /= s.area;
      s.lab /= s.area;
    }
    for (const Link& link : graph_.links) {
      Segment &a = out[static_cast<size_t>(of_region[static_cast<size_t>(link.a)])],
              &b = out[static_cast<size_t>(of_region[static_cast<size_t>(link.b)])];
      if (&a == &b) continue;
      const cv::Vec3f d = a.lab - b.lab;
      for (Segment* s : {&a, &b}) {
        s->outline += link.length;
        s->contrast += link.length * std::sqrt(d.dot(d));
        s->gradient += link.length * link.gradient;
      }
    }
    return out;
  }

  void shape_of(const std::vector<int>& of_region) {
    const std::vector<Segment> segments = measure_segments(of_region);
    const auto w = static_cast<float>(graph_.width()), h = static_cast<float>(graph_.height());
    const auto add_segment = [&](auto of) {
      add([&](size_t i) { return of(segments[static_cast<size_t>(of_region[i])]); });
    };
    const float frame = std::accumulate(segments.begin(), segments.end(), 0.0f,
                                        [](float sum, const Segment& s) { return sum + s.frame; });
    add_segment([&](const Segment& s) { return s.area / (w * h); });
    add_segment([&](const Segment& s) { return s.frame / frame; });
    add_segment([](const Segment& s) { return s.frame / std::sqrt(s.area); });  // boundary connectivity (Zhu 2014)
    add_segment([](const Segment& s) { return s.outline > 0 ? s.contrast / s.outline : 0; });
    add_segment([](const Segment& s) { return s.outline > 0 ? s.gradient / s.outline : 0; });
    add_segment([&](const Segment& s) { return std::hypot(s.x / w - 0.5f, s.y / h - 0.5f); });
    add_segment([](const Segment& s) { return s.outline / std::sqrt(s.area); });
    add_segment([](const Segment& s) { return s.barrier; });
    add_segment([](const Segment& s) { return s.near_color; });
    add_segment([](const Segment& s) { return s.off_paper; });
  }

  const RegionGraph& graph_;
  const std::vector<Region>& regions_;
  Cues cues_;
  float diagonal_ = 1, usual_oddness_ = 0;
  Values near_color_, barrier_, off_paper_;
};

}  // namespace

Cues measure_cues(const RegionGraph& graph) { return CueTable(graph).measure(); }

}  // namespace inpaint::subject
