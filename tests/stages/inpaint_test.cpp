#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "classic/fill/automatic.h"
#include "classic/fill/diffusion.h"
#include "classic/fill/patch.h"
#include "classic/mask/combine.h"
#include "classic/mask/shapes.h"
#include "drawing.h"
#include "pipeline/helpers.h"
#include "support.h"

namespace inpaint::test {
namespace {

Mask square_hole() {
  cv::Mat values = cv::Mat::zeros(30, 40, CV_8UC1);
  values(cv::Rect(15, 10, 8, 6)).setTo(255);
  return Mask(values);
}

Mask box_mask(int width, int height, const cv::Rect& box) {
  cv::Mat values = cv::Mat::zeros(height, width, CV_8UC1);
  values(box).setTo(255);
  return Mask(values);
}

// 80 × 60 with a hole in the middle, for where pixels may be taken from.
Image wide_picture() { return painted_picture(80, 60); }
Mask wide_hole() { return box_mask(80, 60, {34, 24, 12, 12}); }

// What patch fill makes of it if it may take from `area` only.
cv::Mat taken_from(const Mask& area) {
  PatchOptions options;
  options.seed = 1;
  options.search_area = area;
  return fill_patch(wide_picture(), wide_hole(), options).pixels();
}

cv::Mat filled_with(const Words& options) {
  return ReadyStage("inpaint", options).run(wide_picture(), wide_hole()).image.pixels();
}

std::string refused(const Words& options) {
  return message_of<SpecError>([&] { ReadyStage("inpaint", options); });
}

std::string failed(const Words& options, const Image& image, const Mask& mask) {
  return message_of<ItemError>([&] { ReadyStage("inpaint", options).run(image, mask); });
}

}  // namespace

TEST_CASE("inpaint fills with patches unless it is told otherwise, with the item's seed") {
  const Image picture = painted_picture(40, 30);
  const ReadyStage stage("inpaint");
  PatchOptions options;
  options.seed = 1;
  const cv::Mat first = stage.run(picture, square_hole(), "a/b.png", 1).image.pixels();
  CHECK(identical(first, fill_patch(picture, square_hole(), options).pixels()));
  CHECK(identical(first, stage.run(picture, square_hole(), "a/b.png", 1).image.pixels()));
  CHECK(identical(first, ReadyStage("inpaint", {"model=patch"}).run(picture, square_hole()).image.pixels()));
}

TEST_CASE("another seed may give another fill, that of the seed") {
  cv::Mat noise(60, 80, CV_8UC3);
  cv::RNG(3).fill(noise, cv::RNG::UNIFORM, 0, 256);
  const Image picture(noise);
  const ReadyStage stage("inpaint");
  const auto filled = [&](uint64_t seed) { return stage.run(picture, wide_hole(), "a/b.png", seed).image.pixels(); };
  PatchOptions options;
  options.seed = 77;
  CHECK(identical(filled(77), fill_patch(picture, wide_hole(), options).pixels()));
  CHECK_FALSE(identical(filled(77), filled(78)));
}

TEST_CASE("effort and patch size reach patch fill") {
  PatchOptions fast, best, small;
  fast.seed = best.seed = small.seed = 1;
  fast.effort = Effort::fast;
  best.effort = Effort::best;
  small.patch_size = 5;
  const auto made = [](const PatchOptions& options) {
    return fill_patch(wide_picture(), wide_hole(), options).pixels();
  };
  CHECK(identical(filled_with({"effort=fast"}), made(fast)));
  CHECK(identical(filled_with({"effort=best"}), made(best)));
  CHECK(identical(filled_with({"patch-size=5"}), made(small)));
  CHECK_FALSE(identical(made(fast), made(best)));
  CHECK_FALSE(identical(made(small), filled_with({})));
  CHECK(identical(filled_with({"effort=normal", "patch-size=7"}), filled_with({})));
}

TEST_CASE("auto decides for each hole") {
  PatchOptions options;
  options.seed = 1;
  CHECK(identical(filled_with({"model=auto"}), fill_automatically(wide_picture(), wide_hole(), options).pixels()));
  options.effort = Effort::fast;
  options.patch_size = 9;
  CHECK(identical(filled_with({"model=auto", "effort=fast", "patch-size=9"}),
                  fill_automatically(wide_picture(), wide_hole(), options).pixels()));
}

TEST_CASE("inpaint fills with the model and the radius it is told") {
  const Image picture = painted_picture(40, 30);
  const Mask hole = square_hole();
  const auto filled = [&](const Words& options) {
    return ReadyStage("inpaint", options).run(picture, hole).image.pixels();
  };
  CHECK(identical(filled({"model=telea"}), fill_diffusion(picture, hole, Diffusion::telea, 5).pixels()));
  CHECK(identical(filled({"model=telea", "radius=9"}), fill_diffusion(picture, hole, Diffusion::telea, 9).pixels()));
  CHECK(identical(filled({"model=navier-stokes", "radius=3"}),
                  fill_diffusion(picture, hole, Diffusion::navier_stokes, 3).pixels()));
  CHECK_FALSE(identical(filled({"model=telea"}), filled({"model=telea", "radius=9"})));
  CHECK_FALSE(identical(filled({"model=telea"}), filled({"model=navier-stokes"})));
  CHECK_FALSE(identical(filled({}), filled({"model=telea"})));
}

TEST_CASE("inpaint leaves every pixel outside the mask bit for bit") {
  const Mask hole = square_hole();
  for (const std::string model : {"patch", "auto", "telea", "navier-stokes"}) {
    for (const Image& picture :
         {painted_picture(40, 30), painted_16_bit(40, 30), with_painted_alpha(painted_picture(40, 30))}) {
      CAPTURE(model);
      const Image filled = ReadyStage("inpaint", {"model=" + model}).run(picture, hole).image;
      cv::Mat before = picture.pixels().clone(), after = filled.pixels().clone();
      before.setTo(cv::Scalar::all(0), hole.values());
      after.setTo(cv::Scalar::all(0), hole.values());
      CHECK(identical(before, after));
      CHECK_FALSE(identical(picture.pixels(), filled.pixels()));
    }
  }
}

TEST_CASE("feather changes pixels just outside the mask and none farther away") {
  const Image picture = painted_picture(40, 30);
  const Mask feathered = feather_outwards(square_hole(), 3);
  PatchOptions options;
  options.seed = 1;
  const Item diffused = ReadyStage("inpaint", {"model=telea", "feather=3"}).run(picture, square_hole());
  CHECK(identical(diffused.image.pixels(), fill_diffusion(picture, feathered, Diffusion::telea, 5).pixels()));
  const Item patched = ReadyStage("inpaint", {"feather=3"}).run(picture, square_hole());
  CHECK(identical(patched.image.pixels(), fill_patch(picture, feathered, options).pixels()));
  for (const Item* item : {&diffused, &patched}) {
    CHECK(identical(item->mask.values(), feathered.values()));
    cv::Mat far = picture.pixels().clone(), filled = item->image.pixels().clone();
    for (cv::Mat* pixels : {&far, &filled})
      (*pixels)(cv::Rect(11, 6, 16, 14)).setTo(cv::Scalar::all(0));  // the hole and 4 pixels around it
    CHECK(identical(far, filled));
  }
}

TEST_CASE("a search area is a box in pixels or percent, a mask, or a directory of masks") {
  const ScratchFolder folder;
  const Mask left = box_mask(80, 60, {0, 0, 32, 60});
  write_mask(folder / "left.png", left);
  write_mask(folder / "areas/a/b_mask.png", left);
  const cv::Mat expected = taken_from(left);
  REQUIRE_FALSE(identical(expected, taken_from({})));
  CHECK(identical(filled_with({"search-area=0,0,32,60"}), expected));
  CHECK(identical(filled_with({"search-area=0,0,40%,100%"}), expected));
  CHECK(identical(filled_with({"search-area=-10,-10,42,500"}), expected));  // cut to the picture
  CHECK(identical(filled_with({"search-area=" + folder / "left.png"}), expected));
  CHECK(identical(filled_with({"search-area=" + folder / "areas"}), expected));
}

TEST_CASE("of a soft search area the upper half of values counts") {
  const ScratchFolder folder;
  cv::Mat soft(60, 80, CV_8UC1, cv::Scalar(127));
  soft(cv::Rect(0, 0, 32, 60)).setTo(128);
  write_mask(folder / "soft.png", Mask(soft));
  CHECK(identical(filled_with({"search-area=" + folder / "soft.png"}), taken_from(box_mask(80, 60, {0, 0, 32, 60}))));
}

TEST_CASE("an area to avoid is what a search area is not") {
  const ScratchFolder folder;
  const Mask right = box_mask(80, 60, {48, 0, 32, 60});
  write_mask(folder / "right.png", right);
  write_mask(folder / "areas/a/b.png", right);
  const cv::Mat expected = taken_from(invert(right));
  REQUIRE_FALSE(identical(expected, taken_from({})));
  CHECK(identical(filled_with({"avoid-area=48,0,32,60"}), expected));
  CHECK(identical(filled_with({"avoid-area=60%,0,40%,100%"}), expected));
  CHECK(identical(filled_with({"avoid-area=" + folder / "right.png"}), expected));
  CHECK(identical(filled_with({"avoid-area=" + folder / "areas"}), expected));
}

TEST_CASE("of a search area what is to be avoided is left out") {
  const Mask area = subtract(box_mask(80, 60, {0, 0, 40, 60}), box_mask(80, 60, {0, 0, 80, 20}));
  CHECK(identical(filled_with({"search-area=0,0,40,60", "avoid-area=0,0,80,20"}), taken_from(area)));
  CHECK(identical(filled_with({"avoid-area=0,0,80,20", "search-area=0,0,40,60"}), taken_from(area)));
}

TEST_CASE("the fill is made of what lies in the search area") {
  // Stripes two pixels wide: upright in the left half, lying in the right half, where the hole is.
  cv::Mat rgb(64, 96, CV_8UC3);
  for (int y = 0; y < rgb.rows; ++y) {
    for (int x = 0; x < rgb.cols; ++x)
      rgb.at<cv::Vec3b>(y, x) = cv::Vec3b::all(static_cast<uint8_t>((x < 48 ? x : y) / 2 % 2 ? 200 : 50));
  }
  const Mask hole = box_mask(96, 64, {64, 24, 16, 16});
  const auto changes = [&](const Words& options) {
    cv::Mat grey;
    cv::cvtColor(ReadyStage("inpaint", options).run(Image(rgb), hole).image.pixels(), grey, cv::COLOR_RGB2GRAY);
    const cv::Mat inside = grey(cv::Rect(67, 27, 10, 10));
    return std::pair(cv::norm(inside.colRange(1, 10), inside.colRange(0, 9), cv::NORM_L1),
                     cv::norm(inside.rowRange(1, 10), inside.rowRange(0, 9), cv::NORM_L1));
  };
  const auto [across, down] = changes({});
  CHECK(down > 10 * across);
  const auto [left_across, left_down] = changes({"search-area=0,0,48,64"});
  CHECK(left_across > 10 * left_down);
  const auto [avoided_across, avoided_down] = changes({"avoid-area=50%,0,50%,100%"});
  CHECK(avoided_across == left_across);
  CHECK(avoided_down == left_down);
}

TEST_CASE("an area that cannot be had or has another size is the picture's failure") {
  const ScratchFolder folder;
  write_mask(folder / "small.png", Mask(8, 6));
  write_mask(folder / "areas/other.png", Mask(80, 60));
  write_file(folder / "broken.png", "no picture");
  for (const std::string option : {"search-area", "avoid-area"}) {
    CAPTURE(option);
    CHECK(failed({option + "=" + folder / "small.png"}, wide_picture(), wide_hole()) ==
          "--" + option + ": the mask is 8 × 6, the picture 80 × 60 (upright)");
    CHECK(failed({option + "=" + folder / "areas"}, wide_picture(), wide_hole()) ==
          "--" + option + ": '" + folder / "areas" + "' has nothing for it (looked for a/b.*)");
    CHECK(missing_of(failed({option + "=" + folder / "broken.png"}, wide_picture(), wide_hole()),
                     {"--" + option + " " + folder / "broken.png", "not a picture"}) == "");
  }
}

TEST_CASE("an area without known pixels is the picture's failure and names the hole") {
  const std::string reason = "no known pixel may be taken for the hole at 34,24 of 12 × 12: widen the search area";
  for (const std::string model : {"model=patch", "model=auto"}) {
    CAPTURE(model);
    CHECK(failed({model, "search-area=36,26,4,4"}, wide_picture(), wide_hole()) == reason);
    CHECK(failed({model, "search-area=200,200,10,10"}, wide_picture(), wide_hole()) == reason);
    CHECK(failed({model, "avoid-area=0,0,100%,100%"}, wide_picture(), wide_hole()) == reason);
    CHECK(failed({model, "search-area=0,0,9,9", "avoid-area=0,0,50%,50%"}, wide_picture(), wide_hole()) == reason);
  }
}

TEST_CASE("areas that do not exist or are none are refused before any work") {
  for (const std::string option : {"search-area", "avoid-area"}) {
    CHECK(refused({option + "=/nowhere.png"}) == "--" + option + ": no such file or directory: '/nowhere.png'");
    CHECK(missing_of(refused({option + "=1,2,3"}), {"--" + option + ": expected ", "got '1,2,3'"}) == "");
    CHECK(missing_of(refused({option + "="}), {"--" + option + ": expected a box", "a directory of masks"}) == "");
  }
}

TEST_CASE("an empty mask changes nothing and is noted") {
  const Image picture = painted_picture(40, 30);
  for (const std::string model : {"patch", "auto", "telea"}) {
    const Item item = ReadyStage("inpaint", {"model=" + model}).run(picture, Mask(40, 30));
    CHECK(identical(item.image.pixels(), picture.pixels()));
    CHECK(item.notes == Notes{"the mask is empty: nothing was filled"});
    CHECK(item.facts.dump() == R"({"box":null,"coverage":0.0,"model":")" + model + "\"}");
  }
}

