#include "nn/tasks/net_inpainter.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

#include "core/error.h"
#include "drawing.h"
#include "nn/tasks/fake_net.h"

using namespace inpaint;
using namespace inpaint::test;

namespace {

Mask with_boxes(const Image& image, const std::vector<cv::Rect>& boxes, int value = 255) {
  cv::Mat values(image.height(), image.width(), CV_8U, cv::Scalar(0));
  for (const cv::Rect& box : boxes) values(box).setTo(value);
  return Mask(values);
}

FillRequest request_of(const Image& image, const Mask& hole) { return {image, hole, {}, 0, {}}; }

struct Run {
  FillResult result;
  std::vector<std::vector<int64_t>> shapes;
};

Run run(const Card& card, const FakeNet::Answer& answer, const Image& image, const Mask& hole,
        const LargeOptions& options = {}, Device device = {Device::Kind::cpu, 0}) {
  const auto net = std::make_shared<FakeNet>(answer, device);
  const NetInpainter inpainter(card, net, options);
  return {inpainter.fill(request_of(image, hole)), net->shapes()};
}

void check_known(const Image& before, const Image& after, const Mask& hole) {
  REQUIRE(after.pixels().type() == before.pixels().type());
  REQUIRE(after.pixels().size() == before.pixels().size());
  CHECK(cv::norm(before.pixels(), after.pixels(), cv::NORM_INF, hole.values() == 0) == 0);
  CHECK(identical(before.alpha(), after.alpha()));
}

int64_t fed_pixels(const std::vector<std::vector<int64_t>>& shapes) {
  int64_t pixels = 0;
  for (const auto& shape : shapes) pixels += shape[0] * shape[2] * shape[3];
  return pixels;
}

// Every pixel of the hole has this colour, to within `tolerance`.
void check_colour(const Image& image, const Mask& hole, cv::Scalar colour, double tolerance = 0) {
  cv::Mat rgb = image.pixels();
  if (image.has_alpha()) cv::cvtColor(rgb, rgb, cv::COLOR_RGBA2RGB);
  cv::Mat differs;
  cv::absdiff(rgb, colour, differs);
  CHECK(cv::norm(differs, cv::NORM_INF, hole.values() == 255) <= tolerance);
}

// Linear in x and y, 16-bit.
Image ramp(int width, int height) {
  cv::Mat pixels(height, width, CV_16UC3);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      pixels.at<cv::Vec3w>(y, x) =
          cv::Vec3w(static_cast<uint16_t>(5 * x), static_cast<uint16_t>(6 * y), static_cast<uint16_t>(3 * x + 2 * y));
    }
  }
  return Image(pixels);
}

const LargeOptions shrunk{"resize", 800, 128, 256};

}  // namespace

TEST_CASE("the hole gets the network's colours, everything else stays to the bit") {
  const Image image = painted_picture(90, 70);
  const Mask hole = with_boxes(image, {{20, 30, 25, 14}});
  const Run done = run(fill_card(), one_color(1, 0.6f, 0), image, hole);
  check_known(image, done.result.image, hole);
  check_colour(done.result.image, hole, {255, 153, 0});
  REQUIRE(done.result.holes.size() == 1);
  CHECK(done.result.holes[0].box == Box{20, 30, 45, 44});
  CHECK(done.result.holes[0].pixels == 25 * 14);
  CHECK(done.result.holes[0].method == "fake");
  CHECK(done.result.holes[0].reason.empty());
  CHECK(done.shapes == std::vector<std::vector<int64_t>>{{1, 3, 72, 96}});
}

