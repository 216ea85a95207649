#include "classic/fill/patch/poisson_private.h"

#include <algorithm>
#include <numeric>

#include "classic/fill/patch/parallel_private.h"

namespace inpaint::patch {
namespace {

constexpr size_t smallest = 64;  // cells of a grid that is solved by relaxation alone
constexpr int sweeps = 3;        // before and after the coarse grid
constexpr int last_sweeps = 32;  // on the coarsest

float weight_of(const PoissonGrid::Cell& cell, size_t k) {
  return static_cast<float>(cell.weight[k]) * (1.0f / PoissonGrid::full);
}

// The cells of two rows, in the order of the 2 × 2 blocks they belong to.
std::vector<int32_t> in_blocks(const std::vector<cv::Point>& places, size_t begin, size_t end) {
  std::vector<int32_t> order(end - begin);
  std::iota(order.begin(), order.end(), static_cast<int32_t>(begin));
  const auto block = [&](int32_t i) { return places[static_cast<size_t>(i)].x / 2; };
  const auto second_row = std::find_if(order.begin(), order.end(),
                                       [&](int32_t i) { return places[static_cast<size_t>(i)].y != places[begin].y; });
  std::inplace_merge(order.begin(), second_row, order.end(), [&](int32_t a, int32_t b) { return block(a) < block(b); });
  return order;
}

}  // namespace

PoissonGrid::PoissonGrid(std::vector<Cell> cells, const std::vector<cv::Point>& places) : cells_(std::move(cells)) {
  for (size_t i = 0; i < cells_.size(); ++i) {
    ((places[i].x + places[i].y) % 2 ? red_ : black_).push_back(static_cast<int32_t>(i));
  }
  if (cells_.size() > smallest) make_coarse(places);
}

// Blocks of 2 × 2 become one cell. A correction that is constant within each block is twice as stiff as the smooth one
// it stands for: hence weights are halved. (Where that is too much, add_correction takes less.)
void PoissonGrid::make_coarse(const std::vector<cv::Point>& places) {
  parent_.resize(cells_.size());
  std::vector<cv::Point> blocks;
  for (size_t begin = 0; begin < places.size();) {
    const int row = places[begin].y / 2;
    block_rows_.push_back(begin);
    size_t end = begin;
    while (end < places.size() && places[end].y / 2 == row) ++end;
    for (const int32_t i : in_blocks(places, begin, end)) {
      const cv::Point block(places[static_cast<size_t>(i)].x / 2, row);
      if (blocks.empty() || blocks.back() != block) blocks.push_back(block);
      parent_[static_cast<size_t>(i)] = static_cast<int32_t>(blocks.size()) - 1;
    }
    begin = end;
  }
  block_rows_.push_back(cells_.size());
  if (blocks.size() == cells_.size()) return;  // scattered pixels: nothing to be gained
  std::vector<Cell> coarse(blocks.size());
  std::vector<std::array<int, 4>> weights(blocks.size());
  for (size_t i = 0; i < cells_.size(); ++i) {
    const auto block = static_cast<size_t>(parent_[i]);
    coarse[block].anchor += cells_[i].anchor;
    coarse[block].known += 0.5f * cells_[i].known;
    for (size_t k = 0; k < 4; ++k) {
      const int32_t j = cells_[i].neighbour[k];
      if (j < 0 || parent_[static_cast<size_t>(j)] == parent_[i]) continue;
      coarse[block].neighbour[k] = parent_[static_cast<size_t>(j)];
      weights[block][k] += cells_[i].weight[k];
    }
  }
  for (size_t i = 0; i < coarse.size(); ++i) {
    for (size_t k = 0; k < 4; ++k) coarse[i].weight[k] = static_cast<uint8_t>((weights[i][k] + 1) / 2);
  }
  coarse_.emplace_back(std::move(coarse), blocks);
}

void PoissonGrid::relax(Values& u, const Values& b) const {
  for (const auto* half : {&red_, &black_}) {
    parallel(half->size(), [&](size_t n) {
      const auto i = static_cast<size_t>((*half)[n]);
      const Cell& cell = cells_[i];
      cv::Vec3f sum = b[i];
      float diagonal = cell.anchor + cell.known;
      for (size_t k = 0; k < 4; ++k) {
        if (cell.neighbour[k] < 0) continue;
        const float weight = weight_of(cell, k);
        sum += weight * u[static_cast<size_t>(cell.neighbour[k])];
        diagonal += weight;
      }
      if (diagonal > 0) u[i] = sum * (1 / diagonal);
    });
  }
}

template <class Value>
cv::Vec3f PoissonGrid::applied(size_t i, Value value) const {
  const Cell& cell = cells_[i];
  const cv::Vec3f here = value(i);
  cv::Vec3f sum = (cell.anchor + cell.known) * here;
  for (size_t k = 0; k < 4; ++k) {
    if (cell.neighbour[k] >= 0) sum += weight_of(cell, k) * (here - value(static_cast<size_t>(cell.neighbour[k])));
  }
  return sum;
}

// Adds as much of a correction, given on the coarse grid, as lowers the energy most. Sums are made in blocks, for the
// same bits with any number of threads.
void PoissonGrid::add_correction(Values& u, const Values& b, const Values& coarse) const {
  constexpr size_t block = 4096;
  const auto correction = [&](size_t i) { return coarse[static_cast<size_t>(parent_[i])]; };
  std::vector<cv::Vec2d> sums((cells_.size() + block - 1) / block);
  parallel(sums.size(), [&](size_t n) {
    for (size_t i = n * block; i < std::min(cells_.size(), (n + 1) * block); ++i) {
      const cv::Vec3f residual = b[i] - applied(i, [&](size_t j) { return u[j]; });
      sums[n] += cv::Vec2d(correction(i).dot(residual), correction(i).dot(applied(i, correction)));
    }
  });
  const cv::Vec2d total = std::accumulate(sums.begin(), sums.end(), cv::Vec2d());
  if (total[1] <= 0) return;
  const auto share = static_cast<float>(total[0] / total[1]);
  parallel(cells_.size(), [&](size_t i) { u[i] += share * correction(i); });
}

void PoissonGrid::cycle(Values& u, const Values& b) const {
  for (int i = 0; i < (coarse_.empty() ? last_sweeps : sweeps); ++i) relax(u, b);
  if (coarse_.empty()) return;
  const PoissonGrid& coarse = coarse_.front();
  Values residual(coarse.cells_.size()), correction(coarse.cells_.size());
  parallel(block_rows_.size() - 1, [&](size_t row) {
    for (size_t i = block_rows_[row]; i < block_rows_[row + 1]; ++i) {
      residual[static_cast<size_t>(parent_[i])] += b[i] - applied(i, [&](size_t j) { return u[j]; });
    }
  });
  coarse.cycle(correction, residual);
  add_correction(u, b, correction);
  for (int i = 0; i < sweeps; ++i) relax(u, b);
}

}  // namespace inpaint::patch
