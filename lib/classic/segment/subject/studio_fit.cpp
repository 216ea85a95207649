#include "classic/segment/subject/studio_fit_private.h"

#include <algorithm>
#include <cmath>
#include <opencv2/core.hpp>

namespace inpaint::subject {
namespace {

constexpr int terms = 6, rounds = 4;
using Basis = cv::Vec<double, terms>;

Basis basis_at(const RegionGraph& graph, const Region& r) {
  const double x = 2.0 * r.x / graph.width() - 1, y = 2.0 * r.y / graph.height() - 1;
  return {1.0, x, y, x * x, x * y, y * y};
}

cv::Mat solve(const std::vector<Basis>& basis, const std::vector<Region>& regions, const std::vector<double>& weights) {
  cv::Mat normal = cv::Mat::zeros(terms, terms, CV_64F), right = cv::Mat::zeros(terms, 3, CV_64F), out;
  for (size_t i = 0; i < regions.size(); ++i) {
    if (weights[i] <= 0) continue;
    for (int p = 0; p < terms; ++p) {
      for (int q = 0; q < terms; ++q) normal.at<double>(p, q) += weights[i] * basis[i][p] * basis[i][q];
      for (int c = 0; c < 3; ++c) right.at<double>(p, c) += weights[i] * basis[i][p] * regions[i].lab[c];
    }
  }
  const double ridge = 1e-4 * cv::trace(normal)[0] / terms + 1e-9;  // few regions may not fix all terms
  for (int p = 0; p < terms; ++p) normal.at<double>(p, p) += ridge;
  cv::solve(normal, right, out, cv::DECOMP_CHOLESKY);
  return out;
}

float weighted_median(std::vector<std::pair<float, double>> values) {
  std::sort(values.begin(), values.end());
  double total = 0, below = 0;
  for (const auto& [value, weight] : values) total += weight;
  for (const auto& [value, weight] : values) {
    if (2 * (below += weight) >= total) return value;
  }
  return 0;
}

}  // namespace

StudioFit fit_studio(const RegionGraph& graph, const std::vector<float>& weights) {
  const std::vector<Region>& regions = graph.regions;
  std::vector<Basis> basis;
  for (const Region& r : regions) basis.push_back(basis_at(graph, r));
  std::vector<double> now(weights.begin(), weights.end());
  std::vector<float> errors(regions.size());
  StudioFit fit;
  fit.lab.resize(regions.size());
  for (int round = 0; round < rounds; ++round) {
    const cv::Mat surface = solve(basis, regions, now);
    std::vector<std::pair<float, double>> seen;
    for (size_t i = 0; i < regions.size(); ++i) {
      for (int c = 0; c < 3; ++c) {
        double value = 0;
        for (int p = 0; p < terms; ++p) value += basis[i][p] * surface.at<double>(p, c);
        fit.lab[i][c] = static_cast<float>(value);
      }
      const cv::Vec3f d = regions[i].lab - fit.lab[i];
      errors[i] = std::sqrt(d.dot(d));
      if (weights[i] > 0) seen.emplace_back(errors[i], weights[i]);
    }
    fit.usual_error = weighted_median(seen);
    const float scale = std::max(1.5f, 2 * fit.usual_error);  // of Cauchy's weights
    for (size_t i = 0; i < now.size(); ++i) now[i] = weights[i] / (1 + errors[i] * errors[i] / (scale * scale));
  }
  return fit;
}

}  // namespace inpaint::subject
