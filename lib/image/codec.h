#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "image/color.h"
#include "image/format.h"
#include "image/image.h"

namespace inpaint {

using Bytes = std::vector<uint8_t>;

/// Things worth telling about one picture that are no failure, e.g. "CMYK converted to sRGB".
using Notes = std::vector<std::string>;

struct DecodeOptions {
  int64_t max_pixels = 250'000'000;  ///< width × height allowed, checked on the header before any pixel is decoded
};

/// Decodes a picture of a known format, found by content. Orientation is applied to the pixels and its tag reset; ICC
/// profile, EXIF, XMP and IPTC stay with the picture; grey stays grey; CMYK and Lab become sRGB (with a note).
/// Throws ItemError if the bytes are no such picture, damaged or truncated (cause: input), or above the limit.
Image decode_image(std::span<const uint8_t> bytes, const DecodeOptions& options, Notes& notes);

/// Decodes a mask: brightness × alpha, 8 bits. Same errors as decode_image.
Mask decode_mask(std::span<const uint8_t> bytes, const DecodeOptions& options, Notes& notes);

enum class MetadataPolicy { keep, strip };

struct EncodeOptions {
  Format format = Format::png;
  std::optional<int> quality;                      ///< 1 to 100; default_quality(format) if not set
  MetadataPolicy metadata = MetadataPolicy::keep;  ///< the ICC profile stays in either case: it is part of the colours
  Color background{255, 255, 255};                 ///< shows through where the format cannot hold alpha
};

/// 92 for JPEG, 90 for WebP (a lossless WebP stays lossless unless a quality is asked for), 80 for AVIF and HEIC; PNG
/// and TIFF are lossless.
int default_quality(Format format);

/// Encodes a picture with its metadata. What the format cannot hold (alpha, 16 bits) is composited or reduced, with a
/// note. Throws ItemError if the encoder fails.
Bytes encode_image(const Image& image, const EncodeOptions& options, Notes& notes);

/// Encodes a mask as a grey picture. Throws ItemError if the encoder fails.
Bytes encode_mask(const Mask& mask, const EncodeOptions& options);

/// Threads that one decoder or encoder may use (default 1).
void set_codec_threads(int threads);

/// The versions of the libraries behind the codecs, e.g. "libvips 8.14.1".
std::string codec_versions();

/// Whether this installation can read and write the format.
bool format_available(Format format);

}  // namespace inpaint