TEST_CASE("the mask and the model are told in the item's facts") {
  const Item item = ReadyStage("inpaint", {"model=navier-stokes"}).run(painted_picture(40, 30), square_hole());
  CHECK(item.facts.dump() == R"({"box":[15,10,23,16],"coverage":0.04,"model":"navier-stokes"})");
  CHECK(item.notes.empty());
}

TEST_CASE("each hole and what filled it are told in the item's facts") {
  const Item item = ReadyStage("inpaint").run(painted_picture(40, 30), square_hole());
  CHECK(item.facts.dump() ==
        R"({"box":[15,10,23,16],"coverage":0.04,"holes":[{"box":[15,10,23,16],"method":"patch","pixels":48}],)"
        R"("model":"patch"})");
  CHECK(item.notes.empty());
}

TEST_CASE("the facts of auto tell each hole's own method") {
  cv::Mat noise(80, 120, CV_8UC3);
  cv::RNG(3).fill(noise, cv::RNG::UNIFORM, 0, 256);
  cv::Mat values = cv::Mat::zeros(80, 120, CV_8UC1);
  values(cv::Rect(10, 10, 2, 50)).setTo(255);   // a scratch
  values(cv::Rect(60, 20, 30, 30)).setTo(255);  // an object
  const Item item = ReadyStage("inpaint", {"model=auto"}).run(Image(noise), Mask(values));
  CHECK(item.facts["model"] == "auto");
  REQUIRE(item.facts["holes"].size() == 2);
  nlohmann::json scratch, object;
  for (const nlohmann::json& hole : item.facts["holes"]) (hole["method"] == "patch" ? object : scratch) = hole;
  CHECK(scratch.dump() == R"({"box":[10,10,12,60],"method":"navier-stokes","pixels":100})");
  CHECK(object.dump() == R"({"box":[60,20,90,50],"method":"patch","pixels":900})");
  CHECK(item.notes.empty());
}

