#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "core/error.h"
#include "painted_folder.h"
#include "train/pictures_private.h"

using namespace inpaint;
using test::ScratchFolder;

namespace {

PictureRules rules(bool with_matte = false) {
  PictureRules out;
  out.example = {with_matte, 128};
  out.budget = 64 << 20;
  return out;
}

std::string reason_of(const Pictures& pictures, const std::string& rel) {
  for (const PictureEntry& entry : pictures.entries()) {
    if (entry.rel == rel) return entry.use == PictureUse::skipped ? entry.reason : "";
  }
  return "not listed";
}

std::set<std::string> held_out_names(const Pictures& pictures) {
  std::set<std::string> names;
  for (const size_t i : pictures.held_out()) names.insert(pictures.entries()[i].rel);
  return names;
}

template <class Act>
std::string spec_error_of(const Act& act) {
  try {
    act();
  } catch (const SpecError& error) {
    return error.what();
  }
  return "";
}

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

// A disc of this opacity in the middle.
Mask disc_mask(int width, int height, int opacity = 255) {
  cv::Mat values = cv::Mat::zeros(height, width, CV_8U);
  cv::circle(values, {width / 2, height / 2}, std::min(width, height) / 3, cv::Scalar(opacity), cv::FILLED);
  return Mask(values);
}

}  // namespace

TEST_CASE("pictures: broken, tiny and repeated ones are skipped and listed") {
  const ScratchFolder folder;
  test::write_pictures(folder.path(), 9);
  test::write_file(folder / "broken.jpg", "\xff\xd8\xff\xe0 no more than a beginning");
  test::write_file(folder / "empty.png", "");
  test::write_picture(folder / "tiny.png", test::painted_picture(31, 200), Format::png);
  std::filesystem::copy_file(folder / test::numbered(3), folder / "z-again.png");
  const Pictures pictures({folder.path()}, "", rules());
  CHECK(pictures.learned().size() + pictures.held_out().size() == 9);
  CHECK(contains(reason_of(pictures, "broken.jpg"), "jpeg"));
  CHECK(contains(reason_of(pictures, "empty.png"), "empty"));
  CHECK(contains(reason_of(pictures, "tiny.png"), "31 × 200"));
  CHECK(reason_of(pictures, "z-again.png") == "same content as " + folder / test::numbered(3));
  CHECK(reason_of(pictures, test::numbered(3)) == "");
}

TEST_CASE("pictures: fewer than eight usable ones are an error that says why") {
  const ScratchFolder folder;
  test::write_pictures(folder.path(), 7);
  for (const char* name : {"a.jpg", "b.jpg", "c.jpg", "d.jpg"}) test::write_file(folder / name, "no picture");
  const std::string message = spec_error_of([&] { Pictures({folder.path()}, "", rules()); });
  CHECK(contains(message, "7 of 11 pictures"));
  CHECK(contains(message, "at least 8"));
  CHECK(contains(message, folder / "a.jpg"));
  CHECK(contains(message, "and 1 more"));
  test::write_picture(folder / "one-more.png", test::painted_picture(50, 50, 50), Format::png);
  CHECK_NOTHROW(Pictures({folder.path()}, "", rules()));
}

TEST_CASE("pictures: what is held out stays held out when others are added or renamed") {
  const ScratchFolder few, many;
  test::write_pictures(few.path(), 30);
  test::write_pictures(many.path(), 60);
  PictureRules quarter = rules();
  quarter.held_out = 0.25;
  const Pictures first({few.path()}, "", quarter), second({many.path()}, "", quarter);
  CHECK(first.held_out().size() >= 2);
  for (const PictureEntry& entry : first.entries()) {
    const bool held = held_out_names(first).contains(entry.rel);
    CHECK(held == held_out_names(second).contains(entry.rel));
    CHECK(held == (draw_of_hash(entry.hash) < 0.25));
  }
  CHECK(second.learned().size() + second.held_out().size() == 60);
}

