#include "classic/segment/subject/labelling_private.h"

#include <algorithm>
#include <array>
#include <climits>
#include <cmath>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>
#include <opencv2/imgproc/detail/gcgraph.hpp>
#include <utility>
#include <vector>

#include "image/color.h"

namespace inpaint::subject {
namespace {

cv::Mat log_odds(const cv::Mat& probability) {
  cv::Mat p, q;
  cv::min(cv::max(probability, 0.01), 0.99, p);
  cv::log(1 - p, q);
  cv::log(p, p);
  return p - q;
}

// Guided filter (He, Sun, Tang 2013) with a colour guide g of values v. Box filters are fastest over four channels and
// in place.
class GuidedFilter {
 public:
  GuidedFilter(const cv::Mat& lab, cv::Mat values) : values_(std::move(values)) { lab.convertTo(guide_, CV_32F, 0.01); }

  cv::Mat operator()(int radius) {
    multiply();
    for (cv::Mat& products : products_) box_mean(products, radius);
    cv::Mat &lines = products_[0], out(guide_.size(), CV_32F);
    for (int y = 0; y < out.rows; ++y) {
      const auto *q = products_[1].ptr<cv::Vec4f>(y), *r = products_[2].ptr<cv::Vec4f>(y);
      const float* s = products_[3].ptr<float>(y);
      auto* l = lines.ptr<cv::Vec4f>(y);
      for (int x = 0; x < out.cols; ++x) l[x] = line(l[x], q[x], r[x], s[x]);
    }
    box_mean(lines, radius);
    for (int y = 0; y < out.rows; ++y) {
      const auto* g = guide_.ptr<cv::Vec3f>(y);
      const auto* l = lines.ptr<cv::Vec4f>(y);
      float* o = out.ptr<float>(y);
      for (int x = 0; x < out.cols; ++x) o[x] = l[x][3] + l[x][0] * g[x][0] + l[x][1] * g[x][1] + l[x][2] * g[x][2];
    }
    return out;
  }

 private:
  static void box_mean(cv::Mat& values, int radius) {
    cv::blur(values, values, {2 * radius + 1, 2 * radius + 1}, {-1, -1}, cv::BORDER_REFLECT);
  }

  void multiply() {
    for (size_t k = 0; k < 3; ++k) products_[k].create(guide_.size(), CV_32FC4);
    products_[3].create(guide_.size(), CV_32F);
    for (int y = 0; y < guide_.rows; ++y) {
      const auto* g = guide_.ptr<cv::Vec3f>(y);
      const float* v = values_.ptr<float>(y);
      auto *p = products_[0].ptr<cv::Vec4f>(y), *q = products_[1].ptr<cv::Vec4f>(y),
           *r = products_[2].ptr<cv::Vec4f>(y);
      float* s = products_[3].ptr<float>(y);
      for (int x = 0; x < guide_.cols; ++x) {
        const float a = g[x][0], b = g[x][1], c = g[x][2];
        p[x] = {v[x] * a, v[x] * b, v[x] * c, v[x]};
        q[x] = {a, b, c, a * a};
        r[x] = {b * a, b * b, c * a, c * b};
        s[x] = c * c;
      }
    }
  }

  // The slope and offset of v over g, from the means of products: p = (v·g, v), then g and the lower triangle of g·g.
  static cv::Vec4f line(const cv::Vec4f& p, const cv::Vec4f& q, const cv::Vec4f& r, float s) {
    constexpr float epsilon = 2e-4f;
    const float x = q[0], y = q[1], z = q[2], u = p[0] - p[3] * x, v = p[1] - p[3] * y, w = p[2] - p[3] * z;
    const float a = q[3] - x * x + epsilon, b = r[0] - y * x, c = r[1] - y * y + epsilon, d = r[2] - z * x,
                e = r[3] - z * y, f = s - z * z + epsilon;
    // The adjugate of (a b d, b c e, d e f).
    const float aa = c * f - e * e, ab = d * e - b * f, ad = b * e - c * d, bb = a * f - d * d, be = b * d - a * e,
                dd = a * c - b * b, scale = 1 / (a * aa + b * ab + d * ad);
    const float i = (aa * u + ab * v + ad * w) * scale, j = (ab * u + bb * v + be * w) * scale,
                k = (ad * u + be * v + dd * w) * scale;
    return {i, j, k, p[3] - i * x - j * y - k * z};
  }

