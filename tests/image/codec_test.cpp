#include "image/codec.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <thread>

#include "core/error.h"
#include "drawing.h"
#include "image/compare.h"

namespace inpaint::test {
namespace {

Bytes encoded(const Image& image, Format format, Notes& notes, std::optional<int> quality = {}) {
  EncodeOptions options;
  options.format = format;
  options.quality = quality;
  return encode_image(image, options, notes);
}

Bytes encoded(const Image& image, Format format) {
  Notes notes;
  const Bytes bytes = encoded(image, format, notes);
  CHECK(notes == Notes{});
  return bytes;
}

Image decoded(std::span<const uint8_t> bytes) {
  Notes notes;
  const Image image = decode_image(bytes, {}, notes);
  CHECK(notes == Notes{});
  return image;
}

struct Failure {
  std::string message;
  ItemError::Cause cause;
};

Failure failure_of(std::span<const uint8_t> bytes, const DecodeOptions& options = {}) {
  try {
    Notes notes;
    decode_image(bytes, options, notes);
  } catch (const ItemError& error) {
    return {error.what(), error.cause()};
  }
  return {"", ItemError::Cause::other};
}

bool contains(const Bytes& bytes, std::string_view text) {
  return std::search(bytes.begin(), bytes.end(), text.begin(), text.end()) != bytes.end();
}

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

Bytes first_part(Bytes bytes, double share) {
  bytes.resize(static_cast<size_t>(static_cast<double>(bytes.size()) * share));
  return bytes;
}

Image grey_picture(const Image& image) {
  cv::Mat plane, grey;
  cv::extractChannel(image.pixels(), plane, 0);
  cv::merge(std::vector{plane, plane, plane}, grey);
  return Image(grey, nullptr, true);
}

std::vector<Image> kinds_of_pictures() {
  const Image narrow = painted_picture(37, 23), wide = painted_16_bit(37, 23);
  return {narrow,
          wide,
          with_painted_alpha(narrow),
          with_painted_alpha(wide),
          grey_picture(narrow),
          grey_picture(wide),
          with_painted_alpha(grey_picture(narrow)),
          with_painted_alpha(grey_picture(wide)),
          flat_picture(1, 1, 9, 8, 7)};
}

// No sharp steps, so that coders with loss come close.
Image smooth_picture() {
  cv::Mat rgb(48, 64, CV_8UC3);
  for (int y = 0; y < rgb.rows; ++y) {
    for (int x = 0; x < rgb.cols; ++x) {
      rgb.at<cv::Vec3b>(y, x) = {static_cast<uint8_t>(60 + 2 * x), static_cast<uint8_t>(200 - 2 * y),
                                 static_cast<uint8_t>(90 + x + y)};
    }
  }
  return Image(rgb);
}

void append_number(Bytes& bytes, uint32_t value) {
  for (const int shift : {24, 16, 8, 0}) bytes.push_back(static_cast<uint8_t>(value >> shift));
}

uint32_t crc_of(std::span<const uint8_t> bytes) {
  uint32_t crc = 0xffffffffu;
  for (const uint8_t byte : bytes) {
    crc ^= byte;
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0u);
  }
  return ~crc;
}

void append_chunk(Bytes& png, std::string_view name, const Bytes& content) {
  append_number(png, static_cast<uint32_t>(content.size()));
  const size_t start = png.size();
  png.insert(png.end(), name.begin(), name.end());
  png.insert(png.end(), content.begin(), content.end());
  append_number(png, crc_of(std::span(png).subspan(start)));
}

Bytes png_file(int width, int height, int bits, int color_type, const Bytes& deflated) {
  Bytes png = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'}, header;
  append_number(header, static_cast<uint32_t>(width));
  append_number(header, static_cast<uint32_t>(height));
  header.insert(header.end(), {static_cast<uint8_t>(bits), static_cast<uint8_t>(color_type), 0, 0, 0});
  append_chunk(png, "IHDR", header);
  append_chunk(png, "IDAT", deflated);
  append_chunk(png, "IEND", {});
  return png;
}

// `count` zero bytes as a zlib stream: one block with fixed codes, copies of 258 bytes from one byte before.
Bytes deflated_zeros(int64_t count) {
  Bytes out = {0x78, 0x01};
  int used = 8;
  const auto put = [&](uint32_t bits, int length, bool code) {  // codes stand high bit first, all else low bit first
    for (int i = 0; i < length; ++i, ++used) {
      if (used == 8) out.push_back(0), used = 0;
      out.back() = static_cast<uint8_t>(out.back() | (bits >> (code ? length - 1 - i : i) & 1u) << used);
    }
  };
  put(1, 1, false);  // the last block
  put(1, 2, false);  // fixed codes
  int64_t left = count;
  for (put(0b00110000, 8, true), --left; left >= 258; left -= 258) {
    put(0b11000101, 8, true);
    put(0, 5, true);
  }
  for (; left > 0; --left) put(0b00110000, 8, true);
  put(0, 7, true);
  append_number(out, static_cast<uint32_t>(count % 65521) << 16 | 1u);
  return out;
}

}  // namespace

