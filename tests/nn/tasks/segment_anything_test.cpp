#include "nn/tasks/segment_anything.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <opencv2/core.hpp>
#include <stdexcept>

#include "core/error.h"
#include "nn/tasks/fake_net.h"

using namespace inpaint;
using namespace inpaint::test;

namespace {

// As the official script exports the encoder: 1 x 3 x N x N, normalised outside.
Card official_card(const std::string& size = "1024") {
  Card card;
  card.name = "fake-sam";
  card.family = "segment-anything";
  card.input.size = size;
  card.input.resize = "fit";
  card.input.divide = "1";
  card.input.mean = {123.675, 116.28, 103.53};
  card.input.std = {58.395, 57.12, 57.375};
  card.output.kind = "masks";
  return card;
}

Image plain(int width, int height) { return Image(cv::Mat(height, width, CV_8UC3, cv::Scalar(200, 100, 50))); }

std::vector<float> values_of(const Tensor& tensor) { return {tensor.values().begin(), tensor.values().end()}; }

// An embedding of 2 channels on side x side; the decoder is to get it unchanged.
Tensor embedding_of(int64_t side) {
  Tensor embedding({1, 2, side, side});
  for (int64_t i = 0; i < embedding.size(); ++i) embedding.data()[i] = static_cast<float>(i % 97);
  return embedding;
}

using Logit = std::function<float(int64_t mask, int64_t y, int64_t x)>;

// Both networks; what they were given is kept.
struct FakeSam {
  explicit FakeSam(int64_t frame, std::vector<float> scores, const Logit& logit) {
    encoder = std::make_shared<FakeNet>([this, frame](const std::vector<Tensor>& inputs) {
      ++encoded;
      picture = inputs;
      return std::vector<Tensor>{embedding_of(frame / 16)};
    });
    decoder = std::make_shared<FakeNet>([this, frame, scores, logit](const std::vector<Tensor>& inputs) {
      prompts.push_back(inputs);
      const int64_t side = frame / 4, count = static_cast<int64_t>(scores.size());
      Tensor full({1, count, frame, frame}), low({1, count, side, side}), iou({1, count});
      std::fill_n(full.data(), full.size(), -1.0F);
      for (int64_t m = 0; m < count; ++m) {
        iou.data()[m] = scores[static_cast<size_t>(m)];
        for (int64_t y = 0; y < side; ++y) {
          for (int64_t x = 0; x < side; ++x) low.data()[(m * side + y) * side + x] = logit(m, y, x);
        }
      }
      return std::vector<Tensor>{full, iou, low};
    });
  }

  PromptSegmenter segmenter(const Card& card, const std::string& box, const std::vector<std::string>& points) const {
    std::vector<PointText> read;
    for (const std::string& point : points) read.push_back(Codec<PointText>::parse(point));
    return {card, encoder, decoder, box.empty() ? std::nullopt : std::optional(Codec<BoxText>::parse(box)), read};
  }

  int encoded = 0;
  std::vector<Tensor> picture;
  std::vector<std::vector<Tensor>> prompts;
  std::shared_ptr<const Net> encoder, decoder;
};

float everywhere(int64_t, int64_t, int64_t) { return 1; }

// One axis of a bilinear resize with pixel centres at halves (align_corners = false), by its definition.
double sampled(const std::vector<double>& values, double at) {
  const double last = static_cast<double>(values.size() - 1);
  const double place = std::clamp(at, 0.0, last);
  const auto left = static_cast<size_t>(place);
  const size_t right = std::min(left + 1, values.size() - 1);
  const double share = place - static_cast<double>(left);
  return values[left] * (1 - share) + values[right] * share;
}

std::vector<double> resized_line(const std::vector<double>& from, size_t size) {
  std::vector<double> to(size);
  const double scale = static_cast<double>(from.size()) / static_cast<double>(size);
  for (size_t i = 0; i < size; ++i) to[i] = sampled(from, (static_cast<double>(i) + 0.5) * scale - 0.5);
  return to;
}

}  // namespace

