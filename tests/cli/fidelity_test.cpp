// What comes out is the picture that went in, apart from what was asked for.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <opencv2/core.hpp>

#include "image/compare.h"
#include "support.h"

namespace inpaint::test {
namespace {

cv::Vec3b pixel(const Image& image, int x, int y) { return image.rgb8().at<cv::Vec3b>(y, x); }

bool near(const cv::Vec3b& a, const cv::Vec3b& b, int tolerance) { return cv::norm(a, b, cv::NORM_INF) <= tolerance; }

bool holds(const std::string& file, const std::string& text) { return file_text(file).find(text) != std::string::npos; }

// Writes the picture itself through a pipeline that leaves its pixels alone.
RunResult pass_through(const std::string& in, const std::string& out, std::vector<std::string> more = {}) {
  std::vector<std::string> arguments = {"mask", in, "-o", out, "--rect", "0,0,4,4", "--write", "image"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return run_inpaint(arguments);
}

// The value of EXIF tag 0x0112 in the file; 0 if there is none.
int orientation_tag(const std::string& file) {
  const std::string text = file_text(file);
  const size_t exif = text.find(std::string("Exif\0\0", 6));
  if (exif == std::string::npos) return 0;
  const bool little = text[exif + 6] == 'I';
  const std::string tag =
      little ? std::string("\x12\x01\x03\x00\x01\x00\x00\x00", 8) : std::string("\x01\x12\x00\x03\x00\x00\x00\x01", 8);
  const size_t at = text.find(tag, exif);
  return at == std::string::npos ? 0 : text[at + 8] + text[at + 9];  // one of the two bytes is 0
}

const std::string p3_jpeg = TEST_DATA "/orientation6_p3.jpg";

}  // namespace

TEST_CASE(
    "a turned Display-P3 JPEG comes out upright with its profile, EXIF and XMP, its tag reset and its old thumbnail "
    "gone") {
  const ScratchFolder folder;
  const std::string out = folder / "out.jpg";
  REQUIRE(orientation_tag(p3_jpeg) == 6);
  REQUIRE(pass_through(p3_jpeg, out).exit_code == 0);
  const Image image = load_picture(out);
  CHECK(image.width() == 48);
  CHECK(image.height() == 64);
  // Stored red, green / blue, white; turned clockwise: blue, red / white, green. In the numbers of its own profile, as
  // make.sh wrote them; a second conversion would move them.
  const Image before = load_picture(p3_jpeg);
  for (const cv::Point at : {cv::Point(12, 16), cv::Point(36, 16), cv::Point(12, 48), cv::Point(36, 48)}) {
    CHECK(near(pixel(image, at.x, at.y), pixel(before, at.x, at.y), 3));
  }
  CHECK(pixel(image, 12, 16)[2] > 180);                           // blue
  CHECK(pixel(image, 36, 16)[0] > 180);                           // red
  CHECK(near(pixel(image, 12, 48), {240, 240, 240}, 4));          // white
  CHECK(pixel(image, 36, 48)[1] > pixel(image, 36, 48)[0] + 60);  // green
  CHECK(orientation_tag(out) == 1);
  CHECK(holds(out, "TestCam"));
  CHECK(holds(out, "A. Tester"));
  CHECK(holds(out, "<rdf:li xml:lang='x-default'>Quadrants"));
  CHECK(holds(out, "ICC_PROFILE"));
  CHECK(holds(out, "sP3C"));
  const std::string text = file_text(out);
  CHECK(text.find("\xff\xd8", 2) == std::string::npos);  // no JPEG inside the JPEG
}

TEST_CASE("metadata survives the way through every format that holds it") {
  for (const Format format : {Format::png, Format::webp, Format::avif, Format::heic}) {
    if (!format_available(format)) continue;
    CAPTURE(format_name(format));
    const ScratchFolder folder;
    const std::string middle = folder / ("middle." + format_extension(format));
    REQUIRE(pass_through(p3_jpeg, middle).exit_code == 0);
    REQUIRE(pass_through(middle, folder / "out.jpg").exit_code == 0);
    for (const std::string mark : {"TestCam", "A. Tester", "Quadrants", "sP3C"}) {
      CAPTURE(mark);
      CHECK(holds(folder / "out.jpg", mark));
    }
    CHECK(orientation_tag(folder / "out.jpg") == 1);
    CHECK(load_picture(folder / "out.jpg").height() == 64);
  }
}

TEST_CASE("metadata strip drops EXIF and XMP but keeps the colours") {
  for (const std::string extension : {"jpg", "png", "webp", "tif"}) {
    CAPTURE(extension);
    const ScratchFolder folder;
    const std::string out = folder / ("out." + extension);
    REQUIRE(pass_through(p3_jpeg, out, {"--metadata", "strip"}).exit_code == 0);
    CHECK_FALSE(holds(out, "TestCam"));
    CHECK_FALSE(holds(out, "Tester"));
    CHECK_FALSE(holds(out, "Quadrants"));
    const std::string mark = extension == "png" ? "iCCP" : "sP3C";
    CHECK(holds(out, mark));
  }
}

TEST_CASE("a 16-bit RGBA PNG comes out bit for bit") {
  const ScratchFolder folder;
  const std::string in = TEST_DATA "/rgba16.png", out = folder / "out.png";
  REQUIRE(pass_through(in, out).exit_code == 0);
  const Image before = load_picture(in), after = load_picture(out);
  CHECK(after.is_16_bit());
  CHECK(after.has_alpha());
  CHECK(before.pixels().at<cv::Vec<uint16_t, 4>>(0, 1)[0] == 1608);  // 1 * 1601 + 7: the low byte counts
  CHECK(cv::norm(before.pixels(), after.pixels(), cv::NORM_INF) == 0);
}

TEST_CASE("16 bits and alpha survive an inpainting, bit for bit outside the hole") {
  const ScratchFolder folder;
  const std::string in = TEST_DATA "/rgba16.png", out = folder / "out.png";
  cv::Mat hole = cv::Mat::zeros(32, 40, CV_8UC1);
  hole(cv::Rect(10, 8, 6, 5)).setTo(255);
  write_mask(folder / "hole.png", Mask(hole));
  REQUIRE(run_inpaint({"inpaint", in, "--mask", folder / "hole.png", "-o", out}).exit_code == 0);
  const Image before = load_picture(in), after = load_picture(out);
  REQUIRE(after.is_16_bit());
  CHECK(cv::norm(before.alpha(), after.alpha(), cv::NORM_INF) == 0);
  CHECK(cv::norm(before.pixels(), after.pixels(), cv::NORM_INF, hole == 0) == 0);
  CHECK(cv::norm(before.pixels(), after.pixels(), cv::NORM_INF, hole) > 0);
}

TEST_CASE("a grey JPEG stays grey") {
  const ScratchFolder folder;
  REQUIRE(pass_through(TEST_DATA "/grey.jpg", folder / "out.jpg").exit_code == 0);
  const std::string text = file_text(folder / "out.jpg");
  const size_t frame = text.find("\xff\xc0");
  REQUIRE(frame != std::string::npos);
  CHECK(text[frame + 9] == 1);  // components in the frame header
  CHECK(load_picture(folder / "out.jpg").grey());
}

TEST_CASE("a CMYK JPEG becomes sRGB, and says so") {
  const ScratchFolder folder;
  const RunResult result = pass_through(TEST_DATA "/cmyk.jpg", folder / "out.jpg", {"--json"});
  REQUIRE(result.exit_code == 0);
  const auto line = nlohmann::json::parse(result.out.substr(0, result.out.find('\n')));
  CHECK(line["notes"] == nlohmann::json({"CMYK converted to sRGB"}));
  CHECK(result.err.find("CMYK converted to sRGB") != std::string::npos);
  const Image image = load_picture(folder / "out.jpg");
  CHECK(near(pixel(image, 16, 12), {220, 30, 30}, 45));    // red, as far as ink goes
  CHECK(near(pixel(image, 48, 36), {240, 240, 240}, 12));  // white
}

TEST_CASE("transparency that JPEG cannot hold is composited on the background, and said so") {
  const ScratchFolder folder;
  const cv::Mat half(20, 20, CV_8UC4, cv::Scalar(200, 100, 50, 128));
  write_picture(folder / "half.png", Image(half), Format::png);
  const RunResult result =
      pass_through(folder / "half.png", folder / "out.jpg", {"--background", "#0000ff", "--quality", "100"});
  REQUIRE(result.exit_code == 0);
  CHECK(result.err.find("transparency composited on #0000ff") != std::string::npos);
  CHECK(near(pixel(load_picture(folder / "out.jpg"), 10, 10), {100, 50, 152},
             3));  // (200, 100, 50) * 128/255 + blue * 127/255
}

TEST_CASE("a cut-out never multiplies colours by alpha") {
  const ScratchFolder folder;
  cv::Mat rgb(60, 60, CV_8UC3, cv::Scalar(250, 250, 250));
  rgb(cv::Rect(20, 20, 20, 20)).setTo(cv::Scalar(180, 40, 40));
  write_picture(folder / "in.png", Image(rgb), Format::png);
  const auto cut_out = [&](const std::vector<std::string>& more) {
    std::vector<std::string> command = {"remove-bg", folder / "in.png", "--model", "color-key", "-o", folder / "o.png"};
    command.insert(command.end(), more.begin(), more.end());
    REQUIRE(run_inpaint(command).exit_code == 0);
    const Image out = load_picture(folder / "o.png");
    REQUIRE(out.has_alpha());
    CHECK(out.alpha().at<uint8_t>(30, 30) == 255);
    CHECK(out.alpha().at<uint8_t>(5, 5) == 0);
    return out;
  };
  CHECK(cv::norm(cut_out({"--keep-colors"}).rgb8(), rgb, cv::NORM_INF) == 0);
  const Image clean = cut_out({});  // the subject's colour everywhere
  CHECK(cv::norm(clean.rgb8(), rgb, cv::NORM_INF, clean.alpha() == 255) == 0);
  CHECK(near(pixel(clean, 5, 5), {180, 40, 40}, 8));
  CHECK(near(pixel(clean, 18, 30), {180, 40, 40}, 8));
}

TEST_CASE("the format is that of the content, and the name gets the extension that belongs to it") {
  const ScratchFolder folder;
  write_picture(folder / "in/really.PNG", painted_picture(30, 20), Format::png);
  write_picture(folder / "in/liar.png", painted_picture(30, 20), Format::jpeg);
  write_picture(folder / "in/nameless", painted_picture(30, 20), Format::webp);
  REQUIRE(pass_through(folder / "in", folder / "out").exit_code == 0);
  std::vector<std::string> files = files_below(folder / "out");
  std::erase_if(files, [](const std::string& file) { return file.starts_with(".inpaint/"); });
  CHECK(files == std::vector<std::string>{"liar.jpg", "nameless.webp", "really.PNG"});
}

TEST_CASE("a lossless WebP stays lossless") {
  const ScratchFolder folder;
  const std::string in = TEST_DATA "/lossless.webp";
  REQUIRE(pass_through(in, folder / "out.webp").exit_code == 0);
  CHECK(cv::norm(load_picture(in).pixels(), load_picture(folder / "out.webp").pixels(), cv::NORM_INF) == 0);
}

TEST_CASE("a header that claims 100 megapixels is refused at once, in little memory") {
  const ScratchFolder folder;
  const std::string bomb = TEST_DATA "/bomb.png";
  const RunResult plain = pass_through(bomb, folder / "out.png");
  CHECK(plain.exit_code == 1);
  CHECK(plain.err.find("truncated: 177 bytes cannot hold the 10000 × 10000 pixels") != std::string::npos);
  const RunResult limited = pass_through(bomb, folder / "out.png", {"--max-pixels", "50M"});
  CHECK(limited.exit_code == 1);
  CHECK(limited.err.find("more than --max-pixels 50000000") != std::string::npos);
  CHECK(files_below(folder.path().string()).empty());
#ifndef __SANITIZE_ADDRESS__
  CHECK(plain.peak_megabytes < 50);
  CHECK(limited.peak_megabytes < 50);
#endif
}

}  // namespace inpaint::test