TEST_CASE("PNG and TIFF keep every bit of every kind of picture") {
  for (const Format format : {Format::png, Format::tiff}) {
    for (const Image& image : kinds_of_pictures()) {
      CAPTURE(format_name(format));
      CAPTURE(image.pixels().type());
      CAPTURE(image.grey());
      const Image back = decoded(encoded(image, format));
      CHECK(identical(back.pixels(), image.pixels()));
      CHECK(back.grey() == image.grey());
    }
  }
}

TEST_CASE("a PNG has the colour type and bit depth of its picture") {
  const auto layout = [](const Image& image) {
    const Bytes png = encoded(image, Format::png);
    return std::pair<int, int>(png.at(24), png.at(25));  // bit depth, colour type
  };
  const Image narrow = painted_picture(20, 10), wide = painted_16_bit(20, 10);
  CHECK(layout(narrow) == std::pair(8, 2));
  CHECK(layout(wide) == std::pair(16, 2));
  CHECK(layout(with_painted_alpha(narrow)) == std::pair(8, 6));
  CHECK(layout(grey_picture(narrow)) == std::pair(8, 0));
  CHECK(layout(grey_picture(wide)) == std::pair(16, 0));
  CHECK(layout(with_painted_alpha(grey_picture(narrow))) == std::pair(8, 4));
}

TEST_CASE("a grey picture that was given colour is written in colour") {
  const Image coloured = grey_picture(painted_picture(20, 10)).with_pixels(painted_picture(20, 10).pixels());
  const Bytes png = encoded(coloured, Format::png);
  CHECK(png.at(25) == 2);
  CHECK(identical(decoded(png).pixels(), coloured.pixels()));
}

TEST_CASE("pixels need not lie side by side in memory") {
  const cv::Mat part = painted_picture(40, 30).pixels()(cv::Rect(5, 6, 21, 13));
  CHECK(identical(decoded(encoded(Image(part), Format::png)).pixels(), part));
}

TEST_CASE("JPEG, WebP, AVIF and HEIC come close to the picture") {
  for (const Format format : {Format::jpeg, Format::webp, Format::avif, Format::heic}) {
    if (!format_available(format)) {
      MESSAGE(format_name(format), " is not available here");
      continue;
    }
    CAPTURE(format_name(format));
    const Bytes bytes = encoded(smooth_picture(), format);
    CHECK(sniff_format(std::span(bytes).first(sniff_size)) == format);
    CHECK(compare_images(decoded(bytes), smooth_picture()).psnr > 30);
  }
}

TEST_CASE("JPEG stays grey, WebP keeps alpha") {
  const Image grey = grey_picture(smooth_picture());
  CHECK(decoded(encoded(grey, Format::jpeg)).grey());
  const Image image = with_painted_alpha(smooth_picture());
  CHECK(identical(decoded(encoded(image, Format::webp)).alpha(), image.alpha()));
}

TEST_CASE("a higher quality takes more bytes and comes closer") {
  for (const Format format : {Format::jpeg, Format::webp}) {
    Notes notes;
    const Bytes low = encoded(painted_picture(64, 64), format, notes, 20),
                high = encoded(painted_picture(64, 64), format, notes, 95);
    CHECK(low.size() < high.size());
    CHECK(compare_images(decoded(low), painted_picture(64, 64)).l1 >
          compare_images(decoded(high), painted_picture(64, 64)).l1);
    CHECK(encoded(painted_picture(64, 64), format) ==
          encoded(painted_picture(64, 64), format, notes, default_quality(format)));
  }
  CHECK(default_quality(Format::jpeg) == 92);
  CHECK(default_quality(Format::webp) == 90);
  CHECK(default_quality(Format::avif) == 80);
}