TEST_CASE("the official files get the picture in a padded square, points and the padding point in its frame") {
  FakeSam sam(1024, {0.75F}, everywhere);
  const FoundMask found = sam.segmenter(official_card(), "", {"50,25", "10%,50%,0"}).segment({plain(200, 100), {}});
  REQUIRE(sam.picture.size() == 1);
  const Tensor& picture = sam.picture[0];
  REQUIRE(picture.shape() == std::vector<int64_t>{1, 3, 1024, 1024});
  const auto at = [&](int64_t c, int64_t y, int64_t x) { return picture.data()[(c * 1024 + y) * 1024 + x]; };
  CHECK(at(0, 0, 0) == doctest::Approx((200 - 123.675) / 58.395));
  CHECK(at(1, 511, 1023) == doctest::Approx((100 - 116.28) / 57.12));
  CHECK(at(2, 300, 700) == doctest::Approx((50 - 103.53) / 57.375));
  CHECK(at(0, 512, 0) == 0);
  CHECK(at(2, 1023, 1023) == 0);

  REQUIRE(sam.prompts.size() == 1);
  const std::vector<Tensor>& inputs = sam.prompts[0];
  REQUIRE(inputs.size() == 6);
  CHECK(values_of(inputs[0]) == values_of(embedding_of(64)));
  CHECK(inputs[1].shape() == std::vector<int64_t>{1, 3, 2});
  CHECK(values_of(inputs[1]) == std::vector<float>{256, 128, 102.4F, 256, 0, 0});
  CHECK(inputs[2].shape() == std::vector<int64_t>{1, 3});
  CHECK(values_of(inputs[2]) == std::vector<float>{1, 0, -1});
  CHECK(inputs[3].shape() == std::vector<int64_t>{1, 1, 256, 256});
  CHECK(std::all_of(inputs[3].values().begin(), inputs[3].values().end(), [](float v) { return v == 0; }));
  CHECK(inputs[4].shape() == std::vector<int64_t>{1});
  CHECK(values_of(inputs[4]) == std::vector<float>{0});
  CHECK(values_of(inputs[5]) == std::vector<float>{1024, 1024});

  CHECK(found.mask.width() == 200);
  CHECK(found.mask.height() == 100);
  CHECK(found.mask.coverage() == 1);
  CHECK(found.confidence.value() == doctest::Approx(0.75));
}

TEST_CASE("a box gives two corners after the points, cut to the picture, and no padding point") {
  FakeSam sam(64, {0.5F}, everywhere);
  sam.segmenter(official_card("64"), "20,10,50,40", {"30,20"}).segment({plain(128, 64), {}});
  CHECK(values_of(sam.prompts[0][1]) == std::vector<float>{15, 10, 10, 5, 35, 25});
  CHECK(values_of(sam.prompts[0][2]) == std::vector<float>{1, 2, 3});
  sam.segmenter(official_card("64"), "50%,50%,100%,25%", {}).segment({plain(128, 64), {}});
  CHECK(values_of(sam.prompts[1][1]) == std::vector<float>{32, 16, 64, 24});
  CHECK(values_of(sam.prompts[1][2]) == std::vector<float>{2, 3});
}

TEST_CASE("rembg's files get raw values without a batch axis, in a frame as wide as the longest side") {
  Card card = official_card("64x44");
  card.input.layout = "nhwc";
  card.input.mean = {0, 0, 0};
  card.input.std = {1, 1, 1};
  FakeSam sam(64, {0.5F}, everywhere);
  // Portrait: 88 x 176 fits into 64 x 44 as 22 x 44.
  const FoundMask found = sam.segmenter(card, "", {"44,88"}).segment({plain(88, 176), {}});
  const Tensor& picture = sam.picture[0];
  REQUIRE(picture.shape() == std::vector<int64_t>{44, 64, 3});
  const auto at = [&](int64_t y, int64_t x, int64_t c) { return picture.data()[(y * 64 + x) * 3 + c]; };
  CHECK(at(0, 0, 0) == 200);
  CHECK(at(43, 21, 2) == 50);
  CHECK(at(43, 22, 0) == 0);
  CHECK(values_of(sam.prompts[0][1]) == std::vector<float>{11, 22, 0, 0});
  CHECK(values_of(sam.prompts[0][5]) == std::vector<float>{44, 64});
  CHECK(found.mask.width() == 88);
  CHECK(found.mask.height() == 176);
}

TEST_CASE("the cards that ship feed the encoder with 684 x 1024 raw values") {
  for (const Card& card : shipped_cards()) {
    if (card.family != "segment-anything") continue;
    CAPTURE(card.name);
    FakeSam sam(1024, {0.5F}, everywhere);
    sam.segmenter(card, "", {"100,50"}).segment({plain(512, 342), {}});
    CHECK(sam.picture[0].shape() == std::vector<int64_t>{684, 1024, 3});
    CHECK(sam.picture[0].data()[0] == 200);
    CHECK(values_of(sam.prompts[0][1]) == std::vector<float>{200, 100, 0, 0});
  }
}

