#pragma once
#include <optional>
#include <string>

#include "image/box.h"
#include "pipeline/companion.h"

namespace inpaint {

/// An option that names a part of each picture: a box in pixels or percent, or a mask (one file for all pictures, or a
/// directory with one per picture; values above 127 belong to it).
class Area {
 public:
  Area() = default;
  explicit Area(const BoxText& box) : box_(box) {}
  explicit Area(Companion mask) : mask_(std::move(mask)) {}

  bool given() const { return box_ || mask_.given(); }
  /// Looks at the disk if need be. Throws SpecError, headed by `what` ("--search-area"), if the path does not exist.
  void prepare(const std::string& what);
  /// The area in the picture `rel`: 255 inside, 0 outside. Throws ItemError, headed by what prepare was told, if its
  /// mask cannot be had or has another size than the picture.
  Mask in(const std::string& rel, const Image& image, Notes& notes) const;

  const std::optional<BoxText>& box() const { return box_; }
  const Companion& mask() const { return mask_; }

 private:
  std::string what_;
  std::optional<BoxText> box_;
  Companion mask_;
};

template <>
struct Codec<Area> {
  static constexpr const char* value_name = "MASK|BOX";
  static Area parse(const std::string& text);
  static std::string print(const Area& area);
};

}  // namespace inpaint
