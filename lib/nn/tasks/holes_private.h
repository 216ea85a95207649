#pragma once
#include <cstdint>
#include <opencv2/core/mat.hpp>
#include <optional>
#include <vector>

#include "image/box.h"
#include "image/image.h"

namespace inpaint {

/// A connected part of a mask's values above 0.
struct HolePart {
  Box box;
  int64_t pixels = 0;
};

struct Holes {
  Box box;         ///< around all of them
  cv::Mat labels;  ///< of the box: 0 known, else 1 + index of the part; CV_32S
  std::vector<HolePart> parts;
};

Holes find_holes(const Mask& mask);

constexpr int least_margin = 16;  ///< known pixels that any hole needs around it

/// What a network can look at.
struct ViewRules {
  std::optional<cv::Size> fixed;  ///< the one size it takes
  int limit = 1280;               ///< else: largest side, a multiple of the modulus
  int modulus = 1;
  int margin = 128;  ///< known pixels around a hole, at least
};

/// A crop of a picture, and the parts of the hole (indices) that it is to fill.
struct Region {
  Box box;
  std::vector<int> parts;
  bool large = false;  ///< more than a network can look at at once, at this scale
  Box core{};          ///< of a tile: what it fills instead of its parts
};

/// Regions that together fill every part, each part in one. What lies close together shares a region where that makes
/// less to compute. Work grows linearly with the number of parts. Regions may overlap; each is a multiple of the
/// modulus (or of the fixed size) where the picture is large enough for that, and lies in the picture.
std::vector<Region> plan_regions(const Holes& holes, cv::Size picture, const ViewRules& rules);

/// The size of the view that shows `needed`: at least what networks of free size were trained on. `several`: views come
/// in few sizes, so that many can share one call.
cv::Size view_size(const Box& needed, const ViewRules& rules, bool several);

/// The part of a picture of `size` around the centre of `box`, pushed inwards at the picture's border. No larger than
/// the picture.
Box view_around(const Box& box, cv::Size size, cv::Size picture);

}  // namespace inpaint