TEST_CASE("the facts do not tell the holes of an earlier stage") {
  for (const Words& options : {Words{"model=telea"}, Words{"model=patch"}}) {
    Item item = ReadyStage("inpaint").run(painted_picture(40, 30), square_hole());
    REQUIRE(item.facts.contains("holes"));
    if (options.front() == "model=patch") item.mask = Mask(40, 30);
    ReadyStage("inpaint", options).stage->run(item);
    CHECK_FALSE(item.facts.contains("holes"));
  }
}

TEST_CASE("a hole that is filled by other means than asked for is noted") {
  const auto filled = [](int height, const cv::Rect& hole) {
    return ReadyStage("inpaint").run(painted_picture(40, height), box_mask(40, height, hole));
  };
  const Item smaller = filled(8, {0, 3, 40, 2});  // three known rows above it, three below
  CHECK(smaller.notes ==
        Notes{"the hole at 0,3 was filled by patch: no patch of 7 × 7 is known around it: patches of 3 × 3"});
  CHECK(smaller.facts["holes"].dump() == R"([{"box":[0,3,40,5],"method":"patch","pixels":80,"reason":)"
                                         R"("no patch of 7 × 7 is known around it: patches of 3 × 3"}])");
  const Item diffused = filled(6, {0, 2, 40, 2});
  CHECK(diffused.notes == Notes{"the hole at 0,2 was filled by navier-stokes: no patch of 3 × 3 is known around it"});
  CHECK(diffused.facts["holes"][0]["method"] == "navier-stokes");
  CHECK(diffused.facts["model"] == "patch");
}

