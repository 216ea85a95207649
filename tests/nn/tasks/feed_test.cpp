#include "nn/tasks/feed.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "core/error.h"
#include "drawing.h"
#include "nn/tasks/resize_private.h"

using namespace inpaint;
using namespace inpaint::test;

namespace {

CardInput plain_input() {
  CardInput input;
  input.size = "free";
  return input;
}

float at(const Tensor& tensor, int64_t n, int64_t c, int64_t y, int64_t x) {
  return tensor.data()[((n * tensor.extent(1) + c) * tensor.extent(2) + y) * tensor.extent(3) + x];
}

Card card_of(const std::string& kind) {
  Card card;
  card.name = "fake";
  card.output.kind = kind;
  return card;
}

Fed fed_as(cv::Size size, cv::Size content, int64_t batch = 1) {
  return {{Tensor({batch, 3, size.height, size.width})}, size, content};
}

Tensor filled(std::vector<int64_t> shape, float value) {
  Tensor tensor(std::move(shape));
  std::fill_n(tensor.data(), tensor.size(), value);
  return tensor;
}

template <class Call>
std::string refusal(const Call& call) {
  try {
    call();
  } catch (const ItemError& error) {
    return error.what();
  } catch (const SpecError& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("sizes: free ones go up to the modulus, fixed ones stretch or fit") {
  CardInput input = plain_input();
  CHECK(fed_size(input, {13, 7}) == cv::Size(13, 7));
  input.modulus = 8;
  CHECK(fed_size(input, {13, 7}) == cv::Size(16, 16));
  CHECK(fed_size(input, {1, 17}) == cv::Size(16, 24));
  CHECK(content_size(input, {13, 7}) == cv::Size(13, 7));
  input.size = "320";
  CHECK(fed_size(input, {13, 7}) == cv::Size(320, 320));
  CHECK(content_size(input, {13, 7}) == cv::Size(320, 320));
  input.size = "64x32";
  input.resize = "fit";
  CHECK(fed_size(input, {100, 100}) == cv::Size(64, 32));
  CHECK(content_size(input, {100, 100}) == cv::Size(32, 32));
  CHECK(content_size(input, {1000, 1}) == cv::Size(64, 1));
  CHECK(content_size(input, {1, 1000}) == cv::Size(1, 32));
}

TEST_CASE("a card's input is checked, with card, key and what is expected") {
  Card card = card_of("colors");
  CHECK_NOTHROW(check_input(card));
  card.input.size = "320,320";
  CHECK(refusal([&] { check_input(card); }) == "model fake: input.size: '320,320'; expected free, N or WxH");
  card.input.size = "0";
  CHECK_THROWS_AS(check_input(card), SpecError);
  card.input.size = "free";
  card.input.tensors = {"image+holes"};
  CHECK(refusal([&] { check_input(card); }).find("'holes'") != std::string::npos);
  card.input.tensors = {"image", ""};
  CHECK_THROWS_AS(check_input(card), SpecError);
  card.input.tensors = {"image"};
  card.input.divide = "0";
  CHECK(refusal([&] { check_input(card); }).find("input.divide: '0'") != std::string::npos);
}

TEST_CASE("values are normalised per channel in the order they are fed") {
  CardInput input = plain_input();
  input.mean = {0.1, 0.2, 0.3};
  input.std = {0.5, 0.25, 2};
  const Image image = flat_picture(2, 1, 255, 51, 0);
  const Tensor rgb = feed(input, image).tensors.at(0);
  REQUIRE(rgb.shape() == std::vector<int64_t>{1, 3, 1, 2});
  CHECK(at(rgb, 0, 0, 0, 1) == doctest::Approx((1 - 0.1) / 0.5));
  CHECK(at(rgb, 0, 1, 0, 1) == doctest::Approx((0.2 - 0.2) / 0.25));
  CHECK(at(rgb, 0, 2, 0, 1) == doctest::Approx((0 - 0.3) / 2));
  input.colors = "bgr";
  const Tensor bgr = feed(input, image).tensors.at(0);
  CHECK(at(bgr, 0, 0, 0, 0) == doctest::Approx((0 - 0.1) / 0.5));
  CHECK(at(bgr, 0, 2, 0, 0) == doctest::Approx((1 - 0.3) / 2));
  input.layout = "nhwc";
  const Tensor last = feed(input, image).tensors.at(0);
  REQUIRE(last.shape() == std::vector<int64_t>{1, 1, 2, 3});
  CHECK(last.data()[3] == at(bgr, 0, 0, 0, 1));
  CHECK(last.data()[5] == at(bgr, 0, 2, 0, 1));
}

TEST_CASE("divided by the largest value, black pictures too") {
  CardInput input = plain_input();
  input.divide = "max";
  CHECK(at(feed(input, flat_picture(1, 1, 100, 50, 0)).tensors[0], 0, 1, 0, 0) == 0.5f);
  CHECK(at(feed(input, flat_picture(1, 1, 0, 0, 0)).tensors[0], 0, 0, 0, 0) == 0.0f);
}

TEST_CASE("16-bit pictures keep their precision, also when they shrink; alpha changes nothing") {
  CardInput input = plain_input();
  cv::Mat wide(1, 2, CV_16UC3, cv::Scalar(1000, 1001, 65535));
  wide.at<cv::Vec3w>(0, 1)[0] = 1001;
  const Tensor fed = feed(input, Image(wide)).tensors[0];
  CHECK(at(fed, 0, 0, 0, 0) == doctest::Approx(1000 / 65535.0).epsilon(1e-7));
  CHECK(at(fed, 0, 0, 0, 1) == doctest::Approx(1001 / 65535.0).epsilon(1e-7));
  CHECK(at(fed, 0, 2, 0, 0) == 1.0f);
  const Image painted = painted_16_bit(12, 9);
  const Tensor opaque = feed(input, painted).tensors[0], clear = feed(input, with_painted_alpha(painted)).tensors[0];
  CHECK(std::equal(opaque.values().begin(), opaque.values().end(), clear.values().begin()));
}

TEST_CASE("planes of the hole, and pictures without it") {
  CardInput input = plain_input();
  input.tensors = {"image", "hole", "known-half+known-image", "known"};
  input.divide = "127.5";
  input.mean = {1, 1, 1};
  const Fed fed = feed(input, flat_picture(3, 1, 255, 0, 255), drawn_mask({".1#"}));
  REQUIRE(fed.tensors.size() == 4);
  CHECK(fed.tensors[1].shape() == std::vector<int64_t>{1, 1, 1, 3});
  CHECK(fed.tensors[2].shape() == std::vector<int64_t>{1, 4, 1, 3});
  for (int64_t x = 0; x < 3; ++x) {
    const bool hole = x > 0;  // soft pixels are hole
    CHECK(at(fed.tensors[0], 0, 0, 0, x) == 1.0f);
    CHECK(at(fed.tensors[1], 0, 0, 0, x) == (hole ? 1.0f : 0.0f));
    CHECK(at(fed.tensors[2], 0, 0, 0, x) == (hole ? -0.5f : 0.5f));
    CHECK(at(fed.tensors[2], 0, 1, 0, x) == (hole ? 0.0f : 1.0f));
    CHECK(at(fed.tensors[2], 0, 2, 0, x) == (hole ? 0.0f : -1.0f));
    CHECK(at(fed.tensors[3], 0, 0, 0, x) == (hole ? 0.0f : 1.0f));
  }
}

TEST_CASE("padding mirrors what there is, however little") {
  CardInput input = plain_input();
  input.modulus = 4;  // twice that at least
  input.tensors = {"image", "hole"};
  cv::Mat row(1, 3, CV_8UC3);
  for (int x = 0; x < 3; ++x) row.at<cv::Vec3b>(0, x) = cv::Vec3b::all(static_cast<uint8_t>(50 * x));
  const Fed fed = feed(input, Image(row), drawn_mask({"..#"}));
  CHECK(fed.size == cv::Size(8, 8));
  CHECK(fed.content == cv::Size(3, 1));
  const int mirrored[8] = {0, 1, 2, 2, 1, 0, 0, 1};
  for (int64_t y = 0; y < 8; ++y) {
    for (int64_t x = 0; x < 8; ++x) {
      CHECK(at(fed.tensors[0], 0, 0, y, x) == doctest::Approx(50 * mirrored[x] / 255.0));
      CHECK(at(fed.tensors[1], 0, 0, y, x) == (mirrored[x] == 2 ? 1.0f : 0.0f));
    }
  }
  const Fed dot = feed(input, flat_picture(1, 1, 255, 255, 255), full_mask(1, 1));
  CHECK(at(dot.tensors[0], 0, 2, 7, 7) == 1.0f);
  CHECK(at(dot.tensors[1], 0, 0, 7, 7) == 1.0f);
}

TEST_CASE("what a fixed size leaves over is zero and known") {
  CardInput input = plain_input();
  input.size = "4";
  input.resize = "fit";
  input.mean = {0.5, 0.5, 0.5};
  input.tensors = {"image", "hole"};
  const Fed fed = feed(input, flat_picture(8, 4, 255, 255, 255), full_mask(8, 4));
  CHECK(fed.content == cv::Size(4, 2));
  CHECK(at(fed.tensors[0], 0, 0, 1, 3) == 0.5f);
  CHECK(at(fed.tensors[0], 0, 0, 2, 0) == 0.0f);
  CHECK(at(fed.tensors[1], 0, 0, 1, 3) == 1.0f);
  CHECK(at(fed.tensors[1], 0, 0, 2, 0) == 0.0f);
}

TEST_CASE("shrinking averages areas, growing is bilinear, each axis for itself") {
  cv::Mat stripes(2, 4, CV_8U);
  for (int x = 0; x < 4; ++x) stripes.col(x).setTo(x % 2 == 0 ? 0 : 200);
  const cv::Mat out = resized(stripes, {2, 4});
  REQUIRE(out.size() == cv::Size(2, 4));
  CHECK(cv::countNonZero(out != 100) == 0);
  cv::Mat ramp = (cv::Mat_<uint8_t>(1, 2) << 0, 100);
  CHECK(identical(resized(ramp, {4, 1}), (cv::Mat_<uint8_t>(1, 4) << 0, 25, 75, 100)));
}

TEST_CASE("a resized pixel is hole exactly if a hole pixel takes part in its colour") {
  for (const auto& [from, to] : {std::pair{37, 10}, {10, 37}, {16, 16}, {40, 20}, {1, 5}, {5, 1}, {20, 21}}) {
    CAPTURE(from);
    CAPTURE(to);
    for (int hole = 0; hole < from; ++hole) {
      cv::Mat mask(1, from, CV_8U, cv::Scalar(0)), other(from, 1, CV_8U, cv::Scalar(0));
      mask.at<uint8_t>(0, hole) = 1;
      other.at<uint8_t>(hole, 0) = 255;
      cv::Mat weight;
      mask.convertTo(weight, CV_32F);  // resized, it is positive exactly where the pixel takes part
      const cv::Mat expected = resized(weight, {to, 1}) > 1e-5, found = touched(mask, {to, 1}) > 0;
      CHECK(identical(found, expected));
      CHECK(identical(touched(other, {1, to}).t(), touched(mask, {to, 1})));
    }
  }
}

TEST_CASE("a batch holds what single pictures are fed as") {
  CardInput input = plain_input();
  input.tensors = {"image", "hole"};
  input.modulus = 4;
  input.divide = "max";
  const Image a = painted_picture(9, 6, 1), b = painted_picture(9, 6, 2);
  const Mask hole = full_mask(9, 6);
  const Fed both = feed_batch(input, {a, b}, {Mask{}, hole}), one = feed(input, b, hole);
  REQUIRE(both.tensors[0].shape() == std::vector<int64_t>{2, 3, 8, 12});
  for (size_t t = 0; t < 2; ++t) {
    const auto values = one.tensors[t].values();
    CHECK(std::equal(values.begin(), values.end(), both.tensors[t].data() + one.tensors[t].size()));
  }
  CHECK_THROWS_AS(feed_batch(input, {a, painted_picture(8, 6)}), std::invalid_argument);
  CHECK_THROWS_AS(feed_batch(input, {a, b}, {hole}), std::invalid_argument);
  CHECK_THROWS_AS(feed(input, a, full_mask(6, 9)), std::invalid_argument);
}

TEST_CASE("filled pictures are fed where a network reads them, normalised and padded like the others") {
  CardInput input = plain_input();
  input.tensors = {"known-image+known", "filled-image+filled-image-2"};
  input.modulus = 4;
  input.divide = "127.5";
  CHECK(fills_read(input) == 2);
  CHECK(fills_read(plain_input()) == 0);
  const Image image = flat_picture(9, 6, 255, 0, 255);
  const Image filled = flat_picture(9, 6, 51, 102, 204), other = flat_picture(9, 6, 0, 255, 51);
  const Fed fed = feed_batch(input, {image}, {full_mask(9, 6)}, {{filled}, {other}});
  REQUIRE(fed.tensors[1].shape() == std::vector<int64_t>{1, 6, 8, 12});
  const float expected[] = {0.4f, 0.8f, 1.6f, 0, 2, 0.4f};
  for (int64_t c = 0; c < 6; ++c) {
    if (c < 3) CHECK(at(fed.tensors[0], 0, c, 7, 11) == 0.0f);
    for (const int64_t x : {0, 8, 11}) CHECK(at(fed.tensors[1], 0, c, 7, x) == doctest::Approx(expected[c]));
  }
  CHECK_THROWS_AS(feed_batch(input, {image}, {full_mask(9, 6)}, {{filled}}), std::invalid_argument);
  CHECK_THROWS_AS(feed_batch(input, {image}, {full_mask(9, 6)}, {{filled}, {flat_picture(9, 7, 0, 0, 0)}}),
                  std::invalid_argument);
  CHECK_THROWS_AS(feed_batch(plain_input(), {image}, {}, {{filled}}), std::invalid_argument);
}

TEST_CASE("opacity comes back cut to the content, activated and stretched") {
  Card card = card_of("opacity");
  const Fed fed = fed_as({4, 4}, {3, 2});
  Tensor output = filled({1, 1, 4, 4}, 50);  // what lies in the padding must not count for the stretch
  for (int y = 0; y < 2; ++y) {
    for (int x = 0; x < 3; ++x) output.data()[4 * y + x] = static_cast<float>(x + y) / 10.0f;
  }
  const cv::Mat plain = matte_from(card, {output}, fed);
  REQUIRE(plain.size() == cv::Size(3, 2));
  CHECK(plain.at<float>(1, 2) == doctest::Approx(0.3));
  card.output.stretch = "min-max";
  CHECK(matte_from(card, {output}, fed).at<float>(1, 1) == doctest::Approx(2.0 / 3));
  card.output.activation = "sigmoid";
  card.output.stretch = "none";
  CHECK(matte_from(card, {output}, fed).at<float>(1, 2) == doctest::Approx(1 / (1 + std::exp(-0.3))));
  card.output = {};
  CHECK(matte_from(card, {filled({1, 1, 4, 4}, 2)}, fed).at<float>(0, 0) == 1.0f);
  CHECK(matte_from(card, {filled({1, 4, 4}, 0.5f)}, fed).at<float>(0, 0) == 0.5f);
  card.output.stretch = "min-max";
  CHECK(matte_from(card, {filled({1, 1, 4, 4}, 0.25f)}, fed).at<float>(0, 0) == 0.25f);
}

TEST_CASE("softmax goes over the planes, and large values do not overflow") {
  Card card = card_of("classes");
  card.output.activation = "softmax";
  Tensor output = filled({1, 2, 1, 1}, 1000);
  output.data()[1] = 1000 + std::log(3.0f);
  const std::vector<cv::Mat> planes = planes_from(card, {output}, fed_as({1, 1}, {1, 1}), 0);
  REQUIRE(planes.size() == 2);
  CHECK(planes[0].at<float>(0, 0) == doctest::Approx(0.25));
  CHECK(planes[1].at<float>(0, 0) == doctest::Approx(0.75));
}

TEST_CASE("colours come back as RGB between black and white") {
  Card card = card_of("colors");
  card.output.range = {-1, 1};
  Tensor output = filled({2, 3, 1, 1}, 0);
  output.data()[3] = -1;
  output.data()[4] = 0.5f;
  output.data()[5] = 3;
  const Fed fed = fed_as({1, 1}, {1, 1}, 2);
  CHECK(colors_from(card, {output}, fed, 0).at<cv::Vec3f>(0, 0) == cv::Vec3f(0.5f, 0.5f, 0.5f));
  CHECK(colors_from(card, {output}, fed, 1).at<cv::Vec3f>(0, 0) == cv::Vec3f(0, 0.75f, 1));
  card.input.colors = "bgr";
  CHECK(colors_from(card, {output}, fed, 1).at<cv::Vec3f>(0, 0) == cv::Vec3f(1, 0.75f, 0));
  card.input.layout = "nhwc";
  Tensor last = filled({1, 1, 2, 3}, 0);
  for (int i = 0; i < 6; ++i) last.data()[i] = static_cast<float>(i) / 5.0f;
  card.input.colors = "rgb";
  card.output.range = {0, 1};
  CHECK(colors_from(card, {last}, fed_as({2, 1}, {2, 1})).at<cv::Vec3f>(0, 1) == cv::Vec3f(0.6f, 0.8f, 1));
}

TEST_CASE("what a feed writes, colors_from reads back") {
  Card card = card_of("colors");
  card.input.modulus = 8;
  for (const char* layout : {"nchw", "nhwc"}) {
    for (const char* colors : {"rgb", "bgr"}) {
      card.input.layout = layout;
      card.input.colors = colors;
      const Image image = painted_picture(13, 9);
      const Fed fed = feed(card.input, image);
      cv::Mat back;
      colors_from(card, fed.tensors, fed).convertTo(back, CV_8U, 255);
      CHECK(identical(back, image.pixels()));
    }
  }
}

TEST_CASE("an output that is not what the card promises fails the picture with both shapes") {
  const Card card = card_of("colors");
  const Fed fed = fed_as({8, 6}, {8, 6});
  const std::string wrong = refusal([&] { colors_from(card, {filled({1, 3, 8, 6}, 0)}, fed); });
  CHECK(wrong.find("model fake: output 0 of the network is 1x3x8x6; its card says 1x3x6x8") == 0);
  CHECK(refusal([&] { colors_from(card, {filled({1, 1, 6, 8}, 0)}, fed); }).find("1x1x6x8") != std::string::npos);
  CHECK(refusal([&] { matte_from(card, {filled({6, 8}, 0)}, fed); }).find("is 6x8;") != std::string::npos);
  CHECK(refusal([&] { colors_from(card, {}, fed); }).find("gave 0 outputs") != std::string::npos);
}

TEST_CASE("values that are no numbers fail the picture with the model's name") {
  const Card card = card_of("colors");
  const Fed fed = fed_as({2, 2}, {2, 2});
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), -std::numeric_limits<float>::infinity()}) {
    Tensor output = filled({1, 3, 2, 2}, 0.5f);
    output.data()[11] = bad;
    const std::string message = refusal([&] { colors_from(card, {output}, fed); });
    CHECK(message.find("model fake: the network's output is not a number (NaN or infinite) in 1 of 12") == 0);
  }
}