TEST_CASE("a JPEG of a transparent picture shows the background through, and says so") {
  for (const int max_value : {255, 65535}) {
    const double scale = max_value / 255.0;
    const cv::Mat rgba(16, 16, max_value == 255 ? CV_8UC4 : CV_16UC4, cv::Scalar(200, 100, 50, 102) * scale);  // 40 %
    EncodeOptions options;
    options.format = Format::jpeg;
    options.background = {0, 50, 250};
    Notes notes;
    const Image back = decoded(encode_image(Image(rgba), options, notes));
    REQUIRE(notes.size() == (max_value == 255 ? 1 : 2));
    CHECK(notes[0] == "transparency composited on #0032fa");
    CHECK(back.pixels().type() == CV_8UC3);
    CHECK(largest_difference(back.pixels(), cv::Mat(16, 16, CV_8UC3, cv::Scalar(80, 70, 170))) <= 2);
  }
}

TEST_CASE("a JPEG of an opaque RGBA picture loses nothing and notes nothing") {
  const Image opaque = smooth_picture().with_alpha(smooth_picture().alpha());
  CHECK(encoded(opaque, Format::jpeg) == encoded(smooth_picture(), Format::jpeg));
}

TEST_CASE("16 bits are reduced for formats of 8, with a note") {
  for (const Format format : {Format::jpeg, Format::webp}) {
    cv::Mat wide;
    smooth_picture().pixels().convertTo(wide, CV_16U, 257.0);
    Notes notes;
    const Image back = decoded(encoded(Image(wide), format, notes));
    CHECK(notes == Notes{"16 bits reduced to 8 for " + format_name(format)});
    CHECK_FALSE(back.is_16_bit());
    CHECK(compare_images(back, smooth_picture()).psnr > 30);
  }
}

TEST_CASE("AVIF keeps 12 of 16 bits, with a note") {
  if (!format_available(Format::avif)) return;
  cv::Mat wide;
  smooth_picture().pixels().convertTo(wide, CV_16U, 257.0);
  Notes notes;
  const Image back = decoded(encoded(Image(wide), Format::avif, notes));
  CHECK(notes == Notes{"16 bits reduced to 12 for avif"});
  CHECK(back.is_16_bit());
  CHECK(compare_images(back, Image(wide)).psnr > 30);
}

TEST_CASE("stripping drops EXIF and XMP and keeps the colour profile") {
  Notes notes;
  const Image image = load_picture(TEST_DATA "/orientation6_p3.jpg");
  CHECK(image.width() == 48);
  CHECK(image.height() == 64);
  for (const Format format : {Format::jpeg, Format::png, Format::webp}) {
    CAPTURE(format_name(format));
    EncodeOptions options;
    options.format = format;
    const Bytes kept = encode_image(image, options, notes);
    options.metadata = MetadataPolicy::strip;
    const Bytes stripped = encode_image(image, options, notes);
    CHECK(contains(kept, "TestCam"));
    CHECK_FALSE(contains(stripped, "TestCam"));
    CHECK_FALSE(contains(stripped, "Quadrants"));
    const std::string_view profile = format == Format::jpeg ? "ICC_PROFILE" : format == Format::png ? "iCCP" : "ICCP";
    CHECK(contains(kept, profile));
    CHECK(contains(stripped, profile));
  }
}

TEST_CASE("a picture painted here carries no profile") {
  CHECK_FALSE(contains(encoded(smooth_picture(), Format::png), "iCCP"));
}

TEST_CASE("max_pixels is checked against width times height") {
  const Bytes png = encoded(painted_picture(20, 10), Format::png);
  CHECK(failure_of(png, {.max_pixels = 200}).message == "");
  const Failure failure = failure_of(png, {.max_pixels = 199});
  CHECK(contains(failure.message, "20 × 10 pixels"));
  CHECK(contains(failure.message, "--max-pixels 199"));
}

TEST_CASE("bytes that are no picture say so") {
  CHECK(failure_of({}).message == "the file is empty");
  const std::string text = "Hello, this is no picture but a letter of more than thirty-two characters.";
  const Failure failure = failure_of(Bytes(text.begin(), text.end()));
  CHECK(failure.message == "not a picture: its content is none of jpeg, png, webp, tiff, avif, heic");
  CHECK(failure.cause == ItemError::Cause::input);
  CHECK(contains(failure_of(Bytes{'x'}).message, "not a picture"));
}

TEST_CASE("truncated files of every format fail and blame the input") {
  for (const Format format : {Format::jpeg, Format::png, Format::webp, Format::tiff, Format::avif, Format::heic}) {
    if (!format_available(format)) continue;
    const Bytes whole = encoded(painted_picture(80, 60), format);
    for (const double share : {0.05, 0.5, 0.9}) {
      CAPTURE(format_name(format));
      CAPTURE(share);
      const Failure failure = failure_of(first_part(whole, share));
      CHECK(contains(failure.message, format_name(format)));
      CHECK(failure.cause == ItemError::Cause::input);
    }
  }
}