TEST_CASE("depth, alpha and metadata are kept, whatever the strategy") {
  for (const LargeOptions& options : {LargeOptions{}, shrunk, LargeOptions{"original", 800, 128, 1280}}) {
    for (const bool wide : {false, true}) {
      const Image plain = wide ? painted_16_bit(900, 500) : painted_picture(900, 500);
      const Image image = with_painted_alpha(plain);
      const Mask hole = with_boxes(image, {{300, 100, 60, 90}});
      const Run done = run(fill_card(), one_color(0.2f, 0.4f, 0.8f), image, hole, options);
      check_known(image, done.result.image, hole);
      const double white = wide ? 65535 : 255;
      const cv::Rect inside(310, 110, 40, 70);  // an enlarged fill has the known colours at its rim
      const Mask core = with_boxes(image, {inside});
      check_colour(done.result.image, core, {0.2 * white, 0.4 * white, 0.8 * white});
    }
  }
}

TEST_CASE("soft mask values blend") {
  const Image image = flat_picture(40, 40, 100, 100, 100);
  cv::Mat values(40, 40, CV_8U, cv::Scalar(0));
  values(cv::Rect(10, 10, 10, 10)).setTo(255);
  values(cv::Rect(20, 10, 1, 10)).setTo(51);  // a fifth
  const Run done = run(fill_card(), one_color(1, 0, 0), image, Mask(values));
  CHECK(done.result.image.pixels().at<cv::Vec3b>(12, 12) == cv::Vec3b(255, 0, 0));
  CHECK(done.result.image.pixels().at<cv::Vec3b>(12, 20) == cv::Vec3b(131, 80, 80));
  CHECK(done.result.holes.at(0).pixels == 110);
  check_known(image, done.result.image, Mask(values));
}

TEST_CASE("16-bit fills have no 8-bit steps") {
  const Image image = painted_16_bit(64, 32);
  const Mask hole = with_boxes(image, {{8, 8, 40, 16}});
  const auto slope = [](const std::vector<Tensor>& inputs) {
    return painted(inputs, [](const Place& place) { return 0.3f + 1e-4f * static_cast<float>(place.x); });
  };
  const Run done = run(fill_card(), slope, image, hole);
  for (int x = 8; x < 48; ++x) {
    CHECK(done.result.image.pixels().at<cv::Vec3w>(10, x)[1] ==
          std::lround((0.3f + 1e-4f * static_cast<float>(x)) * 65535));
  }
}

TEST_CASE("grey stays grey") {
  const Image image(cv::Mat(20, 30, CV_8UC3, cv::Scalar::all(80)), nullptr, true);
  const Mask hole = with_boxes(image, {{5, 5, 10, 10}});
  const Run done = run(fill_card(), one_color(0.9f, 0.3f, 0), image, hole);
  CHECK(done.result.image.grey());
  check_colour(done.result.image, hole, {102, 102, 102});
}

TEST_CASE("an empty hole calls nothing and changes nothing") {
  const Image image = painted_picture(30, 20);
  const Run done = run(fill_card(), one_color(1, 0, 0), image, Mask(30, 20));
  CHECK(identical(done.result.image.pixels(), image.pixels()));
  CHECK(done.result.holes.empty());
  CHECK(done.shapes.empty());
}

TEST_CASE("holes in corners, along borders, and the whole picture") {
  const Image image = painted_picture(1400, 900);
  const std::vector<std::vector<cv::Rect>> cases = {{{0, 0, 30, 30}},
                                                    {{1370, 0, 30, 30}},
                                                    {{0, 870, 30, 30}},
                                                    {{1370, 870, 30, 30}},
                                                    {{0, 0, 30, 30}, {1370, 870, 30, 30}},
                                                    {{0, 400, 1400, 20}},
                                                    {{700, 0, 5, 900}},
                                                    {{0, 0, 1400, 900}}};
  Card fixed = fill_card(1);
  fixed.input.size = "512";
  for (const auto& boxes : cases) {
    const Mask hole = with_boxes(image, boxes);
    for (const Card& card : {fill_card(), fill_card(32), fixed}) {
      const Run done = run(card, one_color(0, 1, 0.2f), image, hole);
      check_known(image, done.result.image, hole);
      check_colour(done.result.image, hole, {0, 255, 51});
      CHECK(done.result.holes.size() == boxes.size());
    }
  }
}

