// The only door to libvips; for sources in lib/image.
#pragma once
#include <vips/vips.h>

#include <functional>
#include <memory>
#include <span>
#include <string>

#include "image/image.h"

namespace inpaint {

struct VipsUnref {
  void operator()(VipsImage* image) const { g_object_unref(image); }
};
using VipsPtr = std::unique_ptr<VipsImage, VipsUnref>;

/// EXIF, XMP, IPTC, ICC profile, resolution: the header fields of a libvips image, without its pixels.
class Metadata {
 public:
  /// Takes the fields of an upright `image`, except those that do not survive an edit (the thumbnail, for one); the
  /// orientation becomes 1.
  explicit Metadata(VipsImage* image);
  /// Puts the fields on `image`.
  void apply(VipsImage* image) const;
  bool has_exif() const;
  /// The JPEG that the picture came from stored colour at half resolution (4:2:0).
  bool chroma_subsampled() const;
  /// The WebP that the picture came from was lossless.
  bool lossless_webp() const;
  /// Bits a channel of the HEIC or AVIF that the picture came from; 0 if it did not.
  int heif_bits() const;
  /// The four letters of the ICC profile's colour space ("RGB ", "GRAY", "CMYK"), "" without a profile.
  std::string profile_space() const;
  /// The bytes of the ICC profile; empty without one.
  std::span<const uint8_t> profile() const;

 private:
  static void copy_to(VipsImage* to, VipsImage* from);
  VipsPtr header_;
};

/// Field by which a decoded image tells that its WebP was lossless; no format writes it.
inline constexpr const char* lossless_webp_field = "inpaint-lossless-webp";

/// Throws VipsFailure if `result` is not 0.
struct VipsFailure {};
void check_vips(int result);

/// Initialises libvips once, then calls `work`, which reports failures through check_vips. libvips keeps one error text
/// for the whole process, so a failed `work` is repeated while no other runs, to learn its own reason, which is
/// returned;
/// "" on success.
std::string run_vips(const std::function<void()>& work);

}  // namespace inpaint
