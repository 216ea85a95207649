#include "stages/subject_task.h"

#include <doctest/doctest.h>

#include "drawing.h"
#include "pipeline/helpers.h"
#include "support.h"

namespace inpaint::test {
namespace {

const Words answers = {"keep", "fail", "original"};

// A task with its options set and prepared, asked about a picture of 40 × 30.
struct ReadyTask {
  SubjectTask task{"remove-bg"};
  Fields fields;

  explicit ReadyTask(const Words& options = {}) {
    task.describe(fields, answers);
    for (const GivenOption& option : stage_spec("remove-bg", options).options)
      fields.set(option.name, option.text, option.where);
    task.prepare(fields);
  }
  std::optional<SubjectRequest> request(const Image& image = red_on_white()) const {
    Item item = item_of(image);
    return task.request(item);
  }
  static Item item_of(const Image& image) {
    Item item;
    item.rel = "a/b.jpg";
    item.image = image;
    return item;
  }
};

std::string refused(const Words& options) {
  return message_of<SpecError>([&] { ReadyTask{options}; });
}

std::string failed(const Words& options) {
  return message_of<ItemError>([&] { ReadyTask(options).request(); });
}

// What becomes of a subject found with this confidence.
struct Settled {
  Item item = ReadyTask::item_of(red_on_white());
  bool leaves = false;
  Settled(const Words& options, std::optional<double> confidence) {
    leaves = ReadyTask(options).task.settle(confidence, "", item);
  }
};

// A hint in a file, with these values in three vertical stripes.
struct HintFile {
  ScratchFolder folder;
  std::string file = folder / "hint.png";
  HintFile(int left, int middle, int right, cv::Size size = {40, 30}) {
    cv::Mat values(size, CV_8U, cv::Scalar(middle));
    values.colRange(0, 10).setTo(left);
    values.colRange(size.width - 10, size.width).setTo(right);
    write_mask(file, Mask(values));
  }
  std::string failed(const Words& options = {}) const {
    Words all = options;
    all.push_back("hint=" + file);
    const std::string message = test::failed(all), head = "--hint " + file + ": ";
    return message.starts_with(head) ? message.substr(head.size()) : message;
  }
};

}  // namespace

TEST_CASE("without a hint the model is asked about the picture alone") {
  const auto request = ReadyTask().request();
  REQUIRE(request);
  CHECK(identical(request->image.pixels(), red_on_white().pixels()));
  CHECK(request->hint.empty());
}

TEST_CASE("a hint reaches the model in three levels, whatever a JPEG made of them") {
  const HintFile hint(9, 100, 246);
  const auto request = ReadyTask({"hint=" + hint.file}).request();
  REQUIRE(request);
  REQUIRE(request->hint.width() == 40);
  CHECK(request->hint.values().at<uint8_t>(5, 5) == 0);
  CHECK(request->hint.values().at<uint8_t>(5, 20) == 128);
  CHECK(request->hint.values().at<uint8_t>(5, 35) == 255);
}

TEST_CASE("a directory of hints has one for each picture") {
  const ScratchFolder folder;
  cv::Mat values(30, 40, CV_8U, cv::Scalar(128));
  values.row(0).setTo(255);
  write_mask(folder / "hints/a/b_mask.png", Mask(values));
  const ReadyTask ready({"hint=" + folder / "hints"});
  CHECK(cv::countNonZero(ready.request()->hint.values() == 255) == 40);
  Item other = ReadyTask::item_of(red_on_white());
  other.rel = "a/c.jpg";
  CHECK(missing_of(message_of<ItemError>([&] { ready.task.request(other); }), {"--hint", "a/c"}) == "");
  CHECK(ready.task.companions().at(0)->path() == folder / "hints");
}

TEST_CASE("hints that tell nothing are refused") {
  CHECK(HintFile(0, 0, 0).failed() == "black all over, which leaves no place for a subject");
  CHECK(HintFile(15, 3, 0).failed() == "black all over, which leaves no place for a subject");
  CHECK(HintFile(255, 255, 240).failed() == "white all over, which leaves nothing to find");
  CHECK(HintFile(100, 120, 160).failed() == "grey all over, which tells nothing");
  CHECK(HintFile(0, 128, 128).failed() == "nothing of this type was thrown");    // a place to look in
  CHECK(HintFile(0, 255, 0).failed() == "nothing of this type was thrown");      // all decided
  CHECK(HintFile(128, 255, 128).failed() == "nothing of this type was thrown");  // what it surely holds
}

TEST_CASE("a hint must fit the picture and be there") {
  CHECK(HintFile(0, 128, 255, {41, 30}).failed() == "the mask is 41 × 30, the picture 40 × 30 (upright)");
  CHECK(refused({"hint=/nowhere/at/all.png"}) == "--hint: no such file or directory: '/nowhere/at/all.png'");
  const ScratchFolder folder;
  write_file(folder / "hint.png", "no picture");
  CHECK(missing_of(failed({"hint=" + folder / "hint.png"}), {"--hint", "hint.png", "not a picture"}) == "");
}

TEST_CASE("a hint that contradicts the box or a point is refused") {
  const HintFile hint(0, 128, 255);
  CHECK(hint.failed({"box=0,0,20,30"}) == "white (subject) outside --box 0,0,20,30");
  CHECK(hint.failed({"box=20,0,20,30"}) == "nothing of this type was thrown");
  CHECK(hint.failed({"point=5,5"}) == "black (background) at --point 5,5,1");
  CHECK(hint.failed({"point=35,5,0"}) == "white (subject) at --point 35,5,0");
  CHECK(hint.failed({"point=35,5", "point=5,5,0", "point=20,5", "point=21,5,0"}) == "nothing of this type was thrown");
}

TEST_CASE("points that contradict each other are refused before any picture is read") {
  CHECK(refused({"point=7,8", "point=7,8,0"}) ==
        "remove-bg: --point 7,8,1 and --point 7,8,0: one pixel cannot be both subject and background");
  CHECK(refused({"point=7.2,8.9,0", "point=1,1", "point=7.8,8.1,1"}) ==
        "remove-bg: --point 7.2,8.9,0 and --point 7.8,8.1,1: one pixel cannot be both subject and background");
  CHECK(refused({"box=10,10,20,10", "point=30,15"}) ==
        "remove-bg: --point 30,15,1: on the subject, but outside --box 10,10,20,10");
  CHECK_NOTHROW(ReadyTask({"point=7,8", "point=7,8,1", "point=8,8,0"}));
  CHECK_NOTHROW(ReadyTask({"box=10,10,20,10", "point=10,10", "point=29,19", "point=2,2,0"}));
}

TEST_CASE("contradictions that depend on the picture's size are found with the picture") {
  CHECK(failed({"point=20,15", "point=50%,50%,0"}) ==
        "--point 20,15,1 and --point 50%,50%,0: one pixel cannot be both subject and background");
  CHECK(failed({"box=50%,50%,25%,25%", "point=5,5"}) ==
        "--point 5,5,1: on the subject, but outside --box 50%,50%,25%,25%");
  CHECK(failed({"point=21,15", "point=50%,50%,0"}) == "nothing of this type was thrown");
}

TEST_CASE("what lies outside the picture is refused with both sizes") {
  CHECK(failed({"box=40,0,10,10"}) == "--box 40,0,10,10: covers no pixel of the picture, which is 40 × 30");
  CHECK(failed({"box=-50,-50,50,50"}) == "--box -50,-50,50,50: covers no pixel of the picture, which is 40 × 30");
  CHECK(failed({"box=3,3,0.3,0.3"}) == "--box 3,3,0.3,0.3: covers no pixel of the picture, which is 40 × 30");
  CHECK(failed({"box=39,29,10,10"}) == "nothing of this type was thrown");
  CHECK(failed({"point=40,0"}) == "--point 40,0,1: outside the picture, which is 40 × 30");
  CHECK(failed({"point=0,-1,0"}) == "--point 0,-1,0: outside the picture, which is 40 × 30");
  CHECK(failed({"point=1e300,5"}) == "--point 1e+300,5,1: outside the picture, which is 40 × 30");
  CHECK(failed({"point=100%,5"}) == "--point 100%,5,1: outside the picture, which is 40 × 30");
  CHECK(failed({"point=39.9,29.9", "point=0,0,0"}) == "nothing of this type was thrown");
}

TEST_CASE("what the picture's bytes are to blame for fails again with the same bytes") {
  try {
    ReadyTask({"point=40,0"}).request();
    FAIL("nothing was thrown");
  } catch (const ItemError& error) {
    CHECK(error.cause() == ItemError::Cause::input);
  }
}

TEST_CASE("there is nothing to ask about an all transparent picture") {
  Item item = ReadyTask::item_of(red_on_white().with_alpha(cv::Mat::zeros(30, 40, CV_8U)));
  CHECK_FALSE(ReadyTask().task.request(item));
  CHECK(item.notes == Notes{"the picture is all transparent: there is nothing to find"});
  cv::Mat alpha = cv::Mat::zeros(30, 40, CV_8U);
  alpha.at<uint8_t>(3, 3) = 1;
  CHECK(ReadyTask().request(red_on_white().with_alpha(alpha)));
}

TEST_CASE("confidence and model are told in the item's facts") {
  const Settled sure({"model=classic"}, 0.81249);
  CHECK(sure.item.facts == nlohmann::json({{"model", "classic"}, {"confidence", 0.812}}));
  CHECK(sure.item.notes.empty());
  CHECK_FALSE(sure.leaves);
  CHECK(Settled({"model=grabcut"}, std::nullopt).item.facts == nlohmann::json({{"model", "grabcut"}}));
}

TEST_CASE("a subject below the threshold is uncertain") {
  const Settled unsure({"model=classic"}, 0.4994);
  CHECK(unsure.item.facts == nlohmann::json({{"model", "classic"}, {"confidence", 0.499}, {"uncertain", true}}));
  CHECK(unsure.item.notes == Notes{"the subject is uncertain: the result wants a look"});
  CHECK_FALSE(unsure.leaves);
  const auto uncertain = [](const std::string& threshold, double confidence) {
    return Settled({"uncertain-below=" + threshold}, confidence).item.facts.contains("uncertain");
  };
  CHECK_FALSE(uncertain("0.5", 0.5));
  CHECK_FALSE(uncertain("0.5", 0.4996));  // told as 0.5
  CHECK(uncertain("0.8", 0.79));
  CHECK_FALSE(uncertain("0.3", 0.31));
  CHECK_FALSE(uncertain("0", 0));
  CHECK(uncertain("1", 0.99));
  CHECK_FALSE(uncertain("1", 1));
}

TEST_CASE("an uncertain picture fails if it is to") {
  CHECK(message_of<ItemError>([] {
          Settled({"on-uncertain=fail", "uncertain-below=0.7"}, 0.6123);
        }) == "the subject is uncertain: confidence 0.612, wanted 0.7 (--uncertain-below)");
  CHECK_FALSE(Settled({"on-uncertain=fail", "uncertain-below=0.7"}, 0.7).leaves);
}

TEST_CASE("an uncertain picture is left as it was if it is to") {
  const Settled left({"on-uncertain=original"}, 0.1);
  CHECK(left.leaves);
  CHECK(left.item.notes == Notes{"the subject is uncertain: the picture was left as it is"});
  CHECK_FALSE(Settled({"on-uncertain=original"}, 0.9).leaves);
}

TEST_CASE("what an earlier stage told of its subject is forgotten") {
  Item item = ReadyTask::item_of(red_on_white());
  item.facts = {{"confidence", 0.2}, {"uncertain", true}, {"coverage", 0.3}};
  ReadyTask({"model=grabcut"}).task.settle(std::nullopt, "", item);
  CHECK(item.facts == nlohmann::json({{"model", "grabcut"}, {"coverage", 0.3}}));
  ReadyTask({"model=grabcut"}).task.settle(0.9, "classic", item);
  CHECK(item.facts["method"] == "classic");
  ReadyTask({"model=grabcut"}).task.settle(0.9, "", item);
  CHECK_FALSE(item.facts.contains("method"));
}

TEST_CASE("thresholds and answers are checked where they are given") {
  CHECK(refused({"uncertain-below=1.1"}) == "--uncertain-below: expected 0 to 1, got 1.1");
  CHECK(refused({"on-uncertain=orginal"}) == "--on-uncertain: unknown value 'orginal' (did you mean 'original'?)");
  CHECK(message_of<SpecError>([] { ReadyStage("segment", {"on-uncertain=original"}); }) ==
        "--on-uncertain: unknown value 'original' (known: keep, fail)");
}

}  // namespace inpaint::test