TEST_CASE("any picture, hole, network size and options: known pixels stay, the hole is filled") {
  std::mt19937 random(7);
  const auto pick = [&](int low, int high) {
    return low + static_cast<int>(random() % static_cast<uint32_t>(high - low + 1));
  };
  for (int round = 0; round < 120; ++round) {
    CAPTURE(round);
    const int width = pick(1, 400), height = pick(1, 400);
    const Image image = round % 3 == 0 ? painted_16_bit(width, height) : painted_picture(width, height);
    cv::Mat values(height, width, CV_8U, cv::Scalar(0));
    for (int i = pick(1, 12); i > 0; --i) {
      const cv::Point centre(pick(0, width - 1), pick(0, height - 1));
      cv::ellipse(values, centre, {pick(0, 80), pick(0, 80)}, pick(0, 180), 0, 360, 255, cv::FILLED);
    }
    const Mask hole(values);
    Card card = fill_card(pick(1, 40), round % 2 == 0);
    if (round % 4 == 1) card.input.size = std::to_string(pick(64, 300)) + "x" + std::to_string(pick(64, 300));
    if (card.input.size != "free") card.input.modulus = 1;
    const LargeOptions options{round % 5 == 0 ? "original" : "crop", pick(1, 300), pick(0, 150), pick(64, 300)};
    const Run done = run(card, one_color(1, 0, 0.4f), image, hole, options);
    check_known(image, done.result.image, hole);
    // A fixed size that the picture does not fit is filled enlarged, with known colours at the rim.
    if (options.strategy == "original" && card.input.size != "free") continue;
    const double white = image.max_value();
    if (card.output.composited)
      check_colour(done.result.image, hole, {white, 0, 0.4 * white}, image.is_16_bit() ? 2 : 0);
  }
}

TEST_CASE("tiny pictures") {
  Card fixed = fill_card(1);
  fixed.input.size = "512";
  for (const auto& [width, height] : {std::pair{1, 1}, {5, 3}, {1, 40}, {40, 1}}) {
    const Image image = painted_picture(width, height);
    for (const Card& card : {fill_card(), fill_card(64, false), fixed}) {
      const Run all = run(card, one_color(0, 1, 0), image, full_mask(width, height));
      check_colour(all.result.image, full_mask(width, height), {0, 255, 0});
      const Mask dot = with_boxes(image, {{0, 0, 1, 1}});
      const Run one = run(card, one_color(0, 1, 0), image, dot);
      check_known(image, one.result.image, dot);
    }
  }
}

TEST_CASE("sides are multiples of the modulus") {
  const Image image = painted_picture(1511, 907);
  const Mask hole = with_boxes(image, {{3, 5, 100, 40}, {1400, 700, 111, 207}, {600, 400, 7, 300}});
  for (const int modulus : {1, 7, 8, 32, 100}) {
    const Run done = run(fill_card(modulus), one_color(1, 1, 0), image, hole);
    check_colour(done.result.image, hole, {255, 255, 0});
    for (const auto& shape : done.shapes) {
      CHECK(shape[2] % modulus == 0);
      CHECK(shape[3] % modulus == 0);
    }
  }
}

TEST_CASE("a network of one size gets just that, at the picture's own scale") {
  Card card = fill_card(1, false);
  card.input.size = "512";
  const Image large = painted_picture(1600, 1200);
  const Mask hole = with_boxes(large, {{700, 500, 300, 300}});
  const auto echo = [](const std::vector<Tensor>& inputs) { return std::vector<Tensor>{inputs[0]}; };
  const Run done = run(card, echo, large, hole);
  CHECK(done.shapes == std::vector<std::vector<int64_t>>{{1, 3, 512, 512}});
  CHECK(largest_difference(done.result.image.pixels(), large.pixels()) == 0);
  for (const auto& [width, height] : {std::pair{300, 200}, {600, 100}, {512, 512}}) {
    const Image image = painted_picture(width, height);
    const Run small = run(card, echo, image, with_boxes(image, {{20, 20, 50, 30}}));
    CHECK(small.shapes == std::vector<std::vector<int64_t>>{{1, 3, 512, 512}});
    CHECK(largest_difference(small.result.image.pixels(), image.pixels()) == 0);
  }
}

