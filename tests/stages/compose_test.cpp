#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "classic/compose/layout.h"
#include "drawing.h"
#include "pipeline/helpers.h"
#include "support.h"

namespace inpaint::test {
namespace {

// A red block from (20,10) to (60,50) in a transparent picture of 100 × 80.
Image red_block() {
  cv::Mat rgba(80, 100, CV_8UC4, cv::Scalar(200, 20, 30, 0));
  rgba(cv::Rect(20, 10, 40, 40)).setTo(cv::Scalar(200, 20, 30, 255));
  return Image(rgba);
}

Image wide(const Image& image) {
  cv::Mat pixels;
  image.pixels().convertTo(pixels, CV_16U, 257);
  return Image(pixels);
}

Image composed(const Words& options, const Image& image = red_block()) {
  return ReadyStage("compose", options).run(image).image;
}

cv::Vec3b rgb_at(const Image& image, int x, int y) { return image.rgb8().at<cv::Vec3b>(y, x); }

std::string refused(const Words& options, const std::string& stage = "compose") {
  return message_of<SpecError>([&] { ReadyStage(stage, options); });
}

std::string failed(const Words& options, const Image& image) {
  return message_of<ItemError>([&] { composed(options, image); });
}

const cv::Vec3b red(200, 20, 30);

}  // namespace

TEST_CASE("without options a cut-out stays as it is") {
  CHECK(identical(composed({}).pixels(), red_block().pixels()));
  CHECK(identical(composed({}, wide(red_block())).pixels(), wide(red_block()).pixels()));
}

TEST_CASE("a colour lies behind the subject, and the result is opaque, in the picture's depth") {
  for (const Image& picture : {red_block(), wide(red_block())}) {
    const Image result = composed({"background=#f2e3c9"}, picture);
    CHECK_FALSE(result.has_alpha());
    CHECK(result.is_16_bit() == picture.is_16_bit());
    CHECK(rgb_at(result, 5, 5) == cv::Vec3b(0xf2, 0xe3, 0xc9));
    CHECK(rgb_at(result, 30, 30) == red);
  }
}

TEST_CASE("gradients, files and blurred originals lie behind the subject") {
  const ScratchFolder folder;
  const Image down = composed({"background=gradient:white-black"});
  CHECK(rgb_at(down, 5, 0)[0] > 250);
  CHECK(rgb_at(down, 5, 79)[0] < 5);
  CHECK(rgb_at(composed({"background=gradient:#fff-#000,horizontal"}), 0, 79)[0] > 250);
  write_picture(folder / "sea.png", flat_picture(10, 10, 30, 60, 200), Format::png);
  const Image at_sea = composed({"background=" + folder / "sea.png", "canvas=60x90"});
  CHECK(at_sea.pixels().size() == cv::Size(60, 90));
  CHECK(rgb_at(at_sea, 1, 1) == cv::Vec3b(30, 60, 200));
  Item item;
  item.image = red_block();
  item.original = flat_picture(100, 80, 90, 120, 150);
  ReadyStage("compose", {"background=blur:5%"}).stage->run(item);
  CHECK(cv::norm(rgb_at(item.image, 3, 70), cv::Vec3b(90, 120, 150), cv::NORM_INF) <= 1);
  CHECK(rgb_at(item.image, 30, 30) == red);
}

TEST_CASE("a background file is painted anew for another size and depth, and once for the same") {
  const ScratchFolder folder;
  write_picture(folder / "bg.png", painted_picture(50, 40), Format::png);
  const ReadyStage stage("compose", {"background=" + folder / "bg.png"});
  const Image first = stage.run(red_block()).image, again = stage.run(red_block()).image;
  CHECK(identical(first.pixels(), again.pixels()));
  CHECK(stage.run(wide(red_block())).image.is_16_bit());
  cv::Mat small = cv::Mat::zeros(30, 20, CV_8UC4);
  small(cv::Rect(5, 5, 5, 5)).setTo(cv::Scalar(1, 2, 3, 255));
  CHECK(stage.run(Image(small)).image.pixels().size() == cv::Size(20, 30));
  CHECK(stage.stage->companions().at(0)->path() == folder / "bg.png");
}

TEST_CASE("crop, margin and canvas say where the subject comes to lie, and the facts tell") {
  const auto facts = [](const Words& options) { return ReadyStage("compose", options).run(red_block()).facts.dump(); };
  CHECK(facts({"crop"}) == R"({"canvas":[40,40],"scale":1.0,"subject":[0,0,40,40]})");
  CHECK(facts({"margin=10"}) == R"({"canvas":[60,60],"scale":1.0,"subject":[10,10,50,50]})");
  CHECK(facts({"canvas=200x200"}) == R"({"canvas":[200,200],"scale":2.0,"subject":[40,40,120,120]})");
  CHECK(facts({"canvas=200x300", "margin=10%", "position=bottom"}) ==
        R"({"canvas":[200,300],"scale":4.0,"subject":[20,120,180,280]})");
  CHECK(facts({"canvas=200x100", "crop", "fit=fill"}) == R"({"canvas":[200,100],"scale":5.0,"subject":[0,0,200,100]})");
  const Image result = composed({"background=white", "canvas=200x300", "margin=10%", "position=bottom"});
  CHECK(rgb_at(result, 13, 200) == cv::Vec3b(255, 255, 255));
  CHECK(rgb_at(result, 28, 200) == red);
  CHECK(rgb_at(result, 172, 272) == red);
  CHECK(rgb_at(result, 187, 272) == cv::Vec3b(255, 255, 255));
}

TEST_CASE("trim cuts to what can be seen, the shadow included") {
  CHECK(composed({"trim"}).pixels().size() == cv::Size(40, 40));
  const Item item = ReadyStage("compose", {"trim", "shadow=drop"}).run(red_block());
  const cv::Size size = item.image.pixels().size();
  CHECK(size.width > 41);
  CHECK(size.height > 41);
  const auto box = item.facts["subject"].get<std::vector<int>>();
  CHECK(box[2] - box[0] == 40);
  CHECK(rgb_at(item.image, box[0], box[1]) == red);
  const cv::Mat alpha = item.image.alpha();
  for (const cv::Mat& rim : {alpha.row(0), alpha.row(alpha.rows - 1), alpha.col(0), alpha.col(alpha.cols - 1)})
    CHECK(cv::countNonZero(rim) > 0);
}

TEST_CASE("shadows are laid under the subject") {
  for (const std::string kind : {"contact", "drop"}) {
    CAPTURE(kind);
    const Image result = composed({"background=white", "shadow=" + kind});
    CHECK(rgb_at(result, 30, 30) == red);
    CHECK(rgb_at(result, 40, 51)[0] < 250);
    CHECK(rgb_at(result, 95, 75) == cv::Vec3b(255, 255, 255));
    const Image clear = composed({"shadow=" + kind});
    CHECK(clear.alpha().at<uint8_t>(51, 40) > 5);
    CHECK(clear.alpha().at<uint8_t>(75, 95) == 0);
    const auto depth = [&](const std::string& strength) {
      return 255 - rgb_at(composed({"background=white", "shadow=" + kind, "shadow-strength=" + strength}), 40, 51)[0];
    };
    CHECK(depth("0") == 0);
    CHECK(depth("1") > depth("0.2"));
  }
}

TEST_CASE("the original's shadow is kept, scaled along") {
  cv::Mat ground(80, 100, CV_8UC3, cv::Scalar(220, 220, 220));
  ground(cv::Rect(60, 30, 12, 20)).setTo(cv::Scalar(130, 130, 130));
  ground(cv::Rect(20, 10, 40, 40)).setTo(cv::Scalar(200, 20, 30));
  const ScratchFolder folder;
  write_picture(folder / "photos/a/b.png", Image(ground), Format::png);
  const Image result = composed({"background=white", "canvas=200x160", "shadow=keep", "original=" + folder / "photos"});
  CHECK(rgb_at(result, 130, 80)[0] < 190);
  CHECK(rgb_at(result, 20, 80) == cv::Vec3b(255, 255, 255));
  CHECK(rgb_at(result, 180, 80) == cv::Vec3b(255, 255, 255));
  CHECK(rgb_at(result, 60, 60) == red);
}

TEST_CASE("ground that tells nothing of a shadow is told") {
  Item item;
  item.image = red_block();
  cv::Mat checks(80, 100, CV_8UC3, cv::Scalar::all(60));
  for (int i = 0; i < 80; ++i) checks(cv::Rect(i % 10 * 10, i / 10 * 10, 5, 10)).setTo(cv::Scalar::all(200));
  item.original = Image(checks);
  ReadyStage("compose", {"background=white", "shadow=keep"}).stage->run(item);
  CHECK(item.notes == Notes{"no shadow was kept: the ground around the subject is too uneven to tell it from"});
}

TEST_CASE("a matte serves where the picture has no alpha") {
  Item item;
  item.image = red_block().with_pixels(red_block().rgb8());
  cv::Mat matte;
  red_block().alpha().convertTo(matte, CV_32F, 1 / 255.0);
  item.matte = Matte(matte);
  item.mask = drawn_mask({"#"});
  item.mask = Mask(cv::Mat(80, 100, CV_8U, cv::Scalar(255)));
  ReadyStage("compose", {"background=white", "crop"}).stage->run(item);
  CHECK(item.image.pixels().size() == cv::Size(40, 40));
  CHECK(item.matte.empty());
  CHECK(item.original.empty());
  CHECK(item.mask.width() == 40);  // goes along
  CHECK(item.mask.coverage() == 1);
}

TEST_CASE("pictures that cannot be composed say why and what helps") {
  CHECK(failed({"background=white"}, flat_picture(9, 9, 1, 2, 3))
            .starts_with(
                "the picture has no transparency, so there is no subject to compose; cut it out first (remove-bg"));
  const Image nothing(cv::Mat::zeros(8, 9, CV_8UC4));
  for (const std::string option : {"crop", "canvas=20x20", "trim", "margin=2"})
    CHECK(failed({option}, nothing) == "there is no subject: all is transparent");
  const Item empty = ReadyStage("compose", {"background=white", "shadow=contact"}).run(nothing);
  CHECK(identical(empty.image.pixels(), flat_picture(9, 8, 255, 255, 255).pixels()));
  CHECK(empty.notes == Notes{"there is no subject: all is transparent"});
  CHECK(empty.facts["subject"].is_null());
}

TEST_CASE("originals that are missing, unreadable or of another size are told") {
  const ScratchFolder folder;
  write_picture(folder / "photos/a/b.png", painted_picture(10, 10), Format::png);
  write_file(folder / "broken.png", "nothing");
  const Words keep = {"shadow=keep", "original=" + folder / "photos"};
  CHECK(missing_of(failed(keep, red_block()), {"--original", "a/b.png", "10 × 10", "100 × 80"}) == "");
  CHECK(missing_of(failed({"shadow=keep", "original=" + folder / "broken.png"}, red_block()),
                   {"--original", "broken.png", "not a picture"}) == "");
  CHECK(missing_of(failed({"background=" + folder / "broken.png"}, red_block()),
                   {"--background", "broken.png", "not a picture"}) == "");
  CHECK(missing_of(message_of<ItemError>([&] { ReadyStage("compose", keep).run(red_block(), {}, "c.png"); }),
                   {"--original", "has nothing for it"}) == "");
}

TEST_CASE("options that miss or contradict another are refused") {
  CHECK(refused({"position=top"}) == "compose: --position belongs to --canvas WxH");
  CHECK(refused({"fit=fill"}) == "compose: --fit belongs to --canvas WxH");
  CHECK(refused({"shadow-strength=0.5"}) == "compose: --shadow-strength belongs to --shadow contact, drop or keep");
  CHECK(refused({"shadow=keep", "shadow-softness=2"}) ==
        "compose: --shadow-softness belongs to --shadow contact or drop");
  CHECK(refused({"original=/tmp"}) == "compose: --original belongs to --background blur:N or --shadow keep");
  CHECK(refused({"crop=false", "margin=5"}).find("--crop is off") != std::string::npos);
  CHECK(refused({"trim", "crop"}).starts_with("compose: --trim decides the size by itself"));
  CHECK(refused({"trim", "background=white"}).starts_with("compose: --trim needs --background transparent"));
  CHECK(refused({"margin=60%"}) == "compose: --margin 60%: a margin of 50% or more leaves no room");
  CHECK(refused({"margin=60", "canvas=100x200"}) ==
        "compose: --margin 60: a margin of 60 pixels leaves no room on 100x200");
  CHECK(refused({"margin=60"}) == "nothing of this type was thrown");
}

TEST_CASE("backgrounds that are none are refused with what there is") {
  CHECK(refused({"background=whiet"}) ==
        "compose: --background whiet: no such file, and no other background either (known: transparent, a colour, "
        "gradient:A-B, blur:N or a picture file)");
  CHECK(refused({"background=/"}) == "compose: --background /: is a directory; one picture file serves all");
  CHECK(refused({"background=#12"}).starts_with("--background: expected a colour like"));
  for (const std::string text : {"gradient:", "gradient:white", "gradient:white-blakc", "gradient:white-black,up"})
    CHECK(refused({"background=" + text}).starts_with("--background: expected gradient:A-B, such as"));
  for (const std::string text : {"blur:", "blur:0", "blur:x", "blur:-3"})
    CHECK(refused({"background=" + text}).starts_with("--background: expected blur:N, N above 0"));
}

TEST_CASE("compose needs the original where it makes use of it and nobody gives it") {
  using Ports = std::vector<Port>;
  const ScratchFolder folder;
  write_picture(folder / "o.png", painted_picture(10, 10), Format::png);
  CHECK(ReadyStage("compose", {"background=white"}).stage->needs().empty());
  CHECK(ReadyStage("compose", {"background=blur:3"}).stage->needs() == Ports{Port::original});
  CHECK(ReadyStage("compose", {"shadow=keep"}).stage->needs() == Ports{Port::original});
  CHECK(ReadyStage("compose", {"shadow=keep", "original=" + folder / "o.png"}).stage->needs().empty());
  CHECK(missing_of(message_of<SpecError>([] { Pipeline(yaml("stages: [{compose: {shadow: keep}}]")); }),
                   {"compose: needs the picture as it was", "--original FILE|DIR", "compose.original", "remove-bg"}) ==
        "");
  CHECK_NOTHROW(Pipeline(yaml("stages: [remove-bg, {compose: {shadow: keep}}]")));
}

TEST_CASE("an opaque background takes the need for alpha away") {
  const auto makes_alpha = [](const std::string& text) { return Pipeline(yaml(text)).makes_alpha(); };
  CHECK(makes_alpha("stages: [remove-bg]"));
  CHECK(makes_alpha("stages: [remove-bg, {compose: {crop: true}}]"));
  CHECK_FALSE(makes_alpha("stages: [remove-bg, {compose: {background: white}}]"));
  CHECK_FALSE(makes_alpha("stages: [{remove-bg: {background: white}}]"));
  CHECK(makes_alpha("stages: [{compose: {background: white}}, remove-bg]"));
}

TEST_CASE("remove-bg takes the same options, and without them stays as it was") {
  const Item plain = ReadyStage("remove-bg", {"model=color-key"}).run(red_on_white());
  CHECK_FALSE(plain.facts.contains("canvas"));
  CHECK(identical(plain.original.pixels(), red_on_white().pixels()));
  const Item done = ReadyStage("remove-bg", {"model=color-key", "background=#0000ff", "canvas=80x80", "margin=10"})
                        .run(red_on_white());
  CHECK(done.image.pixels().size() == cv::Size(80, 80));
  CHECK_FALSE(done.image.has_alpha());
  CHECK(rgb_at(done.image, 2, 2) == cv::Vec3b(0, 0, 255));
  CHECK(rgb_at(done.image, 40, 40) == red);
  CHECK(done.facts["canvas"] == std::vector{80, 80});
  const Item kept = ReadyStage("remove-bg", {"model=color-key", "background=white", "shadow=keep"}).run(red_on_white());
  CHECK(kept.notes.empty());
  CHECK(refused({"position=top"}, "remove-bg") == "remove-bg: --position belongs to --canvas WxH");
}

TEST_CASE("a chain is the same as the one-liner") {
  const Item cut = ReadyStage("remove-bg", {"model=color-key"}).run(red_on_white());
  Item chained = cut;
  ReadyStage("compose", {"background=blur:4", "canvas=90x70", "margin=5%", "shadow=drop"}).stage->run(chained);
  const Item direct =
      ReadyStage("remove-bg", {"model=color-key", "background=blur:4", "canvas=90x70", "margin=5%", "shadow=drop"})
          .run(red_on_white());
  CHECK(identical(chained.image.pixels(), direct.image.pixels()));
}

}  // namespace inpaint::test
