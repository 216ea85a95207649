#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "classic/fill/diffusion.h"
#include "classic/mask/combine.h"
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

}  // namespace

TEST_CASE("inpaint fills with the model and the radius it is told") {
  const Image picture = painted_picture(40, 30);
  const Mask hole = square_hole();
  const auto filled = [&](const Words& options) {
    return ReadyStage("inpaint", options).run(picture, hole).image.pixels();
  };
  CHECK(identical(filled({}), fill_diffusion(picture, hole, Diffusion::telea, 5).pixels()));
  CHECK(identical(filled({"radius=9"}), fill_diffusion(picture, hole, Diffusion::telea, 9).pixels()));
  CHECK(identical(filled({"model=navier-stokes", "radius=3"}),
                  fill_diffusion(picture, hole, Diffusion::navier_stokes, 3).pixels()));
  CHECK_FALSE(identical(filled({}), filled({"radius=9"})));
  CHECK_FALSE(identical(filled({}), filled({"model=navier-stokes"})));
}

TEST_CASE("inpaint leaves every pixel outside the mask bit for bit") {
  const Mask hole = square_hole();
  for (const Image& picture :
       {painted_picture(40, 30), painted_16_bit(40, 30), with_painted_alpha(painted_picture(40, 30))}) {
    const Image filled = ReadyStage("inpaint").run(picture, hole).image;
    cv::Mat before = picture.pixels().clone(), after = filled.pixels().clone();
    before.setTo(cv::Scalar::all(0), hole.values());
    after.setTo(cv::Scalar::all(0), hole.values());
    CHECK(identical(before, after));
    CHECK_FALSE(identical(picture.pixels(), filled.pixels()));
  }
}

TEST_CASE("feather changes pixels just outside the mask and none farther away") {
  const Image picture = painted_picture(40, 30);
  const Item item = ReadyStage("inpaint", {"feather=3"}).run(picture, square_hole());
  CHECK(identical(item.mask.values(), feather_outwards(square_hole(), 3).values()));
  CHECK(identical(item.image.pixels(),
                  fill_diffusion(picture, feather_outwards(square_hole(), 3), Diffusion::telea, 5).pixels()));
  cv::Mat far = picture.pixels().clone(), filled = item.image.pixels().clone();
  for (cv::Mat* pixels : {&far, &filled})
    (*pixels)(cv::Rect(11, 6, 16, 14)).setTo(cv::Scalar::all(0));  // the hole and 4 pixels around it
  CHECK(identical(far, filled));
}

TEST_CASE("an empty mask changes nothing and is noted") {
  const Image picture = painted_picture(40, 30);
  const Item item = ReadyStage("inpaint").run(picture, Mask(40, 30));
  CHECK(identical(item.image.pixels(), picture.pixels()));
  CHECK(item.notes == Notes{"the mask is empty: nothing was filled"});
  CHECK(item.facts.dump() == R"({"box":null,"coverage":0.0,"model":"telea"})");
}

TEST_CASE("the mask and the model are told in the item's facts") {
  const Item item = ReadyStage("inpaint", {"model=navier-stokes"}).run(painted_picture(40, 30), square_hole());
  CHECK(item.facts.dump() == R"({"box":[15,10,23,16],"coverage":0.04,"model":"navier-stokes"})");
  CHECK(item.notes.empty());
}

TEST_CASE("a mask that covers everything is the picture's failure") {
  const ReadyStage stage("inpaint");
  CHECK(missing_of(message_of<ItemError>([&] { stage.run(painted_picture(40, 30), full_mask(40, 30)); }),
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
  CHECK(stage.stage->companions().empty());
}

TEST_CASE("inpaint's options are checked where they are given") {
  CHECK(message_of<SpecError>([] { ReadyStage("inpaint", {"radius=101"}); }) == "--radius: expected 1 to 100, got 101");
  CHECK(message_of<SpecError>([] { ReadyStage("inpaint", {"feather=-1"}); }) ==
        "--feather: expected 0 to 1000, got -1");
}

}  // namespace inpaint::test