  cv::Mat guide_, values_;
  std::array<cv::Mat, 4> products_;
};

// Colours of both sides as histograms over Lab, smoothed.
class ColorHistograms {
 public:
  ColorHistograms(const cv::Mat& lab, const cv::Mat& probability) : cells_(lab.size(), CV_32S) {
    std::vector<float> subject(cells), background(cells);
    for (int y = 0; y < lab.rows; ++y) {
      const float* probable = probability.ptr<float>(y);
      for (int x = 0; x < lab.cols; ++x) {
        const float p = probable[x], q = 1 - p;
        const size_t k = cell(lab.at<cv::Vec3f>(y, x));
        cells_.at<int>(y, x) = static_cast<int>(k);
        subject[k] += p * p * p * p + 1e-4f;  // doubtful pixels hardly count
        background[k] += q * q * q * q + 1e-4f;
      }
    }
    smooth(subject);
    smooth(background);
    constexpr float unseen = 2e-5f;
    for (size_t k = 0; k < cells; ++k) {
      log_ratio_.push_back(std::log((subject[k] + unseen) / (background[k] + unseen)));
    }
  }

  float log_ratio(int y, int x) const { return log_ratio_[static_cast<size_t>(cells_.at<int>(y, x))]; }

 private:
  static constexpr int side = 20;
  static constexpr size_t cells = side * side * side;

  static size_t cell(const cv::Vec3f& lab) {
    const auto bin = [](float v) { return static_cast<size_t>(std::clamp(static_cast<int>(v), 0, side - 1)); };
    return (bin(lab[0] / 5) * side + bin((lab[1] + 80) / 8)) * side + bin((lab[2] + 80) / 8);
  }

  static void smooth(std::vector<float>& histogram) {
    float total = 0;
    for (const float v : histogram) total += v;
    for (const size_t step : {size_t{1}, size_t{side}, size_t{side} * side}) {
      std::vector<float> out(cells);
      for (size_t i = 0; i < cells; ++i) {
        const size_t place = i / step % side;
        out[i] = histogram[i] / 2;
        if (place > 0) out[i] += histogram[i - step] / 4;
        if (place + 1 < side) out[i] += histogram[i + step] / 4;
      }
      histogram = out;
    }
    for (float& v : histogram) v /= total;
  }

