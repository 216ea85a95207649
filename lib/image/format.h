#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace inpaint {

/// The picture file formats that are read and written.
enum class Format { jpeg, png, webp, tiff, avif, heic };

/// How many leading bytes `sniff_format` wants to see.
inline constexpr size_t sniff_size = 32;

/// The format by content; nothing if these bytes do not begin a picture of a known format.
std::optional<Format> sniff_format(std::span<const uint8_t> leading_bytes);

/// The format by file name extension (any case); nothing if unknown.
std::optional<Format> format_of_name(std::string_view path);

/// "jpeg", "png", ...: the words of --format.
std::string format_name(Format format);
std::vector<std::string> format_names();
/// The format called `name` (a word of --format or an extension such as "jpg"); nothing if unknown.
std::optional<Format> format_called(std::string_view name);

/// The extension without a dot that new files get: "jpg", "png", "webp", "tif", "avif", "heic".
std::string format_extension(Format format);

bool can_hold_alpha(Format format);
bool can_hold_16_bit(Format format);

/// The extension of a path without its dot, lower case; "" if none.
std::string extension_of(std::string_view path);

}  // namespace inpaint