TEST_CASE("known planes and one tensor, as MI-GAN takes them") {
  Card card = fill_card(1, false);
  card.input.size = "512";
  card.input.tensors = {"known-half+known-image"};
  card.input.divide = "127.5";
  card.input.mean = {1, 1, 1};
  card.output.range = {-1, 1};
  const Image image = painted_picture(900, 700);
  const Mask hole = with_boxes(image, {{200, 200, 80, 80}});
  const auto answer = [](const std::vector<Tensor>& inputs) {
    const int64_t area = 512 * 512;
    Tensor out({1, 3, 512, 512});
    for (int64_t i = 0; i < 3 * area; ++i) {
      out.data()[i] = inputs[0].data()[i % area] < 0 ? 0.2f : inputs[0].data()[area + i];
    }
    return std::vector<Tensor>{out};
  };
  const Run done = run(card, answer, image, hole);
  CHECK(done.shapes == std::vector<std::vector<int64_t>>{{1, 4, 512, 512}});
  check_known(image, done.result.image, hole);
  check_colour(done.result.image, hole, {153, 153, 153});
}

TEST_CASE("one hole in a large photograph costs about one call of 512 x 512") {
  const Image image(cv::Mat(3000, 4000, CV_8UC3, cv::Scalar(10, 20, 30)));
  const Mask hole = with_boxes(image, {{2000, 1000, 300, 300}});
  const Run done = run(fill_card(), one_color(1, 1, 1), image, hole);
  CHECK(done.shapes == std::vector<std::vector<int64_t>>{{1, 3, 560, 560}});
  CHECK(fed_pixels(done.shapes) < 1.25 * 512 * 512);
  check_colour(done.result.image, hole, {255, 255, 255});
}

TEST_CASE("thousands of specks are filled in crops that share calls") {
  const Image image = painted_picture(2400, 1800);
  cv::Mat values(1800, 2400, CV_8U, cv::Scalar(0));
  std::mt19937 random(3);
  for (int i = 0; i < 4000; ++i) {
    values.at<uint8_t>(static_cast<int>(random() % 1800), static_cast<int>(random() % 2400)) = 255;
  }
  const Mask hole(values);
  const Run done = run(fill_card(), one_color(0, 0, 1), image, hole);
  check_known(image, done.result.image, hole);
  check_colour(done.result.image, hole, {0, 0, 255});
  CHECK(done.result.holes.size() > 3900);
  CHECK(fed_pixels(done.shapes) < int64_t{3} * 2400 * 1800);
  // On a GPU crops of one size go in one call.
  const Run on_gpu = run(fill_card(), one_color(0, 0, 1), image, hole, {"crop", 800, 16, 512}, {Device::Kind::cuda, 0});
  CHECK(identical(on_gpu.result.image.pixels(), done.result.image.pixels()));
  CHECK(on_gpu.shapes.size() <= 10);
  CHECK(std::ranges::any_of(on_gpu.shapes, [](const auto& shape) { return shape[0] > 1; }));
}

TEST_CASE("the three strategies: what the network is given") {
  const Image image = painted_picture(1000, 600);
  const Mask hole = with_boxes(image, {{400, 300, 20, 20}});
  const auto shapes = [&](const LargeOptions& options) {
    return run(fill_card(), one_color(1, 0, 0), image, hole, options).shapes;
  };
  using Shapes = std::vector<std::vector<int64_t>>;
  CHECK(shapes({"original", 800, 128, 1280}) == Shapes{{1, 3, 600, 1000}});
  CHECK(shapes({"original", 800, 128, 64}) == Shapes{{1, 3, 600, 1000}});
  CHECK(shapes({"resize", 800, 128, 1280}) == Shapes{{1, 3, 600, 1000}});
  CHECK(shapes({"resize", 800, 128, 500}) == Shapes{{1, 3, 304, 496}});
  CHECK(shapes({"crop", 800, 128, 1280}) == Shapes{{1, 3, 280, 280}});
  CHECK(shapes({"crop", 800, 200, 1280}) == Shapes{{1, 3, 424, 424}});
  CHECK(shapes({"crop", 1000, 128, 1280}) == Shapes{{1, 3, 600, 1000}});
}

