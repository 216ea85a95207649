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

std::string lower_case(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](unsigned char c) { return std::tolower(c); });
  return out;
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
    if (!has(4, "ftyp"sv) || !has(8, brand)) continue;
    const bool general = brand[0] == 'm';  // the codec stands among the compatible brands
    const auto compatible = [&](std::string_view codec) {
      return has(16, codec) || has(20, codec) || has(24, codec) || has(28, codec);
    };
    return general && (compatible("avif"sv) || compatible("avis"sv)) ? Format::avif : Format::heic;
  }
  return std::nullopt;
}

std::string extension_of(std::string_view path) {
  const size_t slash = path.rfind('/');
  const std::string_view file = slash == std::string_view::npos ? path : path.substr(slash + 1);
  const size_t dot = file.rfind('.');
  if (dot == std::string_view::npos || dot == 0) return "";
  return lower_case(file.substr(dot + 1));
}

std::optional<Format> format_of_name(std::string_view path) { return format_called(extension_of(path)); }

std::optional<Format> format_called(std::string_view name) {
  const std::string extension = lower_case(name);
  for (const FormatFacts& facts : table()) {
    if (std::find(facts.extensions.begin(), facts.extensions.end(), extension) != facts.extensions.end())
      return facts.format;
  }
  return std::nullopt;
}

std::string format_name(Format format) { return facts_of(format).name; }

std::vector<std::string> format_names() {
  std::vector<std::string> names;
  for (const FormatFacts& facts : table()) names.emplace_back(facts.name);
  return names;
}

std::string format_extension(Format format) { return facts_of(format).extensions.front(); }

bool can_hold_alpha(Format format) { return format != Format::jpeg; }
bool can_hold_16_bit(Format format) { return format != Format::jpeg && format != Format::webp; }

}  // namespace inpaint
