// What a model does, whatever drives it: an algorithm without weights, a network, a remote endpoint. All are const and
// may be called from several threads at once. Each throws ItemError if this one picture cannot be done.
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "image/box.h"
#include "image/image.h"

namespace inpaint {

/// What is to be filled, and with what.
struct FillRequest {
  Image image;
  Mask hole;         ///< of the image's size
  Mask search_area;  ///< where pixels may be taken from (values above 127); empty: everywhere
  uint64_t seed = 0;
  /// If set, called with intermediate pictures by models that have some; names are unique within one request.
  std::function<void(const std::string& name, const Image& picture)> watch;
};

/// One hole (or several close together) and what filled it.
struct FilledHole {
  Box box;             ///< around the hole's pixels
  int64_t pixels = 0;  ///< in it, soft ones counted
  std::string method;  ///< a model's name
  std::string reason;  ///< why not what was asked for; empty if it is
};

struct FillResult {
  Image image;
  std::vector<FilledHole> holes;
};

/// Fills the hole of a picture. The result has the size, depth, alpha and metadata of `image`; pixels where the mask is
/// 0 are bit-identical.
class Inpainter {
 public:
  virtual ~Inpainter() = default;
  virtual FillResult fill(const FillRequest& request) const = 0;
};

/// What a subject is to be found in.
struct SubjectRequest {
  Image image;
  /// A rough trimap of the image's size: 255 = surely subject, 0 = surely background, between = unknown. Empty: none.
  /// Only for models that take one; the others throw std::invalid_argument.
  Mask hint;
};

struct FoundMask {
  Mask mask;                         ///< of the image's size, 255 = selected
  std::optional<double> confidence;  ///< in [0,1]; not set by models that cannot tell
  std::string method = {};           ///< what a model that chooses among several took; empty: itself
};

struct FoundMatte {
  Matte matte;                       ///< of the image's size
  std::optional<double> confidence;  ///< as above
  std::string method = {};           ///< as above
};

/// Finds the region of the subject.
class Segmenter {
 public:
  virtual ~Segmenter() = default;
  virtual FoundMask segment(const SubjectRequest& request) const = 0;
};

/// Finds the opacity of the subject.
class Matter {
 public:
  virtual ~Matter() = default;
  virtual FoundMatte matte(const SubjectRequest& request) const = 0;
};

}  // namespace inpaint
