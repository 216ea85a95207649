#pragma once
#include <memory>
#include <string>
#include <variant>

#include "classic/compose/backdrop.h"
#include "pipeline/companion.h"

namespace inpaint {

/// What --background says of the place behind a subject.
struct Background {
  struct Transparent {};
  struct Blur {
    Length sigma;  ///< pixels, or percent of the result's shorter side
  };
  std::variant<Transparent, Color, Gradient, Blur, Companion> kind;

  bool is_transparent() const { return std::holds_alternative<Transparent>(kind); }
  bool is_blur() const { return std::holds_alternative<Blur>(kind); }
};
/// "transparent", a colour, "gradient:A-B[,horizontal|,radial]", "blur[:N[%]]" or a picture file.
template <>
struct Codec<Background> {
  static constexpr const char* value_name = "BACKGROUND";
  static Background parse(const std::string& text);
  static std::string print(const Background& background);
};

/// Paints the place behind a subject. What is the same for picture after picture is kept between them.
class BackdropSource {
 public:
  /// Looks at the disk once. Throws SpecError if the background is a file that cannot be used.
  void prepare(const Background& background, const std::string& stage);

  /// A canvas of this size, of the depth and in the colour profile of `cutout`: RGB, or RGBA where the background is
  /// transparent. `original`: what --background blur blurs, of the cutout's size. Throws ItemError if a background
  /// file cannot be decoded.
  cv::Mat paint(cv::Size size, const Image& cutout, const Image& original, Notes& notes) const;

  /// The background file, if it is one.
  std::vector<const Companion*> companions() const;

 private:
  struct Shared;
  cv::Mat paint_file(cv::Size size, const Image& cutout, Notes& notes) const;

  Background background_;
  std::shared_ptr<Shared> shared_;
};

}  // namespace inpaint