  cv::Mat cells_;  // of each pixel
  std::vector<float> log_ratio_;
};

void add_colors(const ColorHistograms& colors, float weight, cv::Mat& odds) {
  for (int y = 0; y < odds.rows; ++y) {
    for (int x = 0; x < odds.cols; ++x) {
      odds.at<float>(y, x) += weight * std::clamp(colors.log_ratio(y, x), -6.0f, 6.0f);
    }
  }
}

// Log-odds per pixel. The weights are a logistic regression on the scenes that the trees were fitted to.
cv::Mat pixel_odds(const cv::Mat& lab, const cv::Mat& prior) {
  const double unit = std::sqrt(static_cast<double>(lab.total())) / 320;
  const auto radius = [unit](double r) { return std::max(1, cvRound(r * unit)); };
  GuidedFilter guided(lab, prior);
  cv::Mat wide;
  cv::GaussianBlur(prior, wide, {0, 0}, std::max(0.5, 12 * unit));
  const ColorHistograms colors(lab, prior);
  cv::Mat odds = 0.12 * log_odds(prior) + 0.38 * log_odds(guided(radius(6))) + 0.30 * log_odds(guided(radius(16))) +
                 0.09 * log_odds(wide) + 0.6;
  add_colors(colors, 0.1f, odds);
  return odds;
}

float squared_distance(const cv::Mat& lab, int y, int x, int v, int u) {
  const cv::Vec3f d = lab.at<cv::Vec3f>(y, x) - lab.at<cv::Vec3f>(v, u);
  return d.dot(d);
}

float mean_squared_step(const cv::Mat& lab) {
  double sum = 0;
  int64_t count = 0;
  for (int y = 0; y + 1 < lab.rows; ++y) {
    for (int x = 0; x + 1 < lab.cols; ++x) {
      sum += squared_distance(lab, y, x, y, x + 1) + squared_distance(lab, y, x, y + 1, x);
      count += 2;
    }
  }
  return count > 0 ? static_cast<float>(sum / static_cast<double>(count)) : 0;
}

struct Neighbour {
  int dx, dy;
  float distance;
};
constexpr std::array<Neighbour, 4> neighbours = {{{1, 0, 1}, {0, 1, 1}, {1, 1, 1.414f}, {-1, 1, 1.414f}}};

// How much speaks against a cut between the pixels of row y and their neighbours; 0 where there is none.
using Ties = std::array<std::vector<float>, neighbours.size()>;
void tie_row(const cv::Mat& lab, float beta, int y, Ties& ties) {
  constexpr float smoothness = 7, everywhere = 0.05f;
  for (size_t k = 0; k < neighbours.size(); ++k) {
    const Neighbour& n = neighbours[k];
    ties[k].assign(static_cast<size_t>(lab.cols), 0);
    const int first = std::max(0, -n.dx), last = lab.cols - std::max(0, n.dx);
    if (y + n.dy >= lab.rows || first >= last) continue;
    float* tie = ties[k].data();
    for (int x = first; x < last; ++x) tie[x] = -beta * squared_distance(lab, y, x, y + n.dy, x + n.dx);
    cv::Mat stretch(1, last - first, CV_32F, tie + first);
    cv::exp(stretch, stretch);
    for (int x = first; x < last; ++x) tie[x] = smoothness / n.distance * (everywhere + tie[x]);
  }
}

cv::Mat cut(const cv::Mat& lab, const cv::Mat& odds, const cv::Mat& fixed) {
  constexpr float most = 4, endless = 1e4f;
  const float beta = 1 / (2 * mean_squared_step(lab) + 1e-6f);
  const int w = lab.cols, h = lab.rows;
  const auto pull_of = [&](int y, int x) {
    if (fixed.empty() || fixed.at<uint8_t>(y, x) == free_pixel) return std::clamp(odds.at<float>(y, x), -most, most);
    return fixed.at<uint8_t>(y, x) == surely_subject ? endless : -endless;
  };
  if (w * h == 1) return cv::Mat(1, 1, CV_8U, cv::Scalar(pull_of(0, 0) > 0 ? 255 : 0));  // no edge: GCGraph refuses
  cv::detail::GCGraph<float> graph(static_cast<unsigned>(w * h), static_cast<unsigned>(8 * w * h));
  for (int i = 0; i < w * h; ++i) graph.addVtx();
  Ties ties;
  for (int y = 0; y < h; ++y) {
    tie_row(lab, beta, y, ties);
    for (int x = 0; x < w; ++x) {
      const int i = y * w + x;
      const float pull = pull_of(y, x);
      graph.addTermWeights(i, std::max(pull, 0.0f), std::max(-pull, 0.0f));
      for (size_t k = 0; k < neighbours.size(); ++k) {
        const float tie = ties[k][static_cast<size_t>(x)];
        if (tie > 0) graph.addEdges(i, i + neighbours[k].dy * w + neighbours[k].dx, tie, tie);
      }
    }
  }
  graph.maxFlow();
  cv::Mat mask(lab.size(), CV_8U);
  for (int y = 0; y < h; ++y) {
    for (int x = 0; x < w; ++x) mask.at<uint8_t>(y, x) = graph.inSourceSegment(y * w + x) ? 255 : 0;
  }
  return mask;
}

// The colours of both sides are known better after a first cut; they tell what it wrongly enclosed.
cv::Mat odds_after(const cv::Mat& lab, const cv::Mat& odds, const Labelling& first) {
  cv::Mat belief, out = odds.clone();
  first.mask.convertTo(belief, CV_32F, 0.9 / 255, 0.05);
  belief = (belief + first.probability) / 2;
  add_colors(ColorHistograms(lab, belief), 0.15f, out);
  return out;
}

}  // namespace

Labelling label_pixels(const cv::Mat& rgb, const cv::Mat& prior, const cv::Mat& fixed) {
  cv::Mat unit;
  rgb.convertTo(unit, CV_32F, 1 / 255.0);
  cv::GaussianBlur(unit, unit, {0, 0}, 0.6);
  const cv::Mat lab = rgb_to_lab(unit);
  const cv::Mat odds = pixel_odds(lab, prior);
  Labelling out;
  cv::exp(-odds, out.probability);
  out.probability = 1 / (1 + out.probability);
  out.mask = cut(lab, odds, fixed);
  out.mask = cut(lab, odds_after(lab, odds, out), fixed);
  return out;
}

}  // namespace inpaint::subject