TEST_CASE("a magic number alone is a damaged file") {
  CHECK(contains(failure_of(Bytes{0xff, 0xd8, 0xff}).message, "damaged jpeg file: "));
  CHECK(contains(failure_of(Bytes{0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'}).message, "damaged png file: "));
}

TEST_CASE("a PNG of a few bytes that claims a large picture is truncated") {
  const Bytes bomb = png_file(10000, 10000, 8, 2, deflated_zeros(100));
  CHECK(bomb.size() < 200);
  const Failure failure = failure_of(bomb);
  CHECK(contains(failure.message, "truncated"));
  CHECK(contains(failure.message, "10000 × 10000"));
  CHECK(failure.cause == ItemError::Cause::input);
}

TEST_CASE("a large blank PNG of few bits a pixel is no truncated one") {
  const int width = 4000, height = 3000;
  const Bytes png = png_file(width, height, 1, 0, deflated_zeros(static_cast<int64_t>(width / 8 + 1) * height));
  CHECK(png.size() < width * height / 1032);  // fewer bytes than a picture of 8 bits a pixel needs
  const Image image = decoded(png);
  CHECK(image.grey());
  CHECK(image.width() == width);
  CHECK(image.height() == height);
  CHECK(cv::countNonZero(image.pixels().reshape(1)) == 0);
}

TEST_CASE("failures at the same time report each their own reason") {
  const Bytes jpeg = first_part(encoded(painted_picture(80, 60), Format::jpeg), 0.6);
  const Bytes png = first_part(encoded(painted_picture(80, 60), Format::png), 0.6);
  const std::string jpeg_reason = failure_of(jpeg).message, png_reason = failure_of(png).message;
  CHECK(jpeg_reason.starts_with("damaged jpeg file: "));
  CHECK(png_reason.starts_with("damaged png file: "));
  std::vector<std::vector<std::string>> messages(8);
  std::vector<std::thread> threads;
  for (size_t t = 0; t < messages.size(); ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 25; ++i) messages[t].push_back(failure_of(t % 2 ? jpeg : png).message);
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (size_t t = 0; t < messages.size(); ++t) {
    CHECK(messages[t] == std::vector<std::string>(25, t % 2 ? jpeg_reason : png_reason));
  }
}

TEST_CASE("a failure among good pictures does not spoil them") {
  const Bytes good = encoded(painted_picture(80, 60), Format::png), bad = first_part(good, 0.6);
  std::vector<int> right(6);
  std::vector<std::thread> threads;
  for (size_t t = 0; t < right.size(); ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 25; ++i) {
        Notes notes;
        if (t % 2) {
          right[t] += identical(decode_image(good, {}, notes).pixels(), painted_picture(80, 60).pixels());
        } else {
          right[t] += failure_of(bad).message.starts_with("damaged png file: ");
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(right == std::vector<int>(6, 25));
}

TEST_CASE("a mask comes back bit for bit from a grey PNG") {
  cv::Mat values;
  cv::extractChannel(painted_picture(30, 20).pixels(), values, 2);
  EncodeOptions options;
  Notes notes;
  const Bytes png = encode_mask(Mask(values), options);
  CHECK(png.at(25) == 0);
  CHECK(identical(decode_mask(png, {}, notes).values(), values));
}

TEST_CASE("a mask is brightness times alpha") {
  Notes notes;
  const cv::Mat rgba = (cv::Mat_<cv::Vec4b>(1, 4) << cv::Vec4b(255, 255, 255, 255), cv::Vec4b(255, 255, 255, 102),
                        cv::Vec4b(200, 200, 200, 51), cv::Vec4b(255, 0, 0, 255));
  const cv::Mat values = decode_mask(encoded(Image(rgba), Format::png), {}, notes).values();
  CHECK(identical(values, (cv::Mat_<uint8_t>(1, 4) << 255, 102, 40, 76)));  // red is 0.299 bright
  cv::Mat wide;
  rgba.convertTo(wide, CV_16U, 257.0);
  CHECK(identical(decode_mask(encoded(Image(wide), Format::png), {}, notes).values(), values));
  CHECK_THROWS_AS(decode_mask(Bytes{1, 2, 3}, {}, notes), ItemError);
}

TEST_CASE("every format that the program needs is available") {
  for (const Format format : {Format::jpeg, Format::png, Format::webp, Format::tiff}) CHECK(format_available(format));
  CHECK(codec_versions().starts_with("libvips 8."));
}

}  // namespace inpaint::test