TEST_CASE("low-resolution logits go to the frame, lose its padding, then go to the picture") {
  // Product of two lines, so that each axis can be worked out by itself; 16 x 16 -> 64 x 64 -> 64 x 32 -> 200 x 100.
  std::vector<double> across(16), down(16);
  for (size_t i = 0; i < 16; ++i) {
    across[i] = std::sin(static_cast<double>(i) * 0.9 + 0.3);
    down[i] = std::cos(static_cast<double>(i) * 0.7);
  }
  FakeSam sam(64, {0.5F}, [&](int64_t, int64_t y, int64_t x) {
    return static_cast<float>(across[static_cast<size_t>(x)] * down[static_cast<size_t>(y)]);
  });
  const FoundMask found = sam.segmenter(official_card("64"), "", {"1,1"}).segment({plain(200, 100), {}});
  std::vector<double> rows = resized_line(down, 64);
  rows.resize(32);
  rows = resized_line(rows, 100);
  const std::vector<double> columns = resized_line(resized_line(across, 64), 200);
  int wrong = 0, selected = 0;
  for (int y = 0; y < 100; ++y) {
    for (int x = 0; x < 200; ++x) {
      const double value = rows[static_cast<size_t>(y)] * columns[static_cast<size_t>(x)];
      const bool white = found.mask.values().at<uint8_t>(y, x) == 255;
      selected += white ? 1 : 0;
      if (std::abs(value) > 1e-4) wrong += white == (value > 0) ? 0 : 1;
    }
  }
  CHECK(wrong == 0);
  CHECK(selected > 5000);
  CHECK(selected < 15000);
}

TEST_CASE("the best of several masks is chosen; of four, the first is for clear prompts") {
  // Mask m selects the quarter m of the rows.
  const Logit quarters = [](int64_t m, int64_t y, int64_t) { return y / 4 == m ? 1.0F : -1.0F; };
  const auto quarter = [&](const std::vector<float>& scores, const std::string& box,
                           const std::vector<std::string>& points) {
    FakeSam sam(64, scores, quarters);
    const FoundMask found = sam.segmenter(official_card("64"), box, points).segment({plain(64, 64), {}});
    int best = -1;
    for (int q = 0; q < 4; ++q) {
      if (found.mask.values().at<uint8_t>(16 * q + 8, 32) == 255) best = best == -1 ? q : 9;
    }
    return std::pair(best, *found.confidence);
  };
  CHECK(quarter({0.2F, 0.9F, 0.5F}, "", {"1,1"}) == std::pair(1, double{0.9F}));
  CHECK(quarter({0.9F, 0.2F, 0.5F}, "1,1,9,9", {}) == std::pair(0, double{0.9F}));
  CHECK(quarter({0.9F, 0.2F, 0.5F, 0.4F}, "", {"1,1"}) == std::pair(2, double{0.5F}));
  CHECK(quarter({0.1F, 0.2F, 0.5F, 0.4F}, "", {"1,1", "2,2"}) == std::pair(0, double{0.1F}));
  CHECK(quarter({0.1F, 0.2F, 0.5F, 0.4F}, "1,1,9,9", {}) == std::pair(0, double{0.1F}));
  CHECK(quarter({1.25F}, "", {"1,1"}).second == 1);
  CHECK(quarter({-0.25F}, "", {"1,1"}).second == 0);
}

TEST_CASE("the decoder's inputs come in the order of the card") {
  const std::string text =
      "name: x\ntasks: [segment]\ndriver: onnx\nfamily: segment-anything\n"
      "files:\n  - {role: encoder, name: a.onnx}\n  - {role: decoder, name: b.onnx}\n"
      "input: {size: 64, resize: fit}\noutput: {kind: masks}\n";
  const Card card =
      read_card(text + "decoder: {inputs: [point_labels, orig_im_size, point_coords, image_embeddings]}\n", "x.yaml");
  CHECK(read_card(text, "x.yaml").decoder_inputs.size() == 6);
  CHECK_THROWS_AS(read_card(text + "decoder: {inputs: [point_coords, image_embeddings]}\n", "x.yaml"), SpecError);
  CHECK_THROWS_AS(read_card(text + "decoder: {inputs: [points]}\n", "x.yaml"), SpecError);
  FakeSam sam(64, {0.5F}, everywhere);
  sam.segmenter(card, "", {"2,3"}).segment({plain(64, 64), {}});
  const std::vector<Tensor>& inputs = sam.prompts[0];
  REQUIRE(inputs.size() == 4);
  CHECK(values_of(inputs[0]) == std::vector<float>{1, -1});
  CHECK(values_of(inputs[1]) == std::vector<float>{64, 64});
  CHECK(values_of(inputs[2]) == std::vector<float>{2, 3, 0, 0});
  CHECK(inputs[3].shape() == std::vector<int64_t>{1, 2, 4, 4});
}