TEST_CASE("pictures: one at least is held out, and one at least is learned from") {
  const ScratchFolder folder;
  test::write_pictures(folder.path(), 8);
  PictureRules all = rules(), none = rules();
  all.held_out = 1, none.held_out = 0;
  const Pictures nearly_all({folder.path()}, "", all), nearly_none({folder.path()}, "", none);
  CHECK(nearly_all.learned().size() == 1);
  CHECK(nearly_none.held_out().size() == 1);
  const Example example = nearly_all.get(nearly_all.learned()[0]);
  CHECK(example.rgb.size() == cv::Size(96, 72));
}

TEST_CASE("pictures: 16 bits, grey and alpha are taken as 8-bit RGB; large ones are shrunk by averaging") {
  const ScratchFolder folder;
  test::write_pictures(folder.path(), 8);
  test::write_picture(folder / "a16.png", test::painted_16_bit(60, 50, 91), Format::png);
  test::write_picture(folder / "alpha.png", test::with_painted_alpha(test::painted_picture(60, 50, 92)), Format::png);
  test::write_mask(folder / "grey.png", test::drawn_mask(std::vector<std::string>(40, std::string(40, '4'))));
  cv::Mat checkered(512, 640, CV_8UC3);
  for (int y = 0; y < 512; ++y) {
    for (int x = 0; x < 640; ++x) checkered.at<cv::Vec3b>(y, x) = cv::Vec3b::all((x + y) % 2 ? 200 : 100);
  }
  test::write_picture(folder / "large.png", Image(checkered), Format::png);
  const Pictures pictures({folder.path()}, "", rules());
  for (size_t i = 0; i < pictures.entries().size(); ++i) {
    const PictureEntry& entry = pictures.entries()[i];
    const Example example = pictures.get(i);
    CAPTURE(entry.rel);
    REQUIRE(example.rgb.type() == CV_8UC3);
    if (entry.rel == "large.png") {
      CHECK(example.rgb.size() == cv::Size(160, 128));
      CHECK(test::identical(example.rgb, cv::Mat(128, 160, CV_8UC3, cv::Scalar::all(150))));
    } else {
      CHECK(test::identical(example.rgb, test::load_picture(entry.path).rgb8()));
    }
  }
}

TEST_CASE("pictures: memory stays within the budget, and what is not kept is read again") {
  const ScratchFolder folder;
  test::write_pictures(folder.path(), 20);
  PictureRules tight = rules();
  tight.budget = 5 * 96 * 72 * 3 + 100;
  const Pictures pictures({folder.path()}, "", tight), roomy({folder.path()}, "", rules());
  CHECK(pictures.bytes_kept() == 5 * 96 * 72 * 3);
  CHECK(roomy.bytes_kept() == static_cast<int64_t>(roomy.learned().size()) * 96 * 72 * 3);
  for (size_t i = 0; i < 20; ++i) CHECK(test::identical(pictures.get(i).rgb, roomy.get(i).rgb));
  // Held-out pictures, seldom asked for, take nothing of it.
  tight.budget = roomy.bytes_kept();
  CHECK(Pictures({folder.path()}, "", tight).bytes_kept() == tight.budget);
}

TEST_CASE("pictures that change or go while they are learned from are an error that names them") {
  const ScratchFolder folder;
  test::write_pictures(folder.path(), 8);
  PictureRules nothing_kept = rules();
  nothing_kept.budget = 0;
  const Pictures pictures({folder.path()}, "", nothing_kept);
  const auto message = [&](size_t i) -> std::string {
    try {
      pictures.get(i);
    } catch (const MissingError& error) {
      return error.what();
    }
    return "";
  };
  test::write_picture(folder / test::numbered(0), test::painted_picture(96, 72, 77), Format::png);
  std::filesystem::remove(folder / test::numbered(1));
  CHECK(contains(message(0), folder / test::numbered(0)));
  CHECK(contains(message(0), "has changed"));
  CHECK(contains(message(1), folder / test::numbered(1)));
  CHECK(message(2) == "");
}

