#pragma once
#include <array>
#include <cstdint>
#include <opencv2/core/matx.hpp>
#include <opencv2/core/types.hpp>
#include <vector>

namespace inpaint::patch {

/// A linear system over pixels, three colours at once: for each unknown i
///   sum over its edges of weight (u_i - u_j)  +  anchor_i u_i  =  b_i,
/// where u_j is 0 for an edge that leads to something known (what is known there belongs into b).
/// Solved by multigrid with 2 × 2 aggregation and red-black relaxation: the same bits for any number of threads.
class PoissonGrid {
 public:
  using Values = std::vector<cv::Vec3f>;
  static constexpr uint8_t full = 128;  ///< weight 1
  struct Cell {
    std::array<int32_t, 4> neighbour{-1, -1, -1, -1};  ///< left, right, above, below; -1 = none
    std::array<uint8_t, 4> weight{};                   ///< of the edges to them, in units of 1 / full
    float known = 0;                                   ///< total weight of edges to something known
    float anchor = 0;
  };

  /// `places`: where each cell lies, in rows from top to bottom, each from left to right.
  PoissonGrid(std::vector<Cell> cells, const std::vector<cv::Point>& places);

  const std::vector<Cell>& cells() const { return cells_; }

  /// Improves `u` by one V-cycle.
  void cycle(Values& u, const Values& b) const;

 private:
  void relax(Values& u, const Values& b) const;
  /// The left side of the equation of cell i, for the values that `value` gives for each cell.
  template <class Value>
  cv::Vec3f applied(size_t i, Value value) const;
  void add_correction(Values& u, const Values& b, const Values& coarse) const;
  void make_coarse(const std::vector<cv::Point>& places);

  std::vector<Cell> cells_;
  std::vector<int32_t> red_, black_;
  std::vector<int32_t> parent_;      // of each cell, in the coarse grid
  std::vector<size_t> block_rows_;   // first cell of each row of blocks, and the end
  std::vector<PoissonGrid> coarse_;  // none or one
};

}  // namespace inpaint::patch
