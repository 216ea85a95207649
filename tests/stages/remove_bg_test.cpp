#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "classic/segment/color_key.h"
#include "drawing.h"
#include "pipeline/helpers.h"
#include "support.h"

namespace inpaint::test {
TEST_CASE("remove-bg gives the picture the matte as its alpha and leaves the colours") {
  const Item item = ReadyStage("remove-bg", {"model=color-key"}).run(red_on_white());
  CHECK(identical(item.matte.values(), color_key(red_on_white(), {}).values()));
  REQUIRE(item.image.has_alpha());
  CHECK(identical(item.image.pixels(), cut_out(red_on_white(), item.matte).pixels()));
  CHECK(identical(item.image.rgb8(), red_on_white().pixels()));
  CHECK(item.image.alpha().at<uint8_t>(15, 20) == 255);
  CHECK(item.image.alpha().at<uint8_t>(2, 2) == 0);
}

TEST_CASE("remove-bg listens to its options") {
  const auto alpha = [](const Words& options) {
    return ReadyStage("remove-bg", options).run(red_on_white()).image.alpha();
  };
  CHECK(cv::countNonZero(alpha({"model=color-key", "tolerance=200"})) == 0);
  CHECK(cv::countNonZero(alpha({"model=color-key", "color=black"})) == 40 * 30);
  CHECK_FALSE(identical(alpha({"model=color-key"}), alpha({"model=grabcut"})));
}

TEST_CASE("remove-bg keeps depth and the transparency that was there") {
  const Image deep = ReadyStage("remove-bg").run(painted_16_bit(40, 30)).image;
  CHECK(deep.is_16_bit());
  CHECK(deep.has_alpha());
  cv::Mat alpha(30, 40, CV_8UC1, cv::Scalar(100));
  const Item item = ReadyStage("remove-bg", {"model=color-key"}).run(red_on_white().with_alpha(alpha));
  CHECK(item.image.alpha().at<uint8_t>(15, 20) == 100);
  CHECK(item.image.alpha().at<uint8_t>(2, 2) == 0);
}

TEST_CASE("the share of the subject and the model are told in the item's facts") {
  const Item item = ReadyStage("remove-bg", {"model=color-key"}).run(red_on_white());
  CHECK(item.facts["model"] == "color-key");
  CHECK(item.facts["coverage"].get<double>() == doctest::Approx(cv::mean(item.matte.values())[0]));
  CHECK(item.facts["coverage"].get<double>() == doctest::Approx(16 * 14 / 1200.0).epsilon(0.2));  // the edge is soft
  CHECK(item.notes.empty());
}

TEST_CASE("a picture without subject becomes all transparent, with a note") {
  const Item item = ReadyStage("remove-bg", {"model=color-key"}).run(flat_picture(40, 30, 255, 255, 255));
  CHECK(cv::countNonZero(item.image.alpha()) == 0);
  CHECK(item.notes == Notes{"no subject found: the result is all transparent"});
}

TEST_CASE("remove-bg needs nothing, gives a matte and results in a picture with alpha") {
  const ReadyStage stage("remove-bg");
  CHECK(stage.stage->needs().empty());
  CHECK(stage.stage->gives() == std::vector<Port>{Port::matte});
  CHECK(stage.stage->result() == Port::image);
  CHECK(stage.stage->makes_alpha());
  CHECK(stage.stage->extras().empty());
}

}  // namespace inpaint::test