TEST_CASE("mattes are paired by relative path; pictures without a usable one are skipped") {
  const ScratchFolder folder;
  const std::string in = folder / "in", mattes = folder / "mattes";
  test::write_pictures(in, 14);
  for (int i = 0; i < 10; ++i) test::write_mask(mattes + "/" + test::numbered(i), disc_mask(96, 72));
  test::write_mask(mattes + "/" + test::numbered(10), Mask(96, 72));
  test::write_mask(mattes + "/" + test::numbered(11), test::full_mask(96, 72));
  test::write_mask(mattes + "/" + test::numbered(12), disc_mask(72, 96));
  const Pictures pictures({in}, mattes, rules(true));
  CHECK(pictures.learned().size() + pictures.held_out().size() == 10);
  CHECK(contains(reason_of(pictures, test::numbered(10)), "selects nothing"));
  CHECK(contains(reason_of(pictures, test::numbered(11)), "selects everything"));
  CHECK(contains(reason_of(pictures, test::numbered(12)), "72 × 96"));
  CHECK(contains(reason_of(pictures, test::numbered(13)), "no matte"));
  const Example example = pictures.get(0);
  CHECK(test::identical(example.matte, disc_mask(96, 72).values()));
  CHECK(test::identical(example.rgb, test::load_picture(in + "/" + test::numbered(0)).rgb8()));
  cv::Mat inside = example.rgb.clone();
  inside.setTo(0, example.matte == 0);
  CHECK(test::identical(example.subject, inside));
}

TEST_CASE("a matte may be a cut-out: then its alpha counts") {
  const ScratchFolder folder;
  test::write_pictures(folder / "in", 8);
  for (int i = 0; i < 8; ++i) {
    const Image cut = cut_out(test::painted_picture(96, 72, i), Matte(disc_mask(96, 72, 200)));
    test::write_picture(folder / "cut" + "/" + test::numbered(i), cut, Format::png);
  }
  const Pictures pictures({folder / "in"}, folder / "cut", rules(true));
  CHECK(test::identical(pictures.get(3).matte, disc_mask(96, 72, 200).values()));
}

TEST_CASE("without mattes the pictures' own alpha counts, and hidden colours do not") {
  const ScratchFolder folder;
  test::write_pictures(folder.path(), 1);
  for (int i = 0; i < 8; ++i) {
    const Image cut = cut_out(test::painted_picture(96, 72, i + 20), Matte(disc_mask(96, 72)));
    test::write_picture(folder / ("cut" + test::numbered(i)), cut, Format::png);
  }
  const Pictures pictures({folder.path()}, "", rules(true));
  CHECK(contains(reason_of(pictures, test::numbered(0)), "no alpha channel"));
  const Example example = pictures.get(0);
  CHECK(example.rgb.empty());
  CHECK(test::identical(example.matte, disc_mask(96, 72).values()));
  CHECK(cv::countNonZero(example.subject.reshape(1) != 0) > 0);
  cv::Mat hidden = example.subject.clone();
  hidden.setTo(0, example.matte);
  CHECK(cv::countNonZero(hidden.reshape(1)) == 0);
}

TEST_CASE("the old background is taken out of the subject's colours, once, when it is decoded") {
  // A red disc with a soft edge before green: what the camera sees at the edge is a mixture.
  const ScratchFolder folder;
  cv::Mat soft = disc_mask(96, 72).values().clone(), seen(72, 96, CV_8UC3);
  cv::GaussianBlur(soft, soft, {}, 3);
  for (int i = 0; i < 96 * 72; ++i) {
    const double opacity = soft.data[i] / 255.0;
    const cv::Vec3d color = cv::Vec3d(220, 30, 40) * opacity + cv::Vec3d(20, 200, 60) * (1 - opacity);
    for (int c = 0; c < 3; ++c) seen.data[3 * i + c] = cv::saturate_cast<uint8_t>(color[c]);
  }
  const Bytes matte = encode_mask(Mask(soft), {});
  Notes notes;
  const Example example = decode_example(encode_image(Image(seen), {}, notes), &matte, {true, 128});
  double worst = 0;
  for (int i = 0; i < 96 * 72; ++i) {
    const double red = 220, green = 30, opacity = soft.data[i] / 255.0;
    worst = std::max({worst, std::abs(example.subject.data[3 * i] - red * opacity),
                      std::abs(example.subject.data[3 * i + 1] - green * opacity)});
  }
  // Left in, the green would be 0.25 × (200 - 30) = 42 too much at half opacity; the estimate is no exact inverse.
  CHECK(worst < 20);
  CHECK(test::identical(example.rgb, seen));
}
