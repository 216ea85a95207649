#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "classic/segment/color_key.h"
#include "classic/segment/grabcut.h"
#include "drawing.h"
#include "pipeline/helpers.h"
#include "support.h"

namespace inpaint::test {
TEST_CASE("segment makes the mask that its model finds, with the options given") {
  CHECK(identical(ReadyStage("segment").run(red_on_white()).mask.values(), grabcut(red_on_white(), {}).values()));
  GrabCutOptions options;
  options.box = Codec<BoxText>::parse("25%,20%,22,16");
  options.points = {Codec<PointText>::parse("20,15"), Codec<PointText>::parse("2,2,0")};
  options.iterations = 2;
  CHECK(identical(ReadyStage("segment", {"box=25%,20%,22,16", "point=20,15", "point=2,2,0", "iterations=2"})
                      .run(red_on_white())
                      .mask.values(),
                  grabcut(red_on_white(), options).values()));
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

TEST_CASE("segment makes a preview when asked for") {
  CHECK(ReadyStage("segment").stage->extras().empty());
  const ReadyStage stage("segment", {"preview", "model=color-key"});
  CHECK(stage.stage->extras() == Words{".preview"});
  const Item item = stage.run(red_on_white());
  REQUIRE(item.extras.size() == 1);
  CHECK(item.extras[0].suffix == ".preview");
  CHECK(item.extras[0].image.width() == 40);
  CHECK(item.extras[0].image.height() == 30);
}

}  // namespace inpaint::test
