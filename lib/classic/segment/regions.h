#pragma once
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <opencv2/core/types.hpp>
#include <optional>
#include <string>
#include <vector>

#include "image/box.h"
#include "image/image.h"

namespace inpaint {

/// One connected part of a mask (8 neighbours, values above 127).
struct MaskRegion {
  Box box;
  int64_t area = 0;  ///< pixels
  Mask mask;         ///< of the box's size, 0 or 255: this part alone
  /// The outer edge clockwise, along the edges of pixels (a single pixel at 0,0 has the corners 0,0 1,0 1,1 0,1),
  /// simplified: no point of the true edge lies 1 pixel or more away.
  std::vector<cv::Point2f> outline;
  bool has_holes = false;  ///< the outline also encloses pixels that do not belong to it
};

/// The parts of a mask, the largest first. Specks are left out: parts below a hundredth of the largest or a
/// ten-thousandth of the picture.
std::vector<MaskRegion> regions_of(const Mask& mask);

/// The region cut out of the picture, with a margin of 4 % of its longer side around it (at least 2 pixels) as far as
/// the picture goes. Outside the region alpha is 0; inside it is that of the picture.
Image crop_region(const Image& image, const MaskRegion& region);

/// The regions of one picture as a COCO data set of its own: {"images": [{"id", "file_name", "width", "height"}],
/// "categories": [{"id": 1, "name": "subject"}], "annotations": [{"id", "image_id", "category_id", "bbox": [x, y, w,
/// h], "area", "segmentation", "iscrowd": 0}]}; with "score" in each annotation if it is known. The segmentation is the
/// outline as a polygon; COCO's polygons have no holes, so a region with holes is told as uncompressed run lengths
/// instead: {"size": [height, width], "counts": [...]}, column by column, beginning with the pixels outside.
nlohmann::json coco_of(const std::vector<MaskRegion>& regions, const std::string& file_name, cv::Size size,
                       std::optional<double> score);

}  // namespace inpaint