TEST_CASE("options are read by IOPaint's names") {
  LargeOptions options;
  Fields fields;
  options.describe(fields);
  fields.set("hd-strategy", "resize", "--hd-strategy");
  fields.set("hd-trigger", "900", "--hd-trigger");
  fields.set("hd-margin", "64", "--hd-margin");
  fields.set("hd-limit", "2048", "--hd-limit");
  CHECK(options.strategy == "resize");
  CHECK(options.trigger == 900);
  CHECK(options.margin == 64);
  CHECK(options.limit == 2048);
  CHECK_THROWS_AS(fields.set("hd-strategy", "tile", "--hd-strategy"), SpecError);
  CHECK_THROWS_AS(fields.set("hd-limit", "10", "--hd-limit"), SpecError);
}

TEST_CASE("the same crop is filled alike wherever it lies") {
  const Image patch = painted_picture(700, 700, 5);
  // Depends on what is known and on where in the crop a pixel lies.
  const auto answer = [](const std::vector<Tensor>& inputs) {
    const Tensor& image = inputs[0];
    return painted(inputs, [&](const Place& place) {
      const int64_t x = (place.x * 3 + place.y) % image.extent(3);
      return (image.data()[x] + static_cast<float>(place.y) / static_cast<float>(image.extent(2))) / 2;
    });
  };
  cv::Mat first;
  for (const cv::Point at : {cv::Point(0, 0), cv::Point(713, 421), cv::Point(1300, 800)}) {
    cv::Mat pixels(1500, 2000, CV_8UC3, cv::Scalar(9, 9, 9));
    const cv::Rect place(at, cv::Size(700, 700));
    patch.pixels().copyTo(pixels(place));
    cv::Mat values(1500, 2000, CV_8U, cv::Scalar(0));
    for (const cv::Rect& box : {cv::Rect(300, 310, 70, 50), cv::Rect(420, 330, 5, 5), cv::Rect(250, 420, 100, 3)}) {
      values(box + at).setTo(255);
    }
    const Run done = run(fill_card(), answer, Image(pixels), Mask(values));
    const cv::Mat filled = done.result.image.pixels()(place).clone();
    if (first.empty()) first = filled;
    CHECK(identical(filled, first));
  }
}

TEST_CASE("a network that repaints everything is matched in tone") {
  const Image image = painted_picture(300, 200);
  const Mask hole = with_boxes(image, {{100, 60, 80, 70}});
  const auto darker = [](const std::vector<Tensor>& inputs) {
    Tensor out(inputs[0].shape());
    for (int64_t i = 0; i < out.size(); ++i) out.data()[i] = inputs[0].data()[i] * 0.9f + 0.01f;
    return std::vector<Tensor>{out};
  };
  const Run matched = run(fill_card(8, false), darker, image, hole);
  check_known(image, matched.result.image, hole);
  const Run as_it_came = run(fill_card(8, true), darker, image, hole);
  const auto error = [&](const Run& done) {
    return cv::norm(done.result.image.pixels(), image.pixels(), cv::NORM_L1, hole.values()) / (3.0 * 80 * 70);
  };
  CHECK(error(as_it_came) > 8);
  CHECK(error(matched) < 2.5);
}

