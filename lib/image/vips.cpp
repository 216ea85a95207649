#include <algorithm>
#include <cstring>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <string_view>

#include "core/error.h"
#include "core/names.h"
#include "image/codec.h"
#include "image/vips_private.h"

namespace inpaint {
namespace {

std::shared_mutex error_text_mutex;
int wanted_threads = 1;
bool started = false;

void start_vips() {
  static std::once_flag once;
  std::call_once(once, [] {
    if (VIPS_INIT("inpaint") != 0) throw MissingError("libvips does not start: " + std::string(vips_error_buffer()));
    vips_block_untrusted_set(TRUE);
    vips_cache_set_max(0);
    vips_concurrency_set(wanted_threads);
    // Warnings of decoders reach the user as the item's reason; glib would print them raw.
    g_log_set_handler(
        "VIPS", G_LOG_LEVEL_MASK, [](const gchar*, GLogLevelFlags, const gchar*, gpointer) {}, nullptr);
    started = true;
  });
}

// "a: b\na: c\n" -> "a: b; c" without repeats: one line for one reason.
std::string one_line(const char* text) {
  std::vector<std::string> parts;
  for (const std::string& line : split(text, '\n')) {
    if (!line.empty() && std::find(parts.begin(), parts.end(), line) == parts.end()) parts.push_back(line);
  }
  return join(parts, "; ");
}

bool has_field(VipsImage* image, const char* name) { return vips_image_get_typeof(image, name) != 0; }

// Fields that no longer hold once the pixels are upright and edited.
bool is_stale(const char* name) {
  static const char* const stale[] = {"jpeg-thumbnail-data", "heif-thumbnail-data", "jpeg-multiscan",
                                      "interlaced",          "palette-bit-depth",   "bits-per-sample",
                                      VIPS_META_N_PAGES,     VIPS_META_PAGE_HEIGHT, VIPS_META_N_SUBIFDS};
  if (std::strncmp(name, "exif-ifd1-", 10) == 0) return true;  // describes the embedded thumbnail
  return std::any_of(std::begin(stale), std::end(stale), [&](const char* s) { return std::strcmp(s, name) == 0; });
}

void remove_stale_fields(VipsImage* image) {
  gchar** fields = vips_image_get_fields(image);
  for (gchar** field = fields; *field; ++field) {
    if (is_stale(*field)) vips_image_remove(image, *field);
  }
  g_strfreev(fields);
}

// What vips_image_map visits besides metadata: facts of the pixel buffer.
bool is_header(const char* name) {
  static const char* const header[] = {"width",   "height",  "bands", "format", "coding",  "interpretation",
                                       "xoffset", "yoffset", "xres",  "yres",   "filename"};
  return std::any_of(std::begin(header), std::end(header), [&](const char* h) { return std::strcmp(h, name) == 0; });
}

// Blocks of bytes are copied, not shared: some loaders let them die with the image that they loaded.
void* copy_field(VipsImage*, const char* name, GValue* value, void* to) {
  if (is_header(name)) return nullptr;
  auto* image = static_cast<VipsImage*>(to);
  if (G_VALUE_TYPE(value) == VIPS_TYPE_BLOB) {
    size_t size = 0;
    const void* data = vips_value_get_blob(value, &size);
    // libvips 8.14 reads the XMP of a HEIC or AVIF under another name than it writes it from.
    const bool is_heif_xmp =
        std::strncmp(name, "heif-mime-", 10) == 0 &&
        std::string_view(static_cast<const char*>(data), size).find("<x:xmpmeta") != std::string_view::npos;
    vips_image_set_blob_copy(image, is_heif_xmp ? VIPS_META_XMP_NAME : name, data, size);
  } else {
    vips_image_set(image, name, value);
  }
  return nullptr;
}

}  // namespace

void check_vips(int result) {
  if (result != 0) throw VipsFailure{};
}

std::string run_vips(const std::function<void()>& work) {
  start_vips();
  try {
    std::shared_lock lock(error_text_mutex);
    work();
    return "";
  } catch (const VipsFailure&) {
  }
  std::unique_lock lock(error_text_mutex);
  vips_error_clear();
  try {
    work();
    return "";
  } catch (const VipsFailure&) {
    const std::string reason = one_line(vips_error_buffer());
    vips_error_clear();
    return reason.empty() ? "unknown reason" : reason;
  }
}

Metadata::Metadata(VipsImage* image) {
  static const uint8_t pixel[1] = {0};
  header_.reset(vips_image_new_from_memory(pixel, 1, 1, 1, 1, VIPS_FORMAT_UCHAR));
  copy_to(header_.get(), image);
}

void Metadata::apply(VipsImage* image) const { copy_to(image, header_.get()); }

void Metadata::copy_to(VipsImage* to, VipsImage* from) {
  to->Xres = from->Xres;
  to->Yres = from->Yres;
  vips_image_map(from, copy_field, to);
  remove_stale_fields(to);  // afterwards, since setting the EXIF block makes its single fields anew
  vips_image_set_int(to, VIPS_META_ORIENTATION, 1);
}

bool Metadata::has_exif() const { return has_field(header_.get(), VIPS_META_EXIF_NAME); }

bool Metadata::chroma_subsampled() const {
  const char* text = nullptr;
  return has_field(header_.get(), "jpeg-chroma-subsample") &&
         vips_image_get_string(header_.get(), "jpeg-chroma-subsample", &text) == 0 && std::strcmp(text, "4:2:0") == 0;
}

bool Metadata::lossless_webp() const { return has_field(header_.get(), lossless_webp_field); }

int Metadata::heif_bits() const {
  int bits = 0;
  if (has_field(header_.get(), "heif-bitdepth")) vips_image_get_int(header_.get(), "heif-bitdepth", &bits);
  return bits;
}

std::string Metadata::profile_space() const {
  const std::span<const uint8_t> bytes = profile();
  return bytes.size() < 20 ? "" : std::string(bytes.begin() + 16, bytes.begin() + 20);
}

std::span<const uint8_t> Metadata::profile() const {
  const void* data = nullptr;
  size_t size = 0;
  if (!has_field(header_.get(), VIPS_META_ICC_NAME) ||
      vips_image_get_blob(header_.get(), VIPS_META_ICC_NAME, &data, &size) != 0) {
    return {};
  }
  return {static_cast<const uint8_t*>(data), size};
}

void set_codec_threads(int threads) {
  wanted_threads = threads;
  if (started) vips_concurrency_set(threads);
}

std::string codec_versions() { return "libvips " + std::string(vips_version_string()); }

bool format_available(Format format) {
  const std::string loader = format == Format::avif || format == Format::heic ? "heif" : format_name(format);
  bool available = false;
  run_vips([&] { available = vips_type_find("VipsOperation", (loader + "save_buffer").c_str()) != 0; });
  return available;
}

}  // namespace inpaint
