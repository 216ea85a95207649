#include "nn/tasks/segment_anything.h"

#include <doctest/doctest.h>

#include <limits>
#include <stdexcept>

#include "core/error.h"
#include "drawing.h"
#include "nn/tasks/fake_net.h"

using namespace inpaint;
using namespace inpaint::test;

namespace {

// As the authors' encoder: normalised, 1024 x 1024, padded at right and bottom.
Card sam_card() {
  Card card;
  card.name = "sam";
  card.family = "segment-anything";
  card.input.size = "1024";
  card.input.resize = "fit";
  card.input.divide = "1";
  card.input.mean = {123.675, 116.28, 103.53};
  card.input.std = {58.395, 57.12, 57.375};
  card.output.kind = "masks";
  return card;
}

// As rembg's and samexporter's encoders: 0 to 255, rows of 1024 x 684.
Card raw_card() {
  Card card = sam_card();
  card.input.size = "1024x684";
  card.input.layout = "nhwc";
  card.input.mean = {0, 0, 0};
  card.input.std = {1, 1, 1};
  return card;
}

Tensor filled(std::vector<int64_t> shape, float value) {
  Tensor tensor(std::move(shape));
  std::fill_n(tensor.data(), tensor.size(), value);
  return tensor;
}

using Calls = std::vector<std::vector<Tensor>>;

std::shared_ptr<FakeNet> encoder(Calls& calls) {
  return std::make_shared<FakeNet>([&calls](const std::vector<Tensor>& inputs) {
    calls.push_back(inputs);
    return std::vector<Tensor>{filled({1, 256, 64, 64}, 0.25f)};
  });
}

// Mask k is positive in the rectangle k of the 256 x 256 frame.
std::shared_ptr<FakeNet> decoder(Calls& calls, const std::vector<cv::Rect>& rectangles,
                                 const std::vector<float>& overlaps, bool shuffled = false) {
  return std::make_shared<FakeNet>([=, &calls](const std::vector<Tensor>& inputs) {
    calls.push_back(inputs);
    const auto count = static_cast<int64_t>(rectangles.size());
    Tensor masks = filled({1, count, 256, 256}, -1), scores({1, count});
    for (int64_t k = 0; k < count; ++k) {
      cv::Mat mask(256, 256, CV_32F, masks.data() + k * 256 * 256);
      mask(rectangles[static_cast<size_t>(k)]).setTo(1);
      scores.data()[k] = overlaps[static_cast<size_t>(k)];
    }
    const Tensor full = filled({1, count, 20, 30}, 7);  // not to be used
    return shuffled ? std::vector<Tensor>{masks, full, scores} : std::vector<Tensor>{full, scores, masks};
  });
}

std::vector<float> values_of(const Tensor& tensor) { return {tensor.values().begin(), tensor.values().end()}; }

PointText point(double x, double y, bool subject) { return {{x, false}, {y, false}, subject}; }

BoxText box(double x, double y, double w, double h) { return {{x, false}, {y, false}, {w, false}, {h, false}}; }

}  // namespace

TEST_CASE("the encoder is fed as its card says") {
  Calls encoded, decoded;
  const Image image = flat_picture(200, 100, 182, 116, 46);
  const PromptSegmenter segmenter(sam_card(), encoder(encoded), decoder(decoded, {{0, 0, 9, 9}}, {1}), {},
                                  {point(1, 1, true)});
  segmenter.segment({image, {}});
  REQUIRE(encoded.size() == 1);
  REQUIRE(encoded[0].size() == 1);
  const Tensor& input = encoded[0][0];
  CHECK(input.shape() == std::vector<int64_t>{1, 3, 1024, 1024});
  const auto at = [&](int c, int y, int x) { return input.data()[(c * 1024 + y) * 1024 + x]; };
  CHECK(at(0, 511, 1023) == doctest::Approx((182 - 123.675) / 58.395));
  CHECK(at(1, 0, 0) == doctest::Approx((116 - 116.28) / 57.12));
  CHECK(at(2, 511, 1023) == doctest::Approx((46 - 103.53) / 57.375));
  CHECK(at(0, 512, 0) == 0);  // padding
}

TEST_CASE("encoders that take rows of raw values are fed without a batch axis") {
  Calls encoded, decoded;
  const Image image = flat_picture(100, 100, 182, 116, 46);
  PromptSegmenter(raw_card(), encoder(encoded), decoder(decoded, {{0, 0, 9, 9}}, {1}), {}, {point(50, 25, true)})
      .segment({image, {}});
  const Tensor& input = encoded.at(0).at(0);
  REQUIRE(input.shape() == std::vector<int64_t>{684, 1024, 3});
  const float* last = input.data() + (683 * 1024 + 683) * 3;
  CHECK(last[0] == 182);
  CHECK(last[2] == 46);
  CHECK(last[3] == 0);  // the square picture ends at 684
  // 684 pixels for 100: points go by 6.84.
  const std::vector<float> coordinates = values_of(decoded.at(0).at(1));
  CHECK(coordinates[0] == doctest::Approx(342));
  CHECK(coordinates[1] == doctest::Approx(171));
}