TEST_CASE("holes larger than the network can look at are filled from coarse to fine") {
  const Image image = ramp(1600, 1200);
  const Mask hole = with_boxes(image, {{400, 300, 700, 600}});
  Card fixed = fill_card(1);
  fixed.input.size = "256";
  for (const Card& card : {fill_card(), fixed}) {
    const Run done = run(card, interpolated, image, hole, {"crop", 800, 64, 256});
    check_known(image, done.result.image, hole);
    for (const auto& shape : done.shapes) {
      CHECK(shape[2] <= 256);
      CHECK(shape[3] <= 256);
    }
    // A ramp is continued exactly at each scale, so that only sampling and rounding remain (in 65535ths).
    CHECK(largest_difference(done.result.image.pixels(), image.pixels()) < 60);
    CHECK(done.result.holes.at(0).reason.empty());
  }
}

TEST_CASE("what a fine view paints is kept, what the coarse one decides too") {
  // The coarse view (the first) is brighter than the fine ones, which have stripes that no coarser scale can hold.
  int calls = 0;
  const auto stripes = [&calls](const std::vector<Tensor>& inputs) {
    const float base = ++calls == 1 ? 0.52f : 0.5f, contrast = calls == 1 ? 0.0f : 0.1f;
    return painted(inputs, [=](const Place& place) { return base + (place.x % 2 == 0 ? contrast : -contrast); });
  };
  const Image image = flat_picture(1000, 1000, 128, 128, 128);
  const Mask hole = with_boxes(image, {{400, 400, 300, 300}});
  const Run done = run(fill_card(2), stripes, image, hole, {"crop", 800, 32, 280});
  const cv::Rect inner(440, 440, 220, 220);
  double even = 0, odd = 0;
  for (int x = inner.x; x < inner.x + inner.width; x += 2) {
    even += cv::mean(done.result.image.pixels()(inner).col(x - inner.x))[0] / (inner.width / 2);
    odd += cv::mean(done.result.image.pixels()(inner).col(x - inner.x + 1))[0] / (inner.width / 2);
  }
  CHECK((even + odd) / 2 == doctest::Approx(0.52 * 255).epsilon(0.003));
  CHECK(std::abs(even - odd) == doctest::Approx(0.2 * 255).epsilon(0.05));
}

TEST_CASE("too many crops for the memory: fewer at once, with the same result") {
  const Image image = painted_picture(3000, 700);
  const Mask hole = with_boxes(image, {{200, 200, 9, 9}, {900, 300, 9, 9}, {1900, 300, 9, 9}, {2600, 500, 9, 9}});
  const auto single = [](const std::vector<Tensor>& inputs) {
    if (inputs[0].extent(0) > 1) throw std::bad_alloc();
    return one_color(1, 0, 1)(inputs);
  };
  const auto net = std::make_shared<FakeNet>(single, Device{Device::Kind::cuda, 0});
  const NetInpainter inpainter(fill_card(), net);
  const FillResult result = inpainter.fill(request_of(image, hole));
  check_colour(result.image, hole, {255, 0, 255});
  CHECK(net->shapes().size() == 6);  // four, two, then one each
  CHECK(result.holes.at(0).reason.empty());
  inpainter.fill(request_of(image, hole));
  CHECK(net->shapes().size() == 10);  // what was found is remembered
}

TEST_CASE("too large a crop for the memory: smaller views, and the reason is told") {
  const Image image = painted_picture(1500, 1100);
  const Mask hole = with_boxes(image, {{400, 300, 600, 500}});
  const auto narrow = [](const std::vector<Tensor>& inputs) {
    if (inputs[0].extent(2) * inputs[0].extent(3) > 400 * 400) throw std::bad_alloc();
    return one_color(0, 1, 1)(inputs);
  };
  for (const char* strategy : {"crop", "original", "resize"}) {
    CAPTURE(strategy);
    const auto net = std::make_shared<FakeNet>(narrow);
    const NetInpainter inpainter(fill_card(), net, {strategy, 800, 128, 1280});
    for (int time = 0; time < 2; ++time) {
      const size_t before = net->shapes().size();
      const FillResult result = inpainter.fill(request_of(image, hole));
      check_known(image, result.image, hole);
      check_colour(result.image, with_boxes(image, {{410, 310, 580, 480}}), {0, 255, 255});
      REQUIRE(result.holes.size() == 1);
      CHECK(result.holes[0].reason.find("not enough memory for ") == 0);
      CHECK(result.holes[0].reason.find("views of up to ") != std::string::npos);
      const auto shapes = net->shapes();
      const auto too_large = [](const auto& shape) { return shape[2] * shape[3] > 400 * 400; };
      const auto failed = std::count_if(shapes.begin() + static_cast<ptrdiff_t>(before), shapes.end(), too_large);
      CHECK((failed > 0) == (time == 0));  // what was found is remembered
    }
  }
}

