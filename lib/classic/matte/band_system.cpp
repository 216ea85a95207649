#include <algorithm>
#include <cmath>

#include "classic/matte/band_system_private.h"

namespace inpaint::matte {
namespace {

double dot(const std::vector<float>& a, const std::vector<float>& b) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) sum += static_cast<double>(a[i]) * b[i];
  return sum;
}

}  // namespace

BandSystem::BandSystem(const cv::Mat& unknown)
    : index_(unknown.rows + 2 * reach, unknown.cols + 2 * reach, CV_32S, cv::Scalar(-1)) {
  for (int y = 0; y < unknown.rows; ++y) {
    const uint8_t* row = unknown.ptr<uint8_t>(y);
    int* index = index_.ptr<int>(y + reach) + reach;
    for (int x = 0; x < unknown.cols; ++x) {
      if (!row[x]) continue;
      index[x] = size();
      places_.emplace_back(x, y);
    }
  }
  const size_t count = places_.size();
  rows_.resize(count);
  diagonal_.resize(count);
  right_side_.resize(count);
  for (size_t i = 0; i < count; ++i) {
    for (int k = 0; k < before; ++k) {
      const int other = index(places_[i].x + k % width - reach, places_[i].y + k / width - reach);
      rows_[i].other[static_cast<size_t>(k)] = other < 0 ? size() : other;
    }
  }
}

// A becomes D^-1/2 A D^-1/2 with the pivots D of the factorisation.
void BandSystem::scale_to_unit_pivots() {
  const size_t count = places_.size();
  std::vector<float> pivot(count + 1, 1.0f);
  scale_.assign(count + 1, 0.0f);
  for (size_t i = 0; i < count; ++i) {
    float p = diagonal_[i];
    for (size_t k = 0; k < before; ++k) {
      const float w = rows_[i].weight[k];
      p -= w * w / pivot[static_cast<size_t>(rows_[i].other[k])];
    }
    pivot[i] = std::max(p, 0.2f * diagonal_[i]);
    scale_[i] = 1 / std::sqrt(pivot[i]);
  }
  for (size_t i = 0; i < count; ++i) {
    for (size_t k = 0; k < before; ++k) {
      rows_[i].weight[k] *= scale_[i] * scale_[static_cast<size_t>(rows_[i].other[k])];
    }
    diagonal_[i] *= scale_[i] * scale_[i];
    right_side_[i] *= scale_[i];
  }
}

// In both, x has one cell more than there are unknowns, which stays 0.
void BandSystem::solve_lower(std::vector<float>& x) const {
  for (size_t i = 0; i < rows_.size(); ++i) {
    const Row& row = rows_[i];
    float sum = 0;
    for (size_t k = 0; k < before; ++k) sum += row.weight[k] * x[static_cast<size_t>(row.other[k])];
    x[i] -= sum;
  }
}

void BandSystem::solve_upper(std::vector<float>& x) const {
  for (size_t i = rows_.size(); i-- > 0;) {
    const Row& row = rows_[i];
    const float value = x[i];
    for (size_t k = 0; k < before; ++k) x[static_cast<size_t>(row.other[k])] -= row.weight[k] * value;
  }
}

int BandSystem::solve(std::vector<float>& x, double tolerance, int max_steps) {
  scale_to_unit_pivots();
  const size_t count = places_.size(), cells = count + 1;
  // The unknowns of the preconditioned system are z = (I + U) x / scale; its matrix is
  // (I + L)^-1 (L + D + U) (I + U)^-1, its right side (I + L)^-1 b.
  const auto apply = [&](const std::vector<float>& p, std::vector<float>& t, std::vector<float>& out) {
    t = p;
    solve_upper(t);
    for (size_t i = 0; i < count; ++i) out[i] = p[i] + (diagonal_[i] - 2) * t[i];
    out[count] = 0;
    solve_lower(out);
    for (size_t i = 0; i < count; ++i) out[i] += t[i];
  };
  std::vector<float> z(cells), r(cells), p(cells), t(cells), q(cells);
  for (size_t i = 0; i < count; ++i) z[i] = x[i] / scale_[i];
  for (size_t i = 0; i < count; ++i) {  // (I + U) times, by columns
    for (size_t k = 0; k < before; ++k) {
      if (const auto j = static_cast<size_t>(rows_[i].other[k]); j < count)
        z[j] += rows_[i].weight[k] * x[i] / scale_[i];
    }
  }
  std::copy(right_side_.begin(), right_side_.end(), r.begin());
  solve_lower(r);
  const double goal = tolerance * tolerance * dot(r, r);
  apply(z, t, q);
  for (size_t i = 0; i < count; ++i) r[i] -= q[i];
  p = r;
  double rr = dot(r, r);
  int steps = 0;
  for (; steps < max_steps && rr > goal; ++steps) {
    apply(p, t, q);
    const float step = static_cast<float>(rr / dot(p, q));
    for (size_t i = 0; i < count; ++i) z[i] += step * p[i], r[i] -= step * q[i];
    const double next = dot(r, r);
    const float turn = static_cast<float>(next / rr);
    for (size_t i = 0; i < count; ++i) p[i] = r[i] + turn * p[i];
    rr = next;
  }
  solve_upper(z);
  for (size_t i = 0; i < count; ++i) x[i] = z[i] * scale_[i];
  return steps;
}

}  // namespace inpaint::matte