TEST_CASE("several boxes share one embedding; their masks unite, the least sure is told") {
  int call = 0;
  FakeSam sam(64, {0.5F}, everywhere);
  // Answers the left half to the first prompt, the top half to the second.
  sam.decoder = std::make_shared<FakeNet>([&](const std::vector<Tensor>& inputs) {
    sam.prompts.push_back(inputs);
    Tensor low({1, 1, 16, 16}), iou({1, 1});
    for (int64_t y = 0; y < 16; ++y) {
      for (int64_t x = 0; x < 16; ++x) low.data()[y * 16 + x] = (call == 0 ? x : y) < 8 ? 1.0F : -1.0F;
    }
    iou.data()[0] = call++ == 0 ? 0.6F : 0.8F;
    return std::vector<Tensor>{low, iou};  // without the full masks, in another order
  });
  const PromptSegmenter segmenter = sam.segmenter(official_card("64"), "", {});
  const FoundMask found = segmenter.segment_boxes(plain(128, 128), {{0, 0, 64, 128}, {0, 0, 128, 64}});
  CHECK(sam.encoded == 1);
  REQUIRE(sam.prompts.size() == 2);
  CHECK(values_of(sam.prompts[0][1]) == std::vector<float>{0, 0, 32, 64});
  CHECK(values_of(sam.prompts[1][1]) == std::vector<float>{0, 0, 64, 32});
  CHECK(found.mask.coverage() == doctest::Approx(0.75));
  CHECK(found.mask.values().at<uint8_t>(100, 100) == 0);
  CHECK(found.confidence.value() == doctest::Approx(0.6));

  const FoundMask none = segmenter.segment_boxes(plain(128, 128), {});
  CHECK(none.mask.width() == 128);
  CHECK(none.mask.coverage() == 0);
  CHECK(!none.confidence);
  CHECK(sam.encoded == 1);
}

TEST_CASE("wrong cards, requests and outputs of prompts are refused") {
  const FakeSam sam(64, {0.5F}, everywhere);
  Card plain_family = official_card("64"), stretched = official_card("64"), free = official_card("free");
  plain_family.family = "plain";
  stretched.input.resize = "stretch";
  for (const Card& card : {plain_family, stretched, free}) CHECK_THROWS_AS(sam.segmenter(card, "", {"1,1"}), SpecError);
  const Image image = plain(64, 64);
  CHECK_THROWS_AS(sam.segmenter(official_card("64"), "", {}).segment({image, {}}), std::invalid_argument);
  CHECK_THROWS_AS(sam.segmenter(official_card("64"), "", {"1,1"}).segment({image, Mask(64, 64)}),
                  std::invalid_argument);

  const auto failure = [&](const Card& card, const FakeSam& networks) -> std::string {
    try {
      networks.segmenter(card, "", {"1,1"}).segment({image, {}});
    } catch (const ItemError& error) {
      return error.what();
    }
    return "";
  };
  const FakeSam other(128, {0.5F}, everywhere);  // files of another frame
  CHECK(failure(official_card("64"), other).find("1x256x4x4") != std::string::npos);
  FakeSam mixed(64, {0.5F}, everywhere);
  mixed.decoder = other.decoder;
  CHECK(failure(official_card("64"), mixed).find("low_res_masks 1xMx16x16") != std::string::npos);
  const FakeSam broken(64, {0.5F}, [](int64_t, int64_t, int64_t) { return std::numeric_limits<float>::quiet_NaN(); });
  CHECK(failure(official_card("64"), broken).find("not finite") != std::string::npos);
  FakeSam silent(64, {0.5F}, everywhere);
  silent.encoder = std::make_shared<FakeNet>([](const std::vector<Tensor>&) { return std::vector<Tensor>{}; });
  CHECK(failure(official_card("64"), silent).find("the encoder gave nothing") != std::string::npos);
}
