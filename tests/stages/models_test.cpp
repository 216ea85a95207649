#include "stages/models.h"

#include <doctest/doctest.h>

#include <opencv2/imgproc.hpp>
#include <set>

#include "classic/matte/refine.h"
#include "classic/segment/subject.h"
#include "drawing.h"
#include "pipeline/helpers.h"
#include "support.h"

namespace inpaint::test {
namespace {

// A red disc of radius 8 around (20, 15) before a pale background.
Image disc() {
  cv::Mat rgb(30, 40, CV_8UC3, cv::Scalar(230, 232, 228));
  cv::circle(rgb, {20, 15}, 8, cv::Scalar(200, 30, 20), cv::FILLED);
  return Image(rgb);
}

Mask disc_mask() {
  cv::Mat values = cv::Mat::zeros(30, 40, CV_8UC1);
  cv::circle(values, {20, 15}, 8, cv::Scalar(255), cv::FILLED);
  return Mask(values);
}

// Pixels selected by one mask and not by the other.
int differing(const Mask& a, const Mask& b) { return cv::countNonZero((a.values() > 127) != (b.values() > 127)); }

std::string refused(const std::string& task, const Words& options) {
  return message_of<SpecError>([&] { ReadyStage(task, options); });
}

}  // namespace

TEST_CASE("each task has its models, each once, told in a sentence") {
  CHECK(models_for("inpaint") == Words{"patch", "auto", "telea", "navier-stokes"});
  CHECK(models_for("reconstruct") == Words{"auto", "patch", "telea", "navier-stokes"});
  CHECK(models_for("segment") == Words{"classic", "auto", "grabcut", "color-key"});
  CHECK(models_for("remove-bg") == Words{"classic", "auto", "grabcut", "color-key"});
  CHECK(models_for("upscale").empty());
  std::set<std::string> seen;
  for (const ModelInfo& model : builtin_models()) {
    CHECK(seen.insert(model.task + " " + model.name).second);
    CHECK_FALSE(model.summary.empty());
    CHECK_FALSE(model.summary.ends_with('.'));
  }
}

TEST_CASE("every option that a model listens to is an option of its stage") {
  for (const ModelInfo& model : builtin_models()) {
    const ReadyStage stage(model.task);
    for (const std::string& option : model.options) {
      CAPTURE(model.name + " --" + option);
      CHECK(stage.fields->knows(option));
    }
  }
}

TEST_CASE("every listed model can be made") {
  for (const char* task : {"inpaint", "reconstruct"})
    for (const std::string& name : models_for(task)) CHECK(make_inpainter(name, {}));
  for (const std::string& name : models_for("segment")) CHECK(make_segmenter(name, {}));
  for (const std::string& name : models_for("remove-bg")) CHECK(make_matter(name, {}));
}

TEST_CASE("a model that is not listed is a mistake of the program") {
  CHECK_THROWS_AS(make_inpainter("grabcut", {}), std::logic_error);
  CHECK_THROWS_AS(make_segmenter("telea", {}), std::logic_error);
  CHECK_THROWS_AS(make_matter("", {}), std::logic_error);
}

TEST_CASE("an option of another model is refused with both models' options") {
  CHECK(refused("segment", {"model=classic", "tolerance=5"}) ==
        "segment: --tolerance is an option of --model color-key; classic has box, point, hint, uncertain-below, "
        "on-uncertain");
  CHECK(refused("segment", {"model=classic", "iterations=3"}) ==
        "segment: --iterations is an option of --model grabcut; classic has box, point, hint, uncertain-below, "
        "on-uncertain");
  for (const std::string option : {"hint=trimaps", "uncertain-below=0.3", "on-uncertain=fail"}) {
    const std::string name = option.substr(0, option.find('='));
    for (const std::string task : {"segment", "remove-bg"}) {
      CHECK(refused(task, {"model=grabcut", option}) ==
            task + ": --" + name + " is an option of --model classic; grabcut has box, point, iterations");
      CHECK(refused(task, {"model=color-key", option}) ==
            task + ": --" + name + " is an option of --model classic; color-key has color, tolerance");
    }
  }
  CHECK(refused("segment", {"model=color-key", "box=1,2,3,4"}) ==
        "segment: --box is an option of --model classic; color-key has color, tolerance");
  CHECK(refused("remove-bg", {"model=classic", "color=red"}) ==
        "remove-bg: --color is an option of --model color-key; classic has box, point, hint, uncertain-below, "
        "on-uncertain");
  CHECK(
      refused("inpaint", {"radius=5"}) ==
      "inpaint: --radius is an option of --model telea; patch has effort, patch-size, search-area, avoid-area, debug");
  CHECK(refused("inpaint", {"model=auto", "radius=5"}) ==
        "inpaint: --radius is an option of --model telea; auto has effort, patch-size, search-area, avoid-area, debug");
  for (const std::string option :
       {"effort=fast", "patch-size=7", "search-area=0,0,9,9", "avoid-area=0,0,9,9", "debug=pictures"}) {
    const std::string name = option.substr(0, option.find('='));
    CHECK(refused("inpaint", {"model=telea", option}) ==
          "inpaint: --" + name + " is an option of --model patch; telea has radius");
    CHECK(refused("inpaint", {option, "model=navier-stokes"}) ==
          "inpaint: --" + name + " is an option of --model patch; navier-stokes has radius");
  }
  CHECK(refused("remove-bg", {"model=color-key", "iterations=5"}) ==  // given, though it is the default
        "remove-bg: --iterations is an option of --model grabcut; color-key has color, tolerance");
}

TEST_CASE("an option that several models listen to goes with each of them") {
  CHECK_NOTHROW(ReadyStage("inpaint", {"model=telea", "radius=3"}));
  CHECK_NOTHROW(ReadyStage("inpaint", {"model=navier-stokes", "radius=3", "feather=2"}));
  for (const std::string model : {"model=patch", "model=auto"}) {
    CHECK_NOTHROW(ReadyStage("inpaint", {model, "effort=best", "patch-size=9", "search-area=0,0,9,9",
                                         "avoid-area=0,0,50%,9", "debug=pictures", "feather=2"}));
  }
}

TEST_CASE("an unknown model is answered with the nearest one") {
  CHECK(refused("inpaint", {"model=tela"}) == "inpaint: --model: no model 'tela' (did you mean 'telea'?)");
  const std::string known = refused("segment", {"model=magic"});
  CHECK(known.find("segment: --model: no model 'magic' (known: classic, auto, grabcut, color-key, ") == 0);
  CHECK(known.find("u2netp") != std::string::npos);
  CHECK(known.find("big-lama") == std::string::npos);  // fills holes
}

TEST_CASE("options of the subject are checked where they are given") {
  CHECK(refused("segment", {"iterations=0"}) == "--iterations: expected 1 to 50, got 0");
  CHECK(refused("segment", {"tolerance=201"}) == "--tolerance: expected 0 to 200, got 201");
  CHECK(missing_of(refused("segment", {"point=1"}), {"--point: expected x,y", "got '1'"}) == "");
  CHECK(refused("inpaint", {"model=telea", "radius=0.5"}) == "--radius: expected 1 to 100, got 0.5");
}

TEST_CASE("each segmenter finds a disc before a plain background") {
  for (const std::string& name : models_for("segment")) {
    CAPTURE(name);
    const Mask mask = make_segmenter(name, {})->segment({disc(), {}}).mask;
    CHECK(mask.width() == 40);
    CHECK(mask.height() == 30);
    CHECK(differing(mask, disc_mask()) <= 10);  // of 197 pixels, at the rim
  }
}

TEST_CASE("each matter is opaque inside the subject and transparent far away") {
  for (const std::string& name : models_for("remove-bg")) {
    CAPTURE(name);
    const Matte matte = make_matter(name, {})->matte({disc(), {}}).matte;
    CHECK(matte.values().at<float>(15, 20) == 1.0f);
    CHECK(matte.values().at<float>(2, 2) == 0.0f);
    double low = 0, high = 0;
    cv::minMaxLoc(matte.values(), &low, &high);
    CHECK(low >= 0);
    CHECK(high <= 1);
  }
}

TEST_CASE("classic tells how sure it is, the others do not") {
  const auto told = [](const std::string& model) {
    return make_segmenter(model, {})->segment({disc(), {}}).confidence;
  };
  const auto confidence = told("classic");
  REQUIRE(confidence);
  CHECK(*confidence == find_subject(disc(), {}).confidence);
  CHECK(make_matter("classic", {})->matte({disc(), {}}).confidence == confidence);
  for (const std::string model : {"grabcut", "color-key"}) {
    CHECK_FALSE(told(model));
    CHECK_FALSE(make_matter(model, {})->matte({disc(), {}}).confidence);
  }
}

TEST_CASE("a model that takes no hint refuses one") {
  for (const std::string model : {"grabcut", "color-key"}) {
    CHECK_THROWS_WITH_AS(make_segmenter(model, {})->segment({disc(), full_mask(40, 30)}),
                         (model + " takes no hint").c_str(), std::invalid_argument);
    CHECK_THROWS_WITH_AS(make_matter(model, {})->matte({disc(), full_mask(40, 30)}), (model + " takes no hint").c_str(),
                         std::invalid_argument);
  }
}

TEST_CASE("classic is as soft as the edge in the picture") {
  const Matte matte = make_matter("classic", {})->matte({disc(), {}}).matte;
  CHECK(identical(matte.values(), refine_matte(disc(), find_subject(disc(), {}).mask).values()));
}

TEST_CASE("the subject's options reach the model") {
  // Two discs; the box holds the left one only.
  cv::Mat rgb(30, 40, CV_8UC3, cv::Scalar(230, 232, 228));
  cv::circle(rgb, {10, 15}, 6, cv::Scalar(200, 30, 20), cv::FILLED);
  cv::circle(rgb, {30, 15}, 6, cv::Scalar(20, 30, 200), cv::FILLED);
  SubjectOptions box;
  box.box = Codec<BoxText>::parse("2,5,17,20");
  for (const std::string model : {"classic", "grabcut"}) {
    CAPTURE(model);
    const Mask left = make_segmenter(model, box)->segment({Image(rgb), {}}).mask;
    CHECK(left.values().at<uint8_t>(15, 10) == 255);
    CHECK(left.values().at<uint8_t>(15, 30) == 0);
  }

  SubjectOptions blue;  // as the background's colour: nothing of it touches the border, so all is subject
  blue.color = Color{20, 30, 200};
  CHECK(make_segmenter("color-key", blue)->segment({Image(rgb), {}}).mask.coverage() > 0.999);
  SubjectOptions everything;
  everything.tolerance = 200;
  CHECK(make_segmenter("color-key", everything)->segment({Image(rgb), {}}).mask.coverage() == 0);
}

TEST_CASE("each inpainter fills a hole in a flat picture with its colour and touch nothing else") {
  Image picture = flat_picture(20, 20, 90, 120, 30);
  cv::Mat scratched = picture.pixels().clone();
  scratched(cv::Rect(8, 5, 3, 9)).setTo(cv::Scalar(255, 0, 255));
  cv::Mat hole = cv::Mat::zeros(20, 20, CV_8UC1);
  hole(cv::Rect(8, 5, 3, 9)).setTo(255);
  for (const std::string& name : models_for("inpaint")) {
    CAPTURE(name);
    const Image filled = make_inpainter(name, {})->fill({Image(scratched), Mask(hole)}).image;
    CHECK(largest_difference(filled.pixels(), picture.pixels()) <= 2);
    cv::Mat outside = filled.pixels().clone();
    outside.setTo(cv::Scalar(90, 120, 30), hole);
    CHECK(identical(outside, picture.pixels()));
  }
}

}  // namespace inpaint::test