TEST_CASE("the decoder is given points, padding, and an empty mask, in the frame of 1024") {
  Calls encoded, decoded;
  PromptSegmenter(sam_card(), encoder(encoded), decoder(decoded, {{0, 0, 9, 9}}, {1}), {},
                  {point(100, 25, true), point(3, 50, false)})
      .segment({painted_picture(200, 100), {}});
  REQUIRE(decoded.size() == 1);
  const std::vector<Tensor>& inputs = decoded[0];
  REQUIRE(inputs.size() == 6);
  CHECK(inputs[0].shape() == std::vector<int64_t>{1, 256, 64, 64});
  CHECK(inputs[0].data()[77] == 0.25f);
  CHECK(inputs[1].shape() == std::vector<int64_t>{1, 3, 2});
  CHECK(values_of(inputs[1]) == std::vector<float>{512, 128, 15.36f, 256, 0, 0});  // times 1024 / 200
  CHECK(inputs[2].shape() == std::vector<int64_t>{1, 3});
  CHECK(values_of(inputs[2]) == std::vector<float>{1, 0, -1});
  CHECK(inputs[3].shape() == std::vector<int64_t>{1, 1, 256, 256});
  CHECK(cv::norm(cv::Mat(256, 256, CV_32F, const_cast<float*>(inputs[3].data()))) == 0);
  CHECK(inputs[4].shape() == std::vector<int64_t>{1});
  CHECK(values_of(inputs[4]) == std::vector<float>{0});
  CHECK(inputs[5].shape() == std::vector<int64_t>{2});
  CHECK(values_of(inputs[5]) == std::vector<float>{512, 1024});  // height, width
}

TEST_CASE("a box gives its corners and no padding; it is cut to the picture") {
  Calls encoded, decoded;
  PromptSegmenter(sam_card(), encoder(encoded), decoder(decoded, {{0, 0, 9, 9}}, {1}), box(100, 50, 500, 25),
                  {point(120, 60, false)})
      .segment({painted_picture(512, 256), {}});
  CHECK(values_of(decoded.at(0).at(1)) == std::vector<float>{240, 120, 200, 100, 1024, 150});
  CHECK(values_of(decoded.at(0).at(2)) == std::vector<float>{0, 2, 3});
}

TEST_CASE("the mask of the best overlap is brought to the picture's size") {
  Calls encoded, decoded;
  // 512 x 256 fills the upper half of the frame; a pixel of the mask is 2 x 2 of the picture's.
  const std::vector<cv::Rect> rectangles{{0, 0, 256, 256}, {10, 20, 30, 40}, {1, 1, 2, 2}};
  for (const bool shuffled : {false, true}) {
    const PromptSegmenter segmenter(sam_card(), encoder(encoded),
                                    decoder(decoded, rectangles, {0.2f, 0.9f, 0.3f}, shuffled), {},
                                    {point(9, 9, true)});
    const FoundMask found = segmenter.segment({painted_picture(512, 256), {}});
    cv::Mat expected(256, 512, CV_8U, cv::Scalar(0));
    expected(cv::Rect(20, 40, 60, 80)).setTo(255);
    cv::Mat corners = expected != found.mask.values();  // bilinear rounds the four corners off
    CHECK(found.mask.values().size() == cv::Size(512, 256));
    CHECK(cv::countNonZero(corners) <= 4);
    CHECK(*found.confidence == doctest::Approx(0.9));
  }
}

TEST_CASE("a picture is encoded once for many prompts") {
  Calls encoded, decoded;
  const SegmentAnything model(sam_card(), encoder(encoded), decoder(decoded, {{0, 0, 64, 64}}, {2}));
  const EncodedPicture picture = model.encode(painted_picture(100, 100));
  for (int i = 0; i < 3; ++i) CHECK(*model.find(picture, {Box{0, 0, 10 + i, 10}, {}}).confidence == 1);
  CHECK(encoded.size() == 1);
  CHECK(decoded.size() == 3);
}

TEST_CASE("what is no Segment Anything is refused") {
  Calls encoded, decoded;
  const SubjectRequest request{painted_picture(64, 64), {}};
  const auto segmenter = [&](std::shared_ptr<const Net> first, std::shared_ptr<const Net> second) {
    return PromptSegmenter(sam_card(), std::move(first), std::move(second), {}, {point(1, 1, true)});
  };
  const auto good = decoder(decoded, {{0, 0, 9, 9}}, {1});
  const auto small = std::make_shared<FakeNet>([](const auto&) {
    return std::vector<Tensor>{filled({1, 3, 8, 8}, 0)};
  });
  CHECK_THROWS_WITH_AS(segmenter(small, good).segment(request), doctest::Contains("encoder gave 1x3x8x8"), ItemError);
  CHECK_THROWS_WITH_AS(segmenter(encoder(encoded), small).segment(request), doctest::Contains("decoder gave 1x3x8x8"),
                       ItemError);
  const auto broken = decoder(decoded, {{0, 0, 9, 9}}, {std::numeric_limits<float>::quiet_NaN()});
  CHECK_THROWS_WITH_AS(segmenter(encoder(encoded), broken).segment(request), doctest::Contains("NaN"), ItemError);

  CHECK_THROWS_AS(segmenter(encoder(encoded), good).segment({request.image, Mask(64, 64)}), std::invalid_argument);
  CHECK_THROWS_WITH_AS(PromptSegmenter(sam_card(), nullptr, nullptr, {}, {}), doctest::Contains("--box"), SpecError);
  CHECK_THROWS_WITH_AS(PromptSegmenter(sam_card(), encoder(encoded), good, box(70, 0, 5, 5), {}).segment(request),
                       doctest::Contains("covers no pixel"), ItemError);
  Card stretched = sam_card();
  stretched.input.resize = "stretch";
  CHECK_THROWS_WITH_AS(SegmentAnything(stretched, nullptr, nullptr), doctest::Contains("fit"), SpecError);
  Card plain = sam_card();
  plain.family = "plain";
  CHECK_THROWS_WITH_AS(SegmentAnything(plain, nullptr, nullptr), doctest::Contains("segment-anything"), SpecError);
}
