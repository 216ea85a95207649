#pragma once
#include <nlohmann/json_fwd.hpp>
#include <opencv2/core/types.hpp>
#include <string>
#include <vector>

#include "image/box.h"
#include "image/image.h"

namespace inpaint {

/// A thing found in a picture.
struct Detection {
  Box box;           ///< inside the picture, never empty
  int label = 0;     ///< index of the class, from 0
  double score = 0;  ///< in [0,1]
  bool operator==(const Detection&) const = default;
};

/// Finds things of known classes. Const and thread-safe; throws ItemError if this one picture cannot be done.
class Detector {
 public:
  virtual ~Detector() = default;
  /// The best score first.
  virtual std::vector<Detection> detect(const Image& image) const = 0;
  /// Names of the classes by index; may be empty.
  virtual const std::vector<std::string>& labels() const = 0;
};

/// The detections of one picture as a COCO data set of its own, with the fields that regions have, too (see
/// classic/segment/regions.h) and a "score" in each annotation. The categories are those that occur; the id of one is
/// its index + 1, its name that in `labels`, or "class INDEX". The segmentation is the box as a polygon.
nlohmann::json coco_of(const std::vector<Detection>& detections, const std::vector<std::string>& labels,
                       const std::string& file_name, cv::Size size);

}  // namespace inpaint