TEST_CASE("debug writes what each scale begins and ends with, into the picture's own folder") {
  const ScratchFolder folder;
  const ReadyStage stage("inpaint", {"debug=" + folder / "debug"});
  const Item item = stage.run(wide_picture(), wide_hole());
  CHECK(identical(item.image.pixels(), taken_from({})));
  const Words files = files_below(folder / "debug");
  for (const char* name : {"a/b.png/hole1-scale0-start-estimate.png", "a/b.png/hole1-scale0-start-field.png",
                           "a/b.png/hole1-scale0-end-estimate.png", "a/b.png/hole1-scale0-end-field.png"}) {
    CAPTURE(name);
    CHECK(std::find(files.begin(), files.end(), name) != files.end());
  }
  for (const std::string& file : files) {
    CAPTURE(file);
    CHECK(file.starts_with("a/b.png/hole1-scale"));
    CHECK(load_picture(folder / ("debug/" + file)).width() <= 80);
  }
  CHECK(load_picture(folder / "debug/a/b.png/hole1-scale0-end-estimate.png").width() == 80);
  ReadyStage("inpaint", {"model=auto", "debug=" + folder / "auto"}).run(wide_picture(), wide_hole());
  CHECK_FALSE(files_below(folder / "auto").empty());
}

TEST_CASE("a mask that covers everything is the picture's failure") {
  for (const std::string model : {"patch", "auto", "telea", "navier-stokes"}) {
    CAPTURE(model);
    CHECK(missing_of(failed({"model=" + model}, painted_picture(40, 30), full_mask(40, 30)),
                     {"the mask covers the whole picture"}) == "");
  }
  CHECK(missing_of(failed({"search-area=0,0,9,9"}, painted_picture(40, 30), full_mask(40, 30)),
                   {"the mask covers the whole picture"}) == "");
}

