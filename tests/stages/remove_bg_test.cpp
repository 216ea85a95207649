#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "classic/matte/foreground.h"
#include "classic/matte/refine.h"
#include "classic/segment/color_key.h"
#include "classic/segment/subject.h"
#include "drawing.h"
#include "pipeline/helpers.h"
#include "support.h"

namespace inpaint::test {
TEST_CASE("remove-bg gives the picture the matte as its alpha and takes the background out of its colours") {
  const Item item = ReadyStage("remove-bg", {"model=color-key"}).run(red_on_white());
  CHECK(identical(item.matte.values(), color_key(red_on_white(), {}).values()));
  REQUIRE(item.image.has_alpha());
  CHECK(identical(item.image.pixels(), cut_out(clean_colors(red_on_white(), item.matte), item.matte).pixels()));
  CHECK(identical(item.original.pixels(), red_on_white().pixels()));
  CHECK(item.image.alpha().at<uint8_t>(15, 20) == 255);
  CHECK(item.image.alpha().at<uint8_t>(2, 2) == 0);
}

TEST_CASE("a soft edge has the subject's colour, unless colours are to be kept") {
  // A red disc with edges two pixels wide before green.
  cv::Mat rgb(60, 60, CV_8UC3, cv::Scalar(20, 180, 60));
  cv::circle(rgb, {30, 30}, 18, cv::Scalar(200, 20, 30), cv::FILLED);
  cv::GaussianBlur(rgb, rgb, {0, 0}, 1.2);
  const auto greenest = [&](const Words& options) {
    const Image cut = ReadyStage("remove-bg", options).run(Image(rgb)).image;
    double most = 0;
    for (int y = 0; y < 60; ++y) {
      for (int x = 0; x < 60; ++x) {
        const cv::Vec4b pixel = cut.pixels().at<cv::Vec4b>(y, x);
        if (pixel[3] >= 40) most = std::max(most, static_cast<double>(pixel[1]));
      }
    }
    return most;
  };
  CHECK(greenest({}) < 80);
  CHECK(greenest({"keep-colors"}) > 100);
  const Image kept = ReadyStage("remove-bg", {"keep-colors"}).run(Image(rgb)).image;
  CHECK(identical(kept.rgb8(), rgb));
}

TEST_CASE("remove-bg cuts out with the finder's subject and the softness of its edge") {
  const Item item = ReadyStage("remove-bg", {"model=classic"}).run(red_on_white());
  const Matte expected = refine_matte(red_on_white(), find_subject(red_on_white(), {}).mask);
  CHECK(identical(item.matte.values(), expected.values()));
  CHECK(item.image.alpha().at<uint8_t>(15, 20) == 255);
  CHECK(item.image.alpha().at<uint8_t>(2, 2) == 0);
  CHECK(item.facts["model"] == "classic");
}

TEST_CASE("keep-background takes the subject away") {
  for (const std::string model : {"model=classic", "model=grabcut", "model=color-key"}) {
    CAPTURE(model);
    const Item subject = ReadyStage("remove-bg", {model}).run(red_on_white());
    const Item background = ReadyStage("remove-bg", {model, "keep-background"}).run(red_on_white());
    CHECK(largest_difference(background.matte.values() + subject.matte.values(), cv::Mat::ones(30, 40, CV_32F)) < 1e-6);
    CHECK(background.image.alpha().at<uint8_t>(15, 20) == 0);
    CHECK(background.image.alpha().at<uint8_t>(2, 2) == 255);
  }
  const Item empty = ReadyStage("remove-bg", {"keep-background"}).run(flat_picture(40, 30, 9, 9, 9));
  CHECK(cv::countNonZero(empty.image.alpha() == 255) == 40 * 30);
  CHECK(empty.notes.back() == "no subject found: nothing was taken away");
}

TEST_CASE("an all transparent picture stays so, with a note, whatever is to be kept") {
  const Image gone = red_on_white().with_alpha(cv::Mat::zeros(30, 40, CV_8U));
  for (const Words& options : {Words{}, Words{"model=color-key"}, Words{"keep-background"}}) {
    const Item item = ReadyStage("remove-bg", options).run(gone);
    CHECK(cv::countNonZero(item.image.alpha()) == 0);
    CHECK(item.notes == Notes{"the picture is all transparent: there is nothing to find"});
    CHECK_FALSE(item.facts.contains("confidence"));
  }
}

TEST_CASE("pictures without anything in them and the smallest ones are no trouble") {
  for (const Image& picture : {flat_picture(40, 30, 10, 20, 30), flat_picture(1, 1, 10, 20, 30),
                               flat_picture(1, 50, 1, 2, 3), flat_picture(50, 2, 1, 2, 3)}) {
    const Item item = ReadyStage("remove-bg").run(picture);
    CHECK(item.image.pixels().size() == picture.pixels().size());
    CHECK(cv::countNonZero(item.image.alpha()) == 0);
  }
}

TEST_CASE("an uncertain picture is left as it is if that is asked for, also by what would follow") {
  // Nothing is found with a confidence above 1, and 1 itself does not come from noise.
  cv::Mat noise(30, 40, CV_8UC3);
  cv::RNG(3).fill(noise, cv::RNG::UNIFORM, 0, 256);
  const Image picture = with_painted_alpha(Image(noise));
  for (const Words& more : {Words{}, Words{"background=white"}}) {
    Words options = {"uncertain-below=1", "on-uncertain=original"};
    options.insert(options.end(), more.begin(), more.end());
    const Item item = ReadyStage("remove-bg", options).run(picture);
    CHECK(identical(item.image.pixels(), picture.pixels()));
    CHECK(item.facts["uncertain"] == true);
    CHECK(item.facts["coverage"] == 1);
    CHECK(item.notes == Notes{"the subject is uncertain: the picture was left as it is"});
  }
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
  CHECK(stage.stage->gives() == std::vector{Port::matte, Port::original});
  CHECK(stage.stage->result() == Port::image);
  CHECK(stage.stage->makes_alpha());
  CHECK(stage.stage->extras().empty());
}

}  // namespace inpaint::test