TEST_CASE("too little memory for anything fails the picture, not the run") {
  const Image image = painted_picture(900, 900);
  const Mask hole = with_boxes(image, {{400, 300, 60, 50}});
  const auto none = [](const std::vector<Tensor>&) -> std::vector<Tensor> { throw std::bad_alloc(); };
  CHECK_THROWS_WITH_AS(run(fill_card(), none, image, hole), doctest::Contains("not enough memory"), ItemError);
  Card fixed = fill_card(1);
  fixed.input.size = "512";
  CHECK_THROWS_WITH_AS(run(fixed, none, image, hole), doctest::Contains("the size it was made for"), ItemError);
}

TEST_CASE("a network that gives no numbers, or other shapes, fails the picture") {
  const Image image = painted_picture(100, 80);
  const Mask hole = with_boxes(image, {{40, 30, 6, 5}});
  const float nan = std::numeric_limits<float>::quiet_NaN();
  CHECK_THROWS_WITH_AS(run(fill_card(), one_color(nan, 0, 0), image, hole), doctest::Contains("not a number"),
                       ItemError);
  const auto half = [](const std::vector<Tensor>&) { return std::vector<Tensor>{Tensor({1, 3, 4, 4})}; };
  CHECK_THROWS_WITH_AS(run(fill_card(), half, image, hole), doctest::Contains("1x3x4x4; its card says 1x3x80x104"),
                       ItemError);
}

TEST_CASE("a network that corrects a fill is given one of each crop") {
  Card card = fill_card();
  card.input.tensors = {"image", "hole", "filled-image"};
  const auto net = std::make_shared<FakeNet>([](const std::vector<Tensor>& inputs) {
    return painted(inputs, [&](const Place& place) {
      const Tensor& filled = inputs.at(2);
      const int64_t plane = place.entry * 3 + place.channel;
      return filled.data()[(plane * filled.extent(2) + place.y) * filled.extent(3) + place.x];
    });
  });
  CHECK_THROWS_WITH_AS(NetInpainter(card, net), doctest::Contains("reads filled pictures"), SpecError);
  const Image image = painted_picture(900, 200);
  const Mask hole = with_boxes(image, {{20, 30, 25, 14}, {800, 30, 25, 14}});
  const auto blue = [](const Image& picture, const Mask& mask, int) {
    cv::Mat filled = picture.pixels().clone();
    filled.setTo(cv::Scalar(0, 0, 255), mask.values());
    return Image(filled);
  };
  const Image made = NetInpainter(card, net, {}, blue).fill(request_of(image, hole)).image;
  check_known(image, made, hole);
  check_colour(made, hole, {0, 0, 255});
}

TEST_CASE("asked wrongly") {
  Card card = fill_card();
  card.output.kind = "opacity";
  const auto net = std::make_shared<FakeNet>(one_color(0, 0, 0));
  CHECK_THROWS_WITH_AS(NetInpainter(card, net), doctest::Contains("cannot fill holes"), SpecError);
  const NetInpainter inpainter(fill_card(), net);
  const Image image = painted_picture(10, 10);
  CHECK_THROWS_AS(inpainter.fill(request_of(image, full_mask(9, 10))), std::invalid_argument);
  FillRequest request = request_of(image, full_mask(10, 10));
  request.search_area = full_mask(10, 10);
  CHECK_THROWS_AS(inpainter.fill(request), std::invalid_argument);
}
