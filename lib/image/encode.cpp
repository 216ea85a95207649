#include <fmt/format.h>

#include <opencv2/core.hpp>

#include "core/error.h"
#include "image/codec.h"
#include "image/vips_private.h"

namespace inpaint {
namespace {

// Straight alpha over a colour, rounded; 8 or 16 bits.
template <class T>
cv::Mat composite_on(const cv::Mat& rgba, const Color& background, double max_value) {
  const double scale = max_value / 255.0;
  const double back[3] = {background.r * scale, background.g * scale, background.b * scale};
  cv::Mat out(rgba.size(), CV_MAKETYPE(rgba.depth(), 3));
  for (int y = 0; y < rgba.rows; ++y) {
    const T* in = rgba.ptr<T>(y);
    T* to = out.ptr<T>(y);
    for (int x = 0; x < rgba.cols; ++x, in += 4, to += 3) {
      const double a = in[3] / max_value;
      for (int c = 0; c < 3; ++c) to[c] = static_cast<T>(in[c] * a + back[c] * (1 - a) + 0.5);
    }
  }
  return out;
}

bool is_opaque(const Image& image) {
  if (!image.has_alpha()) return true;
  double least = 0;
  cv::minMaxLoc(image.alpha(), &least);
  return least == image.max_value();
}

bool channels_equal(const cv::Mat& pixels) {
  cv::Mat planes[3];
  for (int c = 0; c < 3; ++c) cv::extractChannel(pixels, planes[c], c);
  return cv::norm(planes[0], planes[1], cv::NORM_INF) == 0 && cv::norm(planes[0], planes[2], cv::NORM_INF) == 0;
}

// RGBA -> grey and alpha, RGB -> grey; the colour channels are equal.
cv::Mat gather_grey(const cv::Mat& pixels) {
  const bool alpha = pixels.channels() == 4;
  cv::Mat out(pixels.size(), CV_MAKETYPE(pixels.depth(), alpha ? 2 : 1));
  const int pairs[] = {0, 0, 3, 1};
  cv::mixChannels(&pixels, 1, &out, 1, pairs, alpha ? 2 : 1);
  return out;
}

// What the format can hold of the picture.
cv::Mat fit_to_format(const Image& image, const EncodeOptions& options, Notes& notes) {
  cv::Mat pixels = image.pixels();
  if (image.has_alpha() && !can_hold_alpha(options.format)) {
    if (!is_opaque(image))
      notes.push_back(fmt::format("transparency composited on {}", Codec<Color>::print(options.background)));
    pixels = image.is_16_bit() ? composite_on<uint16_t>(pixels, options.background, 65535)
                               : composite_on<uint8_t>(pixels, options.background, 255);
  }
  if (image.is_16_bit() && !can_hold_16_bit(options.format)) {
    notes.push_back(fmt::format("16 bits reduced to 8 for {}", format_name(options.format)));
    cv::Mat reduced;
    pixels.convertTo(reduced, CV_8U, 1.0 / 257.0);
    pixels = reduced;
  }
  return image.grey() && channels_equal(pixels) ? gather_grey(pixels) : pixels;
}

VipsPtr wrap(const cv::Mat& pixels) {
  const bool wide = pixels.depth() == CV_16U, grey = pixels.channels() < 3;
  VipsPtr image(vips_image_new_from_memory(pixels.data, pixels.total() * pixels.elemSize(), pixels.cols, pixels.rows,
                                           pixels.channels(), wide ? VIPS_FORMAT_USHORT : VIPS_FORMAT_UCHAR));
  if (!image) throw VipsFailure{};
  image->Type = grey ? (wide ? VIPS_INTERPRETATION_GREY16 : VIPS_INTERPRETATION_B_W)
                     : (wide ? VIPS_INTERPRETATION_RGB16 : VIPS_INTERPRETATION_sRGB);
  return image;
}

struct Encoding {
  VipsImage* image;
  int quality;
  bool chroma_subsampled;
  bool lossless;
  int heif_bits;
};

void save(Format format, const Encoding& e, void** data, size_t* size) {
  switch (format) {
    case Format::jpeg:
      check_vips(vips_jpegsave_buffer(e.image, data, size, "Q", e.quality, "subsample_mode",
                                      e.chroma_subsampled ? VIPS_FOREIGN_SUBSAMPLE_ON : VIPS_FOREIGN_SUBSAMPLE_AUTO,
                                      nullptr));
      break;
    case Format::png:
      check_vips(vips_pngsave_buffer(e.image, data, size, "compression", 4, "filter",
                                     VIPS_FOREIGN_PNG_FILTER_SUB | VIPS_FOREIGN_PNG_FILTER_UP, nullptr));
      break;
    case Format::webp:
      check_vips(
          vips_webpsave_buffer(e.image, data, size, "Q", e.quality, "alpha_q", 100, "lossless", e.lossless, nullptr));
      break;
    case Format::tiff:
      check_vips(vips_tiffsave_buffer(e.image, data, size, "compression", VIPS_FOREIGN_TIFF_COMPRESSION_DEFLATE,
                                      "predictor", VIPS_FOREIGN_TIFF_PREDICTOR_HORIZONTAL, nullptr));
      break;
    case Format::avif:
    case Format::heic:
      check_vips(vips_heifsave_buffer(
          e.image, data, size, "Q", e.quality, "compression",
          format == Format::avif ? VIPS_FOREIGN_HEIF_COMPRESSION_AV1 : VIPS_FOREIGN_HEIF_COMPRESSION_HEVC, "bitdepth",
          e.heif_bits, nullptr));
      break;
  }
}

int heif_bits(const Image& image) {
  if (!image.is_16_bit()) return 8;
  const int source_bits = image.metadata() ? image.metadata()->heif_bits() : 0;
  return source_bits > 8 ? source_bits : 12;
}

// What tells about people and places goes; libvips' own "strip" would drop the ICC profile, too, and so change colours.
void strip_metadata(VipsImage* image) {
  gchar** fields = vips_image_get_fields(image);
  for (gchar** field = fields; *field; ++field) {
    const std::string_view name = *field;
    if (name.starts_with("exif-") || name == VIPS_META_XMP_NAME || name == VIPS_META_IPTC_NAME ||
        name == VIPS_META_PHOTOSHOP_NAME || name == VIPS_META_IMAGEDESCRIPTION || name.starts_with("png-comment-")) {
      vips_image_remove(image, *field);
    }
  }
  g_strfreev(fields);
}

// `image` tells all but the pixels.
Bytes encode(const cv::Mat& pixels, const Image& image, const EncodeOptions& options) {
  VipsPtr header = wrap(pixels);
  const Metadata* metadata = image.metadata().get();
  if (metadata) {
    metadata->apply(header.get());
    if (metadata->profile_space() == "GRAY" && pixels.channels() >= 3)
      vips_image_remove(header.get(), VIPS_META_ICC_NAME);
    if (options.metadata == MetadataPolicy::strip) strip_metadata(header.get());
  }
  const Encoding encoding{header.get(), options.quality.value_or(default_quality(options.format)),
                          metadata && metadata->chroma_subsampled(),
                          metadata && metadata->lossless_webp() && !options.quality, heif_bits(image)};
  void* data = nullptr;
  size_t size = 0;
  save(options.format, encoding, &data, &size);
  const auto* first = static_cast<const uint8_t*>(data);
  Bytes bytes(first, first + size);
  g_free(data);
  return bytes;
}

Bytes encode_or_throw(cv::Mat pixels, const Image& image, const EncodeOptions& options) {
  if (!pixels.isContinuous()) pixels = pixels.clone();
  Bytes bytes;
  const std::string reason = run_vips([&] { bytes = encode(pixels, image, options); });
  if (!reason.empty()) throw ItemError(fmt::format("cannot encode as {}: {}", format_name(options.format), reason));
  return bytes;
}

}  // namespace

int default_quality(Format format) {
  switch (format) {
    case Format::jpeg: return 92;
    case Format::webp: return 90;
    default: return 80;
  }
}

Bytes encode_image(const Image& image, const EncodeOptions& options, Notes& notes) {
  const cv::Mat pixels = fit_to_format(image, options, notes);
  if (image.is_16_bit() && (options.format == Format::avif || options.format == Format::heic) &&
      heif_bits(image) < 16 && !(image.metadata() && image.metadata()->heif_bits())) {
    notes.push_back(fmt::format("16 bits reduced to {} for {}", heif_bits(image), format_name(options.format)));
  }
  if (options.format == Format::tiff && options.metadata == MetadataPolicy::keep && image.metadata() &&
      image.metadata()->has_exif()) {
    notes.push_back("EXIF data cannot be kept in tiff");
  }
  return encode_or_throw(pixels, image, options);
}

Bytes encode_mask(const Mask& mask, const EncodeOptions& options) {
  return encode_or_throw(mask.values(), Image(), options);
}

}  // namespace inpaint
