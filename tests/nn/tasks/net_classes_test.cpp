#include "nn/tasks/net_classes.h"

#include <doctest/doctest.h>

#include <stdexcept>

#include "core/error.h"
#include "drawing.h"
#include "nn/tasks/fake_net.h"

using namespace inpaint;
using namespace inpaint::test;

namespace {

Card clothes_card(const std::string& size = "4") {
  Card card;
  card.name = "clothes";
  card.labels = {"background", "upper", "lower", "full"};
  card.input.size = size;
  card.output.kind = "classes";
  return card;
}

// Scores that make each pixel the class that its digit says, by 2 to 1.
FakeNet::Answer drawn(const std::vector<std::string>& lines, int classes = 4) {
  return [=](const std::vector<Tensor>&) {
    const auto height = static_cast<int64_t>(lines.size()), width = static_cast<int64_t>(lines[0].size());
    Tensor out({1, classes, height, width});
    for (int64_t c = 0, at = 0; c < classes; ++c) {
      for (const std::string& line : lines) {
        for (const char label : line) out.data()[at++] = label - '0' == c ? 2.0f : 1.0f;
      }
    }
    return std::vector<Tensor>{out};
  };
}

const std::vector<std::string> dressed{"0110", "0110", "0220", "0220"};

ClassSegmenter clothes(std::vector<int> labels, Card card = clothes_card(),
                       const std::vector<std::string>& lines = dressed) {
  return {std::move(card), std::make_shared<FakeNet>(drawn(lines)), std::move(labels)};
}

}  // namespace

TEST_CASE("the largest plane wins, and chosen labels make the mask") {
  const Image image = painted_picture(4, 4);
  CHECK(drawing(clothes({1}).segment({image, {}}).mask) == rows({".##.", ".##.", "....", "...."}));
  CHECK(drawing(clothes({1, 2}).segment({image, {}}).mask) == rows({".##.", ".##.", ".##.", ".##."}));
  CHECK(drawing(clothes({0}).segment({image, {}}).mask) == rows({"#..#", "#..#", "#..#", "#..#"}));
}

TEST_CASE("labels are enlarged by nearest neighbour: no label appears between two others") {
  // 1 beside 3 beside 0: interpolated, the borders would be 2.
  const ClassMap map = clothes({1}, clothes_card(), {"1330", "1330", "1330", "1330"}).classify(painted_picture(12, 8));
  REQUIRE(map.labels.size() == cv::Size(12, 8));
  for (int y = 0; y < 8; ++y) {
    for (int x = 0; x < 12; ++x) CHECK(int{map.labels.at<uint8_t>(y, x)} == (x < 3 ? 1 : x < 9 ? 3 : 0));
  }
}

TEST_CASE("shares are of the network's pixels") {
  const ClassMap map = clothes({1}).classify(painted_picture(30, 10));
  CHECK(map.shares == std::vector{0.5, 0.25, 0.25, 0.0});
  CHECK(map.certainty.empty());
}

TEST_CASE("probabilities give a confidence") {
  Card card = clothes_card();
  card.output.activation = "softmax";
  const FoundMask found = clothes({1, 2}, card).segment({painted_picture(4, 4), {}});
  REQUIRE(found.confidence);
  CHECK(*found.confidence == doctest::Approx(0.47537).epsilon(1e-4));  // e^2 / (e^2 + 3 e)
  CHECK(!clothes({1}).segment({painted_picture(4, 4), {}}).confidence);
}

TEST_CASE("nothing of what was looked for: no_target, and what there is") {
  const ClassSegmenter segmenter = clothes({3});
  const SubjectRequest request{painted_picture(4, 4), {}};
  CHECK_THROWS_WITH_AS(segmenter.segment(request),
                       "no_target: looked for full, found background 50.0 %, upper 25.0 %, lower 25.0 % (clothes)",
                       ItemError);
  try {
    segmenter.segment(request);
  } catch (const ItemError& error) {
    CHECK(error.cause() == ItemError::Cause::input);
  }
}

TEST_CASE("a few stray pixels are no garment") {
  std::vector<std::string> lines(40, std::string(40, '0'));
  lines[20].replace(10, 3, "111");  // 3 of 1600: 0.19 %
  const SubjectRequest request{painted_picture(40, 40), {}};
  CHECK_THROWS_AS(clothes({1}, clothes_card("40"), lines).segment(request), ItemError);
  lines[21][10] = '1';  // 0.25 %
  CHECK(clothes({1}, clothes_card("40"), lines).segment(request).mask.coverage() == doctest::Approx(0.0025));
}

TEST_CASE("a padded picture: padding counts for nothing") {
  Card card = clothes_card();
  card.input.resize = "fit";
  const ClassMap map = clothes({1}, card, {"1111", "2222", "3333", "3333"}).classify(painted_picture(40, 20));
  CHECK(map.shares == std::vector{0.0, 0.5, 0.5, 0.0});
}

TEST_CASE("what does not fit the card is refused") {
  const auto net = std::make_shared<FakeNet>(drawn(dressed, 5));
  CHECK_THROWS_WITH_AS(ClassSegmenter(clothes_card(), net, {1}).classify(painted_picture(4, 4)),
                       doctest::Contains("1x4x4x4"), ItemError);
  Card card = clothes_card();
  CHECK_THROWS_WITH_AS(ClassSegmenter(card, net, {4}), doctest::Contains("0 to 3"), SpecError);
  CHECK_THROWS_AS(ClassSegmenter(card, net, {}), SpecError);
  card.output.kind = "opacity";
  CHECK_THROWS_WITH_AS(ClassSegmenter(card, net, {1}), doctest::Contains("classes"), SpecError);
  CHECK_THROWS_AS(clothes({1}).segment({painted_picture(4, 4), Mask(4, 4)}), std::invalid_argument);
}