TEST_CASE("inpaint needs a mask and results in a picture") {
  const ReadyStage stage("inpaint");
  CHECK(stage.stage->needs() == std::vector<Port>{Port::mask});
  CHECK(stage.stage->uses() == std::vector<Port>{Port::mask});
  CHECK(stage.stage->gives().empty());
  CHECK(stage.stage->result() == Port::image);
  CHECK_FALSE(stage.stage->makes_alpha());
  CHECK(stage.stage->extras().empty());
}

TEST_CASE("masks of areas count among the stage's companions, boxes do not") {
  const ScratchFolder folder;
  write_mask(folder / "s.png", Mask(8, 4));
  write_mask(folder / "m/a/b.png", Mask(8, 4));
  const auto given = [](const Words& options) {
    const ReadyStage stage("inpaint", options);
    Words paths;
    for (const Companion* companion : stage.stage->companions()) {
      if (companion->given()) paths.push_back(companion->find("a/b.jpg").value_or(""));
    }
    return paths;
  };
  CHECK(given({}).empty());
  CHECK(given({"search-area=0,0,4,4", "avoid-area=1,1,50%,2"}).empty());
  CHECK(given({"search-area=" + folder / "s.png", "avoid-area=" + folder / "m"}) ==
        Words{folder / "s.png", folder / "m/a/b.png"});
}

TEST_CASE("inpaint's options are checked where they are given") {
  CHECK(refused({"model=telea", "radius=101"}) == "--radius: expected 1 to 100, got 101");
  CHECK(refused({"feather=-1"}) == "--feather: expected 0 to 1000, got -1");
  CHECK(refused({"patch-size=4"}) == "--patch-size: unknown value '4' (known: 3, 5, 7, 9, 11, 13, 15)");
  CHECK(refused({"patch-size=17"}) == "--patch-size: unknown value '17' (known: 3, 5, 7, 9, 11, 13, 15)");
  CHECK(refused({"effort=max"}) == "--effort: unknown value 'max' (known: fast, normal, best)");
}

}  // namespace inpaint::test
