#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "classic/mask/combine.h"
#include "classic/segment/color_key.h"
#include "classic/segment/grabcut.h"
#include "classic/segment/regions.h"
#include "classic/segment/subject.h"
#include "drawing.h"
#include "image/overlay.h"
#include "pipeline/helpers.h"
#include "support.h"

namespace inpaint::test {
TEST_CASE("segment makes the mask that the finder finds, with what the user knows") {
  CHECK(identical(ReadyStage("segment").run(red_on_white()).mask.values(),
                  find_subject(red_on_white(), {}).mask.values()));
  SubjectHints hints;
  hints.box = Codec<BoxText>::parse("25%,20%,22,16");
  hints.points = {Codec<PointText>::parse("20,15"), Codec<PointText>::parse("2,2,0")};
  CHECK(identical(
      ReadyStage("segment", {"box=25%,20%,22,16", "point=20,15", "point=2,2,0"}).run(red_on_white()).mask.values(),
      find_subject(red_on_white(), hints).mask.values()));
}

TEST_CASE("segment takes a hint to the finder") {
  const ScratchFolder folder;
  cv::Mat values(30, 40, CV_8U, cv::Scalar(128));
  values.colRange(0, 6).setTo(0);
  values(cv::Rect(16, 12, 8, 6)).setTo(255);
  write_mask(folder / "hint.png", Mask(values));
  CHECK(identical(ReadyStage("segment", {"hint=" + folder / "hint.png"}).run(red_on_white()).mask.values(),
                  find_subject(red_on_white(), {{}, {}, Mask(values)}).mask.values()));
}

TEST_CASE("segment with grabcut listens to grabcut's options") {
  GrabCutOptions options;
  options.box = Codec<BoxText>::parse("25%,20%,22,16");
  options.points = {Codec<PointText>::parse("20,15"), Codec<PointText>::parse("2,2,0")};
  options.iterations = 2;
  CHECK(identical(
      ReadyStage("segment", {"model=grabcut", "box=25%,20%,22,16", "point=20,15", "point=2,2,0", "iterations=2"})
          .run(red_on_white())
          .mask.values(),
      grabcut(red_on_white(), options).values()));
}

TEST_CASE("keep-background selects everything but the subject, whatever the model") {
  for (const std::string model : {"model=classic", "model=grabcut", "model=color-key"}) {
    CAPTURE(model);
    const Item subject = ReadyStage("segment", {model}).run(red_on_white());
    const Item background = ReadyStage("segment", {model, "keep-background"}).run(red_on_white());
    CHECK(identical(background.mask.values(), invert(subject.mask).values()));
    CHECK(background.facts["box"].dump() == "[0,0,40,30]");
  }
}

TEST_CASE("a colour key selects what is more opaque than transparent") {
  const Mask mask = ReadyStage("segment", {"model=color-key"}).run(red_on_white()).mask;
  CHECK(identical(mask.values(), cv::Mat(color_key(red_on_white(), {}).values() > 0.5)));
  CHECK(mask.values().at<uint8_t>(15, 20) == 255);
  CHECK(mask.values().at<uint8_t>(2, 2) == 0);
}

TEST_CASE("a mask that was there is replaced, the picture is left as it is") {
  const ReadyStage stage("segment", {"model=color-key"});
  const Item item = stage.run(red_on_white(), full_mask(40, 30));
  CHECK(item.mask.values().at<uint8_t>(0, 0) == 0);
  CHECK(identical(item.image.pixels(), red_on_white().pixels()));
}

TEST_CASE("the found mask and the model are told in the item's facts") {
  const Item item = ReadyStage("segment", {"model=color-key"}).run(red_on_white());
  CHECK(item.facts["model"] == "color-key");
  CHECK(item.facts["box"].dump() == "[12,8,28,22]");
  CHECK(item.facts["coverage"].get<double>() == doctest::Approx(16 * 14 / 1200.0).epsilon(1e-5));
  CHECK(item.notes.empty());
}

TEST_CASE("a picture without subject gives an empty mask and a note") {
  const Item item = ReadyStage("segment", {"model=color-key"}).run(flat_picture(40, 30, 255, 255, 255));
  CHECK(item.mask.coverage() == 0);
  CHECK(item.notes == Notes{"no subject found: the mask is empty"});
  CHECK(item.facts["box"].is_null());
}

TEST_CASE("segment needs nothing and results in a mask") {
  const ReadyStage stage("segment");
  CHECK(stage.stage->needs().empty());
  CHECK(stage.stage->uses().empty());
  CHECK(stage.stage->gives() == std::vector<Port>{Port::mask});
  CHECK(stage.stage->result() == Port::mask);
  CHECK_FALSE(stage.stage->makes_alpha());
}

TEST_CASE("without a subject all is background") {
  const Item item = ReadyStage("segment", {"model=color-key", "keep-background"}).run(flat_picture(40, 30, 9, 9, 9));
  CHECK(cv::countNonZero(item.mask.values() == 255) == 40 * 30);
  CHECK(item.notes == Notes{"no subject found: all is background"});
}

TEST_CASE("an all transparent picture has no subject") {
  const Item item = ReadyStage("segment").run(red_on_white().with_alpha(cv::Mat::zeros(30, 40, CV_8U)));
  CHECK(item.mask.coverage() == 0);
  CHECK(item.mask.width() == 40);
  CHECK(item.notes == Notes{"the picture is all transparent: there is nothing to find"});
  CHECK_FALSE(item.facts.contains("confidence"));
}

TEST_CASE("the finder's confidence is told") {
  const Item item = ReadyStage("segment", {"model=classic", "uncertain-below=0"}).run(red_on_white());
  const double confidence = find_subject(red_on_white(), {}).confidence;
  CHECK(item.facts["confidence"].get<double>() == doctest::Approx(confidence).epsilon(1e-3));
  CHECK_FALSE(item.facts.contains("uncertain"));
}

TEST_CASE("a picture of one colour and a picture of one pixel have no subject") {
  for (const Image& picture : {flat_picture(40, 30, 10, 20, 30), flat_picture(1, 1, 10, 20, 30), painted_picture(1, 1),
                               flat_picture(1, 50, 1, 2, 3)}) {
    const Item item = ReadyStage("segment", {"crops", "regions", "overlay"}).run(picture);
    CHECK(item.mask.values().size() == picture.pixels().size());
    CHECK(item.mask.coverage() == 0);
    CHECK(item.extras.size() == 2);
  }
}

TEST_CASE("segment makes a preview when asked for") {
  CHECK(ReadyStage("segment").stage->extras().empty());
  for (const std::string name : {"preview", "overlay"}) {
    const ReadyStage stage("segment", {name, "model=color-key"});
    CHECK(stage.stage->extras() == Words{".preview.jpg"});
    const Item item = stage.run(red_on_white());
    REQUIRE(item.extras.size() == 1);
    CHECK(item.extras[0].suffix == ".preview.jpg");
    CHECK(
        identical(std::get<Image>(item.extras[0].content).pixels(), mask_overlay(red_on_white(), item.mask).pixels()));
  }
}

TEST_CASE("segment makes a crop of each part, the largest first") {
  cv::Mat rgb(60, 80, CV_8UC3, cv::Scalar(255, 255, 255));
  rgb(cv::Rect(10, 10, 10, 20)).setTo(cv::Scalar(200, 20, 30));
  rgb(cv::Rect(40, 10, 30, 40)).setTo(cv::Scalar(20, 20, 30));
  const ReadyStage stage("segment", {"crops", "model=color-key"});
  CHECK(stage.stage->extras() == Words{".crop-#.png"});
  const Item item = stage.run(Image(rgb));
  REQUIRE(item.extras.size() == 2);
  CHECK(item.extras[0].suffix == ".crop-1.png");
  CHECK(item.extras[1].suffix == ".crop-2.png");
  const Image larger = std::get<Image>(item.extras[0].content), smaller = std::get<Image>(item.extras[1].content);
  CHECK(larger.width() == 34);
  CHECK(larger.height() == 44);
  CHECK(larger.pixels().at<cv::Vec4b>(20, 20) == cv::Vec4b(20, 20, 30, 255));
  CHECK(smaller.pixels().at<cv::Vec4b>(10, 7) == cv::Vec4b(200, 20, 30, 255));
  CHECK(smaller.alpha().at<uint8_t>(0, 0) == 0);
}

TEST_CASE("segment tells the regions in COCO's fields, with the confidence as their score") {
  const ReadyStage stage("segment", {"regions", "uncertain-below=0"});
  CHECK(stage.stage->extras() == Words{".regions.json"});
  const Item item = stage.run(red_on_white(), {}, "shoes/a.jpg");
  REQUIRE(item.extras.size() == 1);
  CHECK(item.extras[0].suffix == ".regions.json");
  const auto told = nlohmann::json::parse(std::get<std::string>(item.extras[0].content));
  CHECK(told == coco_of(regions_of(item.mask), "shoes/a.jpg", {40, 30}, item.facts["confidence"].get<double>()));
  const Item keyed = ReadyStage("segment", {"regions", "model=color-key"}).run(red_on_white());
  const auto plain = nlohmann::json::parse(std::get<std::string>(keyed.extras.at(0).content));
  CHECK(plain["annotations"][0]["bbox"].dump() == "[12,8,16,14]");
  CHECK(plain["annotations"][0]["area"] == 224);
  CHECK_FALSE(plain["annotations"][0].contains("score"));
}

TEST_CASE("segment's hints are input that counts") {
  const ScratchFolder folder;
  write_mask(folder / "hint.png", drawn_mask({"#."}));
  const ReadyStage stage("segment", {"hint=" + folder / "hint.png"});
  REQUIRE(stage.stage->companions().size() == 1);
  CHECK(stage.stage->companions()[0]->path() == folder / "hint.png");
}

}  // namespace inpaint::test
