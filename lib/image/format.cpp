#include "image/format.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstring>

namespace inpaint {
namespace {

struct FormatFacts {
  Format format;
  const char* name;
  std::vector<std::string> extensions;  // the first one is for new files
};

const std::array<FormatFacts, 6>& table() {
  static const std::array<FormatFacts, 6> facts = {{{Format::jpeg, "jpeg", {"jpg", "jpeg", "jpe", "jfif"}},
                                                    {Format::png, "png", {"png"}},
                                                    {Format::webp, "webp", {"webp"}},
                                                    {Format::tiff, "tiff", {"tif", "tiff"}},
                                                    {Format::avif, "avif", {"avif"}},
                                                    {Format::heic, "heic", {"heic", "heif"}}}};
  return facts;
}

const FormatFacts& facts_of(Format format) { return table()[static_cast<size_t>(format)]; }

}  // namespace

std::optional<Format> sniff_format(std::span<const uint8_t> b) {
  const auto has = [&](size_t at, std::string_view magic) {
    return b.size() >= at + magic.size() && std::memcmp(b.data() + at, magic.data(), magic.size()) == 0;
  };
  using namespace std::string_view_literals;
  if (has(0, "\xff\xd8\xff"sv)) return Format::jpeg;
  if (has(0, "\x89PNG\r\n\x1a\n"sv)) return Format::png;
  if (has(0, "RIFF"sv) && has(8, "WEBP"sv)) return Format::webp;
  if (has(0, "II*\0"sv) || has(0, "MM\0*"sv) || has(0, "II+\0"sv) || has(0, "MM\0+"sv)) return Format::tiff;
  if (has(4, "ftypavif"sv) || has(4, "ftypavis"sv)) return Format::avif;
  for (const auto brand : {"heic"sv, "heix"sv, "hevc"sv, "heim"sv, "heis"sv, "mif1"sv, "msf1"sv}) {
    if (has(4, "ftyp"sv) && has(8, brand)) return brand[0] == 'm' && has(16, "avif"sv) ? Format::avif : Format::heic;
  }
  return std::nullopt;
}

std::string extension_of(std::string_view path) {
  const size_t slash = path.rfind('/');
  const std::string_view file = slash == std::string_view::npos ? path : path.substr(slash + 1);
  const size_t dot = file.rfind('.');
  if (dot == std::string_view::npos || dot == 0) return "";
  std::string extension(file.substr(dot + 1));
  std::transform(extension.begin(), extension.end(), extension.begin(), [](unsigned char c) { return std::tolower(c); });
  return extension;
}

std::optional<Format> format_of_name(std::string_view path) {
  const std::string extension = extension_of(path);
  for (const FormatFacts& facts : table()) {
    if (std::find(facts.extensions.begin(), facts.extensions.end(), extension) != facts.extensions.end()) return facts.format;
  }
  return std::nullopt;
}

std::string format_name(Format format) { return facts_of(format).name; }

std::vector<std::string> format_names() {
  std::vector<std::string> names;
  for (const FormatFacts& facts : table()) names.emplace_back(facts.name);
  return names;
}

std::optional<Format> format_called(std::string_view name) { return format_of_name("x." + std::string(name)); }

std::string format_extension(Format format) { return facts_of(format).extensions.front(); }

bool can_hold_alpha(Format format) { return format != Format::jpeg; }
bool can_hold_16_bit(Format format) { return format != Format::jpeg && format != Format::webp; }

}  // namespace inpaint
