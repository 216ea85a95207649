#include "classic/segment/subject/region_graph_private.h"

#include <algorithm>
#include <cmath>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>
#include <queue>

#include "classic/segment/subject/barrier_private.h"
#include "classic/segment/subject/superpixels_private.h"
#include "image/color.h"

namespace inpaint::subject {
namespace {

constexpr float compactness = 6;  // Lab units per grid step
constexpr int frame_width = 2;

std::array<float, 256> linear_light() {
  std::array<float, 256> table{};
  for (size_t i = 0; i < table.size(); ++i) {
    const float v = static_cast<float>(i) / 255;
    table[i] = v <= 0.04045f ? v / 12.92f : std::pow((v + 0.055f) / 1.055f, 2.4f);
  }
  return table;
}

cv::Mat to_lab(const cv::Mat& rgb) {
  cv::Mat unit;
  rgb.convertTo(unit, CV_32F, 1 / 255.0);
  return rgb_to_lab(unit);
}

// The planes that regions are measured from.
struct Planes {
  cv::Mat smooth;    // 8-bit RGB without grain
  cv::Mat lab;       // of smooth
  cv::Mat fine;      // L before smoothing
  cv::Mat coarse;    // lab, smoothed more
  cv::Mat gx, gy;    // Sobel of L
  cv::Mat gradient;  // magnitude over L, a, b
  std::array<cv::Mat, 3> barrier;
};

Planes measure(const cv::Mat& rgb) {
  Planes p;
  cv::GaussianBlur(rgb, p.smooth, {0, 0}, 1.0);
  p.lab = to_lab(p.smooth);
  cv::extractChannel(to_lab(rgb), p.fine, 0);
  cv::GaussianBlur(p.lab, p.coarse, {0, 0}, 2.5);
  cv::Mat dx, dy;
  cv::Sobel(p.lab, dx, CV_32F, 1, 0, 3, 1 / 8.0);
  cv::Sobel(p.lab, dy, CV_32F, 0, 1, 3, 1 / 8.0);
  cv::extractChannel(dx, p.gx, 0);
  cv::extractChannel(dy, p.gy, 0);
  p.gradient.create(rgb.size(), CV_32F);
  for (int y = 0; y < rgb.rows; ++y) {
    for (int x = 0; x < rgb.cols; ++x) {
      const cv::Vec3f& u = dx.at<cv::Vec3f>(y, x);
      const cv::Vec3f& v = dy.at<cv::Vec3f>(y, x);
      p.gradient.at<float>(y, x) = std::sqrt(u.dot(u) + v.dot(v));
    }
  }
  for (int c = 0; c < 3; ++c) {
    cv::Mat channel;
    cv::extractChannel(p.lab, channel, c);
    p.barrier[static_cast<size_t>(c)] = barrier_distance(channel);
  }
  return p;
}

struct Sums {
  cv::Vec3d light;
  double a = 0, aa = 0, b = 0, bb = 0;
};

void add_pixel(const Planes& p, const std::array<float, 256>& linear, int y, int x, Region& r, Sums& sums) {
  const cv::Vec3f &lab = p.lab.at<cv::Vec3f>(y, x), &coarse = p.coarse.at<cv::Vec3f>(y, x);
  const cv::Vec3b& rgb = p.smooth.at<cv::Vec3b>(y, x);
  const float gx = p.gx.at<float>(y, x), gy = p.gy.at<float>(y, x);
  r.area += 1;
  r.x += static_cast<float>(x);
  r.y += static_cast<float>(y);
  r.lab += lab;
  sums.light += cv::Vec3d(linear[rgb[0]], linear[rgb[1]], linear[rgb[2]]);
  sums.a += lab[1], sums.aa += lab[1] * lab[1];
  sums.b += lab[2], sums.bb += lab[2] * lab[2];
  constexpr float diagonal = 0.707f;
  const std::array<float, 8> texture = {std::abs(gx),
                                        std::abs(gy),
                                        diagonal * std::abs(gx + gy),
                                        diagonal * std::abs(gx - gy),
                                        std::abs(p.fine.at<float>(y, x) - lab[0]),
                                        std::abs(lab[0] - coarse[0]),
                                        std::abs(lab[1] - coarse[1]) + std::abs(lab[2] - coarse[2]),
                                        p.gradient.at<float>(y, x)};
  for (size_t k = 0; k < texture.size(); ++k) r.texture[k] += texture[k];
  for (size_t c = 0; c < 3; ++c) r.barrier[c] += p.barrier[c].at<float>(y, x);
}

void finish(Region& r, const Sums& sums) {
  const float n = r.area;
  r.lab /= n;
  r.x /= n;
  r.y /= n;
  for (int c = 0; c < 3; ++c) r.log_light[c] = static_cast<float>(std::log(sums.light[c] / n + 0.01));
  for (float& t : r.texture) t = std::log(0.15f + t / n);
  for (float& d : r.barrier) d /= n;
  const auto spread = [n](double sum, double squares) {
    return static_cast<float>(std::sqrt(std::max(0.0, squares / n - sum * sum / (n * n))));
  };
  r.chroma_spread = spread(sums.a, sums.aa) + spread(sums.b, sums.bb);
}

void measure_regions(const Planes& p, RegionGraph& g) {
  const std::array<float, 256> linear = linear_light();
  std::vector<Sums> sums(g.regions.size());
  for (int y = 0; y < g.height(); ++y) {
    for (int x = 0; x < g.width(); ++x) {
      const auto k = static_cast<size_t>(g.labels.at<int>(y, x));
      Region& r = g.regions[k];
      add_pixel(p, linear, y, x, r, sums[k]);
      const unsigned sides = (x < frame_width ? 1U : 0U) | (x >= g.width() - frame_width ? 2U : 0U) |
                             (y < frame_width ? 4U : 0U) | (y >= g.height() - frame_width ? 8U : 0U);
      if (sides != 0) r.frame += 1;
      r.sides |= sides;
    }
  }
  for (size_t k = 0; k < sums.size(); ++k) {
    finish(g.regions[k], sums[k]);
    if (g.regions[k].frame > 0) g.frame_regions.push_back(static_cast<int>(k));
  }
}

void measure_links(const cv::Mat& gradient, RegionGraph& g) {
  struct Step {
    int a, b;
    float gradient;
  };
  std::vector<Step> steps;
  const auto add = [&](int y, int x, int v, int u) {
    const int a = g.labels.at<int>(y, x), b = g.labels.at<int>(v, u);
    if (a == b) return;
    steps.push_back({std::min(a, b), std::max(a, b), (gradient.at<float>(y, x) + gradient.at<float>(v, u)) / 2});
  };
  for (int y = 0; y < g.height(); ++y) {
    for (int x = 0; x < g.width(); ++x) {
      if (x + 1 < g.width()) add(y, x, y, x + 1);
      if (y + 1 < g.height()) add(y, x, y + 1, x);
    }
  }
  std::stable_sort(steps.begin(), steps.end(),
                   [](const Step& p, const Step& q) { return p.a != q.a ? p.a < q.a : p.b < q.b; });
  g.links_of.resize(g.regions.size());
  for (const Step& step : steps) {
    if (g.links.empty() || g.links.back().a != step.a || g.links.back().b != step.b) {
      g.links_of[static_cast<size_t>(step.a)].push_back(static_cast<int>(g.links.size()));
      g.links_of[static_cast<size_t>(step.b)].push_back(static_cast<int>(g.links.size()));
      const Region &a = g.regions[static_cast<size_t>(step.a)], &b = g.regions[static_cast<size_t>(step.b)];
      g.links.push_back({step.a, step.b, 0, 0, color_distance(a, b), chroma_distance(a, b),
                         std::min(shade_distance(a, b), shade_distance(b, a))});
    }
    g.links.back().length += 1;
    g.links.back().gradient += step.gradient;
  }
  for (Link& link : g.links) link.gradient /= link.length;
}

}  // namespace

float color_distance(const Region& a, const Region& b) {
  const cv::Vec3f d = a.lab - b.lab;
  return std::sqrt(d.dot(d));
}

float chroma_distance(const Region& a, const Region& b) { return std::hypot(a.lab[1] - b.lab[1], a.lab[2] - b.lab[2]); }

float texture_distance(const Region& a, const Region& b) {
  float sum = 0;
  for (size_t k = 0; k < a.texture.size(); ++k) sum += std::abs(a.texture[k] - b.texture[k]);
  return sum / static_cast<float>(a.texture.size());
}

float shade_distance(const Region& a, const Region& b) {
  constexpr float deepest = -1.2f;  // a third of the light is left
  const cv::Vec3f d = a.log_light - b.log_light;
  const float mean = (d[0] + d[1] + d[2]) / 3;
  const cv::Vec3f hue = d - cv::Vec3f(mean, mean, mean);
  return std::sqrt(hue.dot(hue)) + std::max(mean, 0.0f) + std::max(deepest - mean, 0.0f);
}

RegionGraph make_region_graph(const cv::Mat& rgb, int wanted) {
  const Planes planes = measure(rgb);
  const Superpixels superpixels = slic(planes.lab, wanted, compactness);
  RegionGraph graph;
  graph.labels = superpixels.labels;
  graph.regions.resize(static_cast<size_t>(superpixels.count));
  measure_regions(planes, graph);
  measure_links(planes.gradient, graph);
  return graph;
}

std::vector<float> path_distances(const RegionGraph& graph, std::vector<float> start, const std::vector<float>& cost,
                                  Path path) {
  using Entry = std::pair<float, int>;
  std::priority_queue<Entry, std::vector<Entry>, std::greater<>> open;
  for (size_t i = 0; i < start.size(); ++i) {
    if (start[i] < 1e8f) open.push({start[i], static_cast<int>(i)});
  }
  while (!open.empty()) {
    const auto [distance, region] = open.top();
    open.pop();
    if (distance > start[static_cast<size_t>(region)]) continue;
    for (const int k : graph.links_of[static_cast<size_t>(region)]) {
      const float step = cost[static_cast<size_t>(k)];
      const float there = path == Path::sum ? distance + step : std::max(distance, step);
      const int next = graph.links[static_cast<size_t>(k)].other(region);
      if (there < start[static_cast<size_t>(next)]) {
        start[static_cast<size_t>(next)] = there;
        open.push({there, next});
      }
    }
  }
  return start;
}

}  // namespace inpaint::subject
