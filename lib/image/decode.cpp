#include <fmt/format.h>

#include <cstring>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include "core/error.h"
#include "image/codec.h"
#include "image/vips_private.h"

namespace inpaint {
namespace {

[[noreturn]] void fail(const std::string& reason) { throw ItemError(reason, ItemError::Cause::input); }

VipsImage* open(Format format, std::span<const uint8_t> bytes) {
  VipsImage* image = nullptr;
  void* data = const_cast<uint8_t*>(bytes.data());
  const auto load = [&](auto loader) {
    check_vips(
        loader(data, bytes.size(), &image, "access", VIPS_ACCESS_SEQUENTIAL, "fail_on", VIPS_FAIL_ON_ERROR, nullptr));
  };
  switch (format) {
    case Format::jpeg: load(vips_jpegload_buffer); break;
    case Format::png: load(vips_pngload_buffer); break;
    case Format::webp: load(vips_webpload_buffer); break;
    case Format::tiff: load(vips_tiffload_buffer); break;
    case Format::avif:
    case Format::heic: load(vips_heifload_buffer); break;
  }
  return image;
}

// The fewest bytes in which the format can store so many pixels: deflate shrinks at most 1032 times, and a JPEG block
// of 8 x 8 luma samples takes at least one bit. A file below that cannot be whole, whatever its header claims.
int64_t least_bytes(Format format, std::span<const uint8_t> bytes, int64_t pixels) {
  if (format == Format::jpeg) return pixels / 64 / 8;
  if (format != Format::png || bytes.size() < 26) return 0;
  const int channels_of_color_type[] = {1, 1, 3, 1, 2, 1, 4};
  const int64_t bits = bytes[24] * channels_of_color_type[std::min<int>(bytes[25], 6)];
  return pixels * bits / 8 / 1032;
}

void check_size(VipsImage* image, Format format, std::span<const uint8_t> bytes, const DecodeOptions& options) {
  const int64_t pixels = static_cast<int64_t>(image->Xsize) * image->Ysize;
  if (pixels > options.max_pixels) {
    throw ItemError(fmt::format("{} × {} pixels are more than --max-pixels {} allows", image->Xsize, image->Ysize,
                                options.max_pixels));
  }
  if (static_cast<int64_t>(bytes.size()) < least_bytes(format, bytes, pixels)) {
    fail(fmt::format("truncated: {} bytes cannot hold the {} × {} pixels that the header claims", bytes.size(),
                     image->Xsize, image->Ysize));
  }
}

using Step = std::function<int(VipsImage*, VipsImage**)>;

void convert(VipsPtr& image, const Step& step) {
  VipsImage* out = nullptr;
  check_vips(step(image.get(), &out));
  image.reset(out);
}

// Colour spaces other than grey and RGB become sRGB.
void to_rgb_or_grey(VipsPtr& image, Notes& notes) {
  switch (image->Type) {
    case VIPS_INTERPRETATION_CMYK: {
      const int depth = image->BandFmt == VIPS_FORMAT_USHORT ? 16 : 8;
      convert(image, [&](VipsImage* in, VipsImage** out) {
        return vips_icc_transform(in, out, "srgb", "embedded", TRUE, "input_profile", "cmyk", "depth", depth, nullptr);
      });
      notes.push_back("CMYK converted to sRGB");
      break;
    }
    case VIPS_INTERPRETATION_LAB:
    case VIPS_INTERPRETATION_LABS:
    case VIPS_INTERPRETATION_LABQ: {
      const bool fine = image->Type == VIPS_INTERPRETATION_LABS;
      convert(image, [&](VipsImage* in, VipsImage** out) {
        return vips_colourspace(in, out, fine ? VIPS_INTERPRETATION_RGB16 : VIPS_INTERPRETATION_sRGB, nullptr);
      });
      notes.push_back("Lab converted to sRGB");
      break;
    }
    default: break;
  }
}

void check_layout(VipsImage* image) {
  if (image->BandFmt != VIPS_FORMAT_UCHAR && image->BandFmt != VIPS_FORMAT_USHORT) {
    fail(fmt::format("{} samples are not supported; expected 8 or 16 bits",
                     vips_enum_nick(VIPS_TYPE_BAND_FORMAT, image->BandFmt)));
  }
  if (image->Bands > 4)
    fail(fmt::format("{} channels are not supported; expected grey, RGB or CMYK, with or without alpha", image->Bands));
}

// Pulls the pixels through in this thread, strip by strip: for the pictures of a batch, which are decoded side by side,
// libvips' own thread pool per picture costs more than it gains.
cv::Mat copy_pixels(VipsImage* image) {
  const int depth = image->BandFmt == VIPS_FORMAT_USHORT ? CV_16U : CV_8U;
  cv::Mat raw(image->Ysize, image->Xsize, CV_MAKETYPE(depth, image->Bands));
  const std::unique_ptr<VipsRegion, decltype(&g_object_unref)> region(vips_region_new(image), g_object_unref);
  constexpr int strip_rows = 64;
  for (int y = 0; y < raw.rows; y += strip_rows) {
    const VipsRect strip = {0, y, raw.cols, std::min(strip_rows, raw.rows - y)};
    check_vips(vips_region_prepare(region.get(), &strip));
    const size_t row_bytes = raw.elemSize() * static_cast<size_t>(raw.cols);
    for (int row = 0; row < strip.height; ++row)
      std::memcpy(raw.ptr(y + row), VIPS_REGION_ADDR(region.get(), 0, y + row), row_bytes);
  }
  return raw;
}

// 1 or 2 channels (grey, grey and alpha) become 3 or 4.
cv::Mat spread_grey(const cv::Mat& raw) {
  cv::Mat out(raw.size(), CV_MAKETYPE(raw.depth(), raw.channels() + 2));
  const int grey[] = {0, 0, 0, 1, 0, 2}, with_alpha[] = {0, 0, 0, 1, 0, 2, 1, 3};
  cv::mixChannels(&raw, 1, &out, 1, raw.channels() == 1 ? grey : with_alpha, raw.channels() == 1 ? 3 : 4);
  return out;
}

// A WebP file is a list of chunks: four letters, a little-endian 32-bit size, the content padded to an even size.
bool is_lossless_webp(std::span<const uint8_t> bytes) {
  for (size_t at = 12; at + 8 <= bytes.size();) {
    const std::string_view name(reinterpret_cast<const char*>(bytes.data() + at), 4);
    if (name == "VP8L") return true;
    const uint32_t size =
        bytes[at + 4] | bytes[at + 5] << 8 | bytes[at + 6] << 16 | static_cast<uint32_t>(bytes[at + 7]) << 24;
    at += 8 + static_cast<size_t>(size) + (size & 1);
  }
  return false;
}

Image decode(Format format, std::span<const uint8_t> bytes, const DecodeOptions& options, Notes& notes) {
  VipsPtr image(open(format, bytes));
  check_size(image.get(), format, bytes, options);
  const int pages = vips_image_get_n_pages(image.get());
  if (pages > 1) notes.push_back(fmt::format("only the first of {} pages is used", pages));
  if (format == Format::webp && is_lossless_webp(bytes)) vips_image_set_int(image.get(), lossless_webp_field, 1);
  to_rgb_or_grey(image, notes);
  check_layout(image.get());
  const bool turned = vips_image_get_orientation(image.get()) > 1;
  if (turned) {
    convert(image, [](VipsImage* in, VipsImage** out) { return *out = vips_image_copy_memory(in), *out ? 0 : -1; });
    convert(image, [](VipsImage* in, VipsImage** out) { return vips_autorot(in, out, nullptr); });
  }
  cv::Mat pixels = copy_pixels(image.get());
  const bool grey = pixels.channels() < 3;
  if (grey) pixels = spread_grey(pixels);
  return Image(pixels, std::make_shared<Metadata>(image.get()), grey);
}

}  // namespace

Image decode_image(std::span<const uint8_t> bytes, const DecodeOptions& options, Notes& notes) {
  if (bytes.empty()) fail("the file is empty");
  const std::optional<Format> format = sniff_format(bytes.first(std::min(bytes.size(), sniff_size)));
  if (!format) fail("not a picture: its content is none of " + fmt::format("{}", fmt::join(format_names(), ", ")));
  Image image;
  Notes own_notes;
  const std::string reason = run_vips([&] {
    own_notes.clear();
    image = decode(*format, bytes, options, own_notes);
  });
  if (!reason.empty()) fail(fmt::format("damaged {} file: {}", format_name(*format), reason));
  notes.insert(notes.end(), own_notes.begin(), own_notes.end());
  return image;
}

Mask decode_mask(std::span<const uint8_t> bytes, const DecodeOptions& options, Notes& notes) {
  const Image image = decode_image(bytes, options, notes);
  cv::Mat values;
  cv::cvtColor(image.rgb8(), values, cv::COLOR_RGB2GRAY);
  if (image.has_alpha()) {
    cv::Mat alpha = image.alpha();
    if (image.is_16_bit()) alpha.convertTo(alpha, CV_8U, 1.0 / 257.0);
    cv::multiply(values, alpha, values, 1.0 / 255.0);
  }
  return Mask(values);
}

}  // namespace inpaint
