#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "classic/fill/automatic.h"
#include "classic/fill/diffusion.h"
#include "classic/mask/combine.h"
#include "classic/mask/damage.h"
#include "drawing.h"
#include "image/compare.h"
#include "image/overlay.h"
#include "pipeline/helpers.h"
#include "stages/models.h"
#include "support.h"

namespace inpaint::test {
namespace {

// A fifth of a picture of 40 × 30.
Mask fifth() {
  cv::Mat values = cv::Mat::zeros(30, 40, CV_8UC1);
  values(cv::Rect(10, 5, 16, 15)).setTo(255);
  return Mask(values);
}

constexpr int scratch_x = 200;

// Smooth, with an upright white scratch.
Image scratched() {
  cv::Mat pixels = painted_picture(400, 300).pixels().clone();
  cv::GaussianBlur(pixels, pixels, {}, 8);
  cv::line(pixels, {scratch_x, 0}, {scratch_x, 299}, cv::Scalar::all(255), 3, cv::LINE_AA);
  return Image(pixels);
}

std::string failed(const Words& options) {
  return message_of<ItemError>([&] { ReadyStage("reconstruct", options).run(painted_picture(40, 30), fifth()); });
}

std::string refused(const Words& options) {
  return message_of<SpecError>([&] { ReadyStage("reconstruct", options); });
}

}  // namespace

TEST_CASE("reconstruct fills what the mask selects, with the models and options of inpaint") {
  const Image picture = painted_picture(40, 30);
  PatchOptions options;
  options.seed = 1;
  const Item done = ReadyStage("reconstruct", {"model=auto"}).run(picture, fifth());
  CHECK(identical(done.image.pixels(), fill_automatically(picture, fifth(), options).pixels()));
  CHECK(done.facts["model"] == "auto");
  CHECK(done.facts["coverage"] == 0.2);
  CHECK(done.facts["holes"].size() == 1);
  CHECK(identical(ReadyStage("reconstruct", {"model=telea", "radius=9"}).run(picture, fifth()).image.pixels(),
                  fill_diffusion(picture, fifth(), Diffusion::telea, 9).pixels()));
  CHECK(ReadyStage("reconstruct", {"model=auto"}).run(picture, Mask(40, 30)).notes ==
        Notes{"the mask is empty: nothing was filled"});
}

TEST_CASE("reconstruct has a default, which is one of its models or of its networks") {
  const std::string name = default_model("reconstruct");
  const Words known = models_for("reconstruct");
  const bool ships = std::any_of(shipped_cards().begin(), shipped_cards().end(), [&](const Card& card) {
    return card.name == name && std::find(card.tasks.begin(), card.tasks.end(), "reconstruct") != card.tasks.end();
  });
  CHECK((ships ? name == "pconv" : name == "auto"));
  CHECK(default_model("inpaint") == "patch");
  CHECK(default_model("segment") == "auto");
  CHECK(known == Words{"auto", "patch", "telea", "navier-stokes"});
}

TEST_CASE("options of other models, and networks that do not repair, are refused") {
  CHECK(refused({"model=telea", "effort=best"}) ==
        "reconstruct: --effort is an option of --model auto; telea has radius");
  CHECK(refused({"model=auto", "refine=patch"}) ==
        "reconstruct: --refine is an option of networks; auto has effort, patch-size");
  CHECK(refused({"model=auto", "hd-limit=512"}) ==
        "reconstruct: --hd-limit is an option of networks; auto has effort, patch-size");
  CHECK(refused({"model=u2net"}) == "reconstruct: --model u2net: is for remove-bg, segment");
  CHECK(missing_of(refused({"model=pathc"}), {"reconstruct: --model: no model 'pathc'", "patch"}) == "");
  CHECK(refused({"refine=texture"}) == "--refine: unknown value 'texture' (known: none, patch)");
}

TEST_CASE("damage is found in the picture and repaired") {
  const Image picture = scratched();
  const Item done = ReadyStage("reconstruct", {"model=navier-stokes", "detect=scratches"}).run(picture);
  CHECK(identical(done.mask.values(), detect_damage(picture, Damage::scratches).values()));
  for (int y = 0; y < 300; ++y) CHECK(done.mask.values().at<uint8_t>(y, scratch_x) == 255);
  CHECK(done.mask.coverage() < 0.05);
  CHECK(done.facts["damage"]["scratches"].get<double>() == doctest::Approx(done.mask.coverage()).epsilon(0.001));
  CHECK(identical(done.image.pixels(), fill_diffusion(picture, done.mask, Diffusion::navier_stokes, 5).pixels()));
}

TEST_CASE("what is found, of all kinds asked for, is united with the mask") {
  const Image picture = scratched();
  cv::Mat values = cv::Mat::zeros(300, 400, CV_8UC1);
  values(cv::Rect(20, 20, 30, 10)).setTo(200);
  const Item done = ReadyStage("reconstruct", {"model=telea", "detect=dust", "detect=scratches",
                                               "detect-sensitivity=0.6", "detect-grow=4"})
                        .run(picture, Mask(values));
  const DamageOptions options{0.6, 4};
  const Mask expected = unite(unite(Mask(values), detect_damage(picture, Damage::dust, options)),
                              detect_damage(picture, Damage::scratches, options));
  CHECK(identical(done.mask.values(), expected.values()));
  CHECK(done.mask.values().at<uint8_t>(25, 30) == 200);
  CHECK(done.facts["damage"].size() == 2);
}

TEST_CASE("a preview shows the damage and repairs nothing, whatever the model") {
  const Image picture = with_painted_alpha(scratched());
  // Its files are not there, and not needed.
  const ReadyStage stage("reconstruct", {"model=big-lama", "detect=scratches", "detect-preview"});
  CHECK(identical(stage.run(picture).image.pixels(),
                  mask_overlay(picture, detect_damage(picture, Damage::scratches)).pixels()));
  CHECK(stage.stage->makes_opaque());
  CHECK_FALSE(stage.stage->opens_network());
}

TEST_CASE("options of detection belong to it; a preview cannot be measured") {
  for (const std::string option : {"detect-preview", "detect-sensitivity=0.5", "detect-grow=2"}) {
    const std::string name = option.substr(0, option.find('='));
    CHECK(refused({"model=telea", option}) ==
          "reconstruct: --" + name + " belongs to --detect scratches, dust or text");
  }
  CHECK(refused({"detect=stains"}) == "--detect: unknown value 'stains' (known: scratches, dust, text)");
  CHECK(refused({"detect=text", "detect-preview", "truth=."}) ==
        "reconstruct: --detect-preview repairs nothing that could be compared with --truth; leave out one");
}

TEST_CASE("the truth is compared with what was made of the picture, whole and in the hole") {
  const ScratchFolder folder;
  const Image original = painted_picture(40, 30, 5);
  write_picture(folder / "truth/a/b.png", original, Format::png);
  cv::Mat damaged = original.pixels().clone();
  damaged.setTo(cv::Scalar(255, 255, 255), fifth().values());
  const Item done =
      ReadyStage("reconstruct", {"model=telea", "truth=" + folder / "truth"}).run(Image(damaged), fifth());
  const nlohmann::json& told = done.facts["truth"];
  const Mask hole = fifth();
  const Comparison expected = compare_images(original, done.image, &hole);
  CHECK(told["hole_ratio"] == 0.2);
  CHECK(told["psnr"] == expected.psnr);
  CHECK(told["ssim"] == expected.ssim);
  CHECK(told["l1"] == expected.l1);
  CHECK(told["psnr_hole"] == *expected.psnr_hole);
  CHECK(told["l1_hole"] == *expected.l1_hole);
  CHECK(told["l1"].get<double>() == doctest::Approx(told["l1_hole"].get<double>() / 5));
  CHECK(told["pixels_changed_outside"] == 0);
}

TEST_CASE("nothing to repair: equal pictures have no PSNR, and an empty hole no figures of its own") {
  const ScratchFolder folder;
  write_picture(folder / "b.png", painted_picture(40, 30), Format::png);
  const Item done =
      ReadyStage("reconstruct", {"model=auto", "truth=" + folder / "b.png"}).run(painted_picture(40, 30), Mask(40, 30));
  CHECK(done.facts["truth"].dump() ==
        R"({"hole_ratio":0.0,"l1":0.0,"l1_percent":0.0,"pixels_changed":0,"pixels_changed_outside":0,"psnr":null,)"
        R"("ssim":1.0})");
}

TEST_CASE("a truth that is missing, broken or of another size fails the picture") {
  const ScratchFolder folder;
  write_picture(folder / "small/a/b.png", painted_picture(20, 30), Format::png);
  write_picture(folder / "other/a/c.png", painted_picture(40, 30), Format::png);
  write_file(folder / "broken.png", "no picture");
  CHECK(failed({"model=auto", "truth=" + folder / "small"}) ==
        "--truth " + folder / "small/a/b.png" + ": the original is 20 × 30, the picture 40 × 30 (upright)");
  CHECK(failed({"model=auto", "truth=" + folder / "other"}) ==
        "--truth: '" + folder / "other" + "' has nothing for it (looked for a/b.*)");
  CHECK(missing_of(failed({"model=auto", "truth=" + folder / "broken.png"}),
                   {"--truth " + folder / "broken.png", "not a picture"}) == "");
  CHECK(refused({"model=auto", "truth=/nowhere"}) == "--truth: no such file or directory: '/nowhere'");
}

}  // namespace inpaint::test
