#include "nn/tasks/net_classes.h"

#include <doctest/doctest.h>

#include <cmath>
#include <opencv2/core.hpp>
#include <stdexcept>

#include "core/error.h"
#include "nn/tasks/fake_net.h"

using namespace inpaint;
using namespace inpaint::test;

namespace {

Card class_card(const std::string& size, const std::string& resize = "stretch") {
  Card card;
  card.name = "fake";
  card.labels = {"background", "upper", "lower"};
  card.input.size = size;
  card.input.resize = resize;
  card.output.kind = "classes";
  return card;
}

Image grey(int width, int height) { return Image(cv::Mat(height, width, CV_8UC3, cv::Scalar::all(128))); }

// Three planes: class_at(x, y) has the value `winner`, the others `loser`.
std::shared_ptr<FakeNet> painting(const std::function<int64_t(int64_t, int64_t)>& class_at, float winner, float loser) {
  return std::make_shared<FakeNet>([=](const std::vector<Tensor>& inputs) {
    const int64_t height = inputs[0].extent(2), width = inputs[0].extent(3);
    Tensor planes({1, 3, height, width});
    for (int64_t c = 0; c < 3; ++c) {
      for (int64_t y = 0; y < height; ++y) {
        for (int64_t x = 0; x < width; ++x)
          planes.data()[(c * height + y) * width + x] = class_at(x, y) == c ? winner : loser;
      }
    }
    return std::vector<Tensor>{planes};
  });
}

// Left half upper, right half lower.
int64_t halves(int64_t x, int64_t /*y*/) { return x < 4 ? 1 : 2; }

std::string refusal(const ClassSegmenter& segmenter, const Image& image) {
  try {
    segmenter.segment({image, {}});
  } catch (const ItemError& error) {
    CHECK(error.cause() == ItemError::Cause::input);
    return error.what();
  }
  return "";
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("the largest plane wins, and pixels take their nearest winner") {
  // 8 × 8 cells of 10 × 5 pixels: class 1 in column 2, class 2 in row 7, which wins nothing of column 2.
  const auto cross = [](int64_t x, int64_t y) -> int64_t { return x == 2 ? 1 : y == 7 ? 2 : 0; };
  const Image image = grey(80, 40);
  const FoundMask upper = ClassSegmenter(class_card("8"), painting(cross, 3, 0), {1}).segment({image, {}});
  cv::Mat expected = cv::Mat::zeros(40, 80, CV_8U);
  expected(cv::Rect(20, 0, 10, 40)).setTo(255);
  CHECK(cv::countNonZero(upper.mask.values() != expected) == 0);

  const FoundMask both = ClassSegmenter(class_card("8"), painting(cross, 3, 0), {1, 2}).segment({image, {}});
  expected(cv::Rect(0, 35, 80, 5)).setTo(255);
  CHECK(cv::countNonZero(both.mask.values() != expected) == 0);

  const FoundMask rest = ClassSegmenter(class_card("8"), painting(cross, 3, 0), {0}).segment({image, {}});
  CHECK(cv::countNonZero(rest.mask.values() == both.mask.values()) == 0);
}

TEST_CASE("labels are never interpolated: between classes 0 and 2 there is no class 1") {
  const auto edge = [](int64_t x, int64_t /*y*/) -> int64_t { return x < 4 ? 0 : 2; };
  const ClassSegmenter segmenter(class_card("8"), painting(edge, 1, 0), {1});
  CHECK(has(refusal(segmenter, grey(801, 603)), "no_target"));
}

TEST_CASE("the padding of resize: fit belongs to no class") {
  // 80 × 40 in 8 × 8: content is 8 × 4, and the padding below it would win as upper.
  const auto padded = [](int64_t x, int64_t y) -> int64_t { return y >= 4 ? 1 : x < 2 ? 2 : 0; };
  const auto net = painting(padded, 3, 0);
  const FoundMask found = ClassSegmenter(class_card("8", "fit"), net, {2}).segment({grey(80, 40), {}});
  CHECK(found.mask.width() == 80);
  CHECK(found.mask.height() == 40);
  cv::Mat expected = cv::Mat::zeros(40, 80, CV_8U);
  expected(cv::Rect(0, 0, 20, 40)).setTo(255);
  CHECK(cv::countNonZero(found.mask.values() != expected) == 0);
  CHECK(has(refusal(ClassSegmenter(class_card("8", "fit"), net, {1}), grey(80, 40)), "no_target"));
}

TEST_CASE("confidence is the mean probability of the winners, where planes have probabilities") {
  const Image image = grey(16, 16);
  const auto confidence = [&](float winner, float loser, const std::string& activation) {
    Card card = class_card("8");
    card.output.activation = activation;
    return ClassSegmenter(card, painting(halves, winner, loser), {1}).segment({image, {}}).confidence;
  };
  const double softmax = std::exp(2.0) / (std::exp(2.0) + 2);
  CHECK(confidence(2, 0, "none").value() == doctest::Approx(softmax));     // logits
  CHECK(confidence(2, 0, "softmax").value() == doctest::Approx(softmax));  // the same, told by the card
  CHECK(confidence(0.6F, 0.2F, "none").value() == doctest::Approx(0.6));   // probabilities
  CHECK(!confidence(0.9F, 0.4F, "none").has_value());                      // neither
  CHECK(!confidence(2, 0, "sigmoid").has_value());
}

TEST_CASE("a picture without the target fails, telling what was looked for and found") {
  const ClassSegmenter segmenter(class_card("8"), painting([](int64_t x, int64_t) { return x < 2 ? 2 : 0; }, 3, 0),
                                 {1});
  const std::string text = refusal(segmenter, grey(80, 40));
  CHECK(text.starts_with("no_target: "));
  CHECK(has(text, "upper"));
  CHECK(has(text, "background 75 %, lower 25 %"));
  // Of 64 × 64 pixels, 4 are less than a thousandth, 5 more.
  const auto specks = [](int64_t count) {
    return painting([=](int64_t x, int64_t y) { return y == 9 && x < count ? 1 : 0; }, 3, 0);
  };
  CHECK(has(refusal(ClassSegmenter(class_card("64"), specks(4), {1}), grey(64, 64)), "upper 0.0977 %"));
  CHECK(cv::countNonZero(ClassSegmenter(class_card("64"), specks(5), {1}).segment({grey(64, 64), {}}).mask.values()) ==
        5);
  // One of two is enough.
  CHECK(ClassSegmenter(class_card("8"), painting([](int64_t x, int64_t) { return x < 2 ? 2 : 0; }, 3, 0), {1, 2})
            .segment({grey(80, 40), {}})
            .mask.coverage() == doctest::Approx(0.25));
}

TEST_CASE("wrong cards, labels, requests and outputs are refused") {
  const auto net = painting(halves, 1, 0);
  Card opacity = class_card("8");
  opacity.output.kind = "opacity";
  CHECK_THROWS_AS(ClassSegmenter(opacity, net, {1}), SpecError);
  CHECK_THROWS_AS(ClassSegmenter(class_card("8"), net, {}), SpecError);
  CHECK_THROWS_AS(ClassSegmenter(class_card("8"), net, {3}), SpecError);
  CHECK_THROWS_AS(ClassSegmenter(class_card("8"), net, {-1}), SpecError);
  CHECK_THROWS_AS(ClassSegmenter(class_card("8"), net, {1}).segment({grey(8, 8), Mask(8, 8)}), std::invalid_argument);
  Card four = class_card("8");
  four.labels.push_back("full");
  CHECK_THROWS_AS(ClassSegmenter(four, net, {1}).segment({grey(8, 8), {}}), ItemError);
  CHECK_THROWS_AS(ClassSegmenter(class_card("8"), painting(halves, std::nanf(""), 0), {1}).segment({grey(8, 8), {}}),
                  ItemError);
}
