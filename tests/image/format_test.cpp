#include "image/format.h"

#include <doctest/doctest.h>

namespace inpaint::test {
namespace {

std::optional<Format> sniff(std::string_view bytes) {
  return sniff_format({reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()});
}

using namespace std::string_view_literals;

}  // namespace

TEST_CASE("formats are known by their first bytes") {
  CHECK(sniff("\xff\xd8\xff\xe0 JFIF"sv) == Format::jpeg);
  CHECK(sniff("\x89PNG\r\n\x1a\n"sv) == Format::png);
  CHECK(sniff("RIFF\x10\0\0\0WEBPVP8 "sv) == Format::webp);
  CHECK(sniff("II*\0"sv) == Format::tiff);
  CHECK(sniff("MM\0*"sv) == Format::tiff);
  CHECK(sniff("II+\0"sv) == Format::tiff);  // BigTIFF
  CHECK(sniff("\0\0\0\x1c"
              "ftypavif\0\0\0\0"sv) == Format::avif);
  CHECK(sniff("\0\0\0\x1c"
              "ftypheic\0\0\0\0mif1"sv) == Format::heic);
}

TEST_CASE("a general HEIF file tells its codec among the compatible brands") {
  CHECK(sniff("\0\0\0\x18"
              "ftypmif1\0\0\0\0avifmif1"sv) == Format::avif);
  CHECK(sniff("\0\0\0\x20"
              "ftypmif1\0\0\0\0mif1miafavif"sv) == Format::avif);
  CHECK(sniff("\0\0\0\x18"
              "ftypmif1\0\0\0\0mif1heic"sv) == Format::heic);
  CHECK(sniff("\0\0\0\x18"
              "ftypmsf1\0\0\0\0msf1avis"sv) == Format::avif);
}

TEST_CASE("other bytes are no known format") {
  for (const std::string_view bytes :
       {""sv, "\xff\xd8"sv, "\x89PNG\r\n"sv, "RIFF\x10\0\0\0WAVE"sv, "RIFF"sv, "GIF89a"sv, "II"sv,
        "\0\0\0\x1c"
        "ftypisom"sv,
        "hello"sv}) {
    CHECK_FALSE(sniff(bytes).has_value());
  }
}

TEST_CASE("an extension is what follows the last dot of the file's own name") {
  CHECK(extension_of("a/b.JPG") == "jpg");
  CHECK(extension_of("b.tar.Png") == "png");
  CHECK(extension_of("a.d/b") == "");
  CHECK(extension_of("b.") == "");
  CHECK(extension_of("a/.jpg") == "");  // a hidden file
  CHECK(extension_of("") == "");
}

TEST_CASE("every usual extension names its format") {
  for (const std::string name : {"x.jpg", "x.JPEG", "x.jpe", "d/x.jfif"}) CHECK(format_of_name(name) == Format::jpeg);
  for (const std::string name : {"x.tif", "x.TIFF"}) CHECK(format_of_name(name) == Format::tiff);
  for (const std::string name : {"x.heic", "x.heif"}) CHECK(format_of_name(name) == Format::heic);
  CHECK(format_of_name("x.png") == Format::png);
  CHECK(format_of_name("x.webp") == Format::webp);
  CHECK(format_of_name("x.avif") == Format::avif);
  for (const std::string name : {"x.gif", "png", "x.png/y", "", ".png", "x.png."})
    CHECK_FALSE(format_of_name(name).has_value());
}

TEST_CASE("format_called takes words of --format and extensions, no file names") {
  CHECK(format_called("jpeg") == Format::jpeg);
  CHECK(format_called("jpg") == Format::jpeg);
  CHECK(format_called("PNG") == Format::png);
  for (const std::string name : {"", "x.png", ".png", "d/x.png", "pngs"}) CHECK_FALSE(format_called(name).has_value());
}

TEST_CASE("names, extensions and formats belong together") {
  CHECK(format_names() == std::vector<std::string>{"jpeg", "png", "webp", "tiff", "avif", "heic"});
  for (const std::string& name : format_names()) {
    const auto format = format_called(name);
    REQUIRE(format);
    CHECK(format_name(*format) == name);
    CHECK(format_of_name("x." + format_extension(*format)) == *format);
  }
  CHECK(format_extension(Format::jpeg) == "jpg");
  CHECK(format_extension(Format::tiff) == "tif");
}

TEST_CASE("JPEG alone lacks alpha, JPEG and WebP lack 16 bits") {
  for (const Format format : {Format::png, Format::webp, Format::tiff, Format::avif, Format::heic})
    CHECK(can_hold_alpha(format));
  CHECK_FALSE(can_hold_alpha(Format::jpeg));
  for (const Format format : {Format::png, Format::tiff, Format::avif, Format::heic}) CHECK(can_hold_16_bit(format));
  for (const Format format : {Format::jpeg, Format::webp}) CHECK_FALSE(can_hold_16_bit(format));
}

}  // namespace inpaint::test
