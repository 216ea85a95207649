// Long thin holes, such as scratches across a scan: filled tile by tile at full scale, where each tile sees what it
// needs, instead of from coarse to fine.
#pragma once
#include <opencv2/core/mat.hpp>
#include <vector>

#include "image/image.h"
#include "nn/tasks/holes_private.h"

namespace inpaint {

struct TilePlan {
  std::vector<Region> tiles;  ///< each fills its core and, beyond it, half the overlap with its neighbours
  cv::Mat thin;               ///< what they fill: 255, CV_8U of the picture's size
  int overlap = 0;            ///< in pixels
};

/// Tiles that fill the thin strokes of `hole` (CV_8U, above 0; of the picture's size): those no wider than the margin,
/// so that each of their pixels is nearer to known ones than a tile's border is. What is wider, is short, or lies where
/// a tile would know too little, is left out. `unknown`: all that is not known, CV_8U. The tiles' size and place are
/// those that cost the network least. Views are as plan_regions makes them.
TilePlan plan_tiles(const cv::Mat& hole, const cv::Mat& unknown, const ViewRules& rules);

/// What tiles made of a hole: their mean, weighted so that one passes into the next without a seam. Takes 16 bytes per
/// pixel of the hole, however far it stretches.
class TiledFill {
 public:
  explicit TiledFill(const TilePlan& plan);
  /// `fill`: CV_32FC3 of the tile's box, RGB in [0,1].
  void add(const Region& tile, const cv::Mat& fill);
  /// Writes it into `pixels`, those of the picture, blended by the mask's values; alpha stays. `grey`: all channels
  /// alike.
  void paste(const Mask& mask, bool grey, cv::Mat& pixels) const;

 private:
  const TilePlan& plan_;
  std::vector<size_t> first_;    // of each row, in sums_
  std::vector<cv::Vec4f> sums_;  // of the hole's pixels, row by row: red, green, blue, weight
};

}  // namespace inpaint
