// What works pixel by pixel beside convolutions: scales, maps read at twice their size, shuffles.
#include <doctest/doctest.h>

#include <tuple>

#include "naive.h"
#include "nn/native/graph.h"

using namespace inpaint;
using namespace inpaint::native;
using namespace inpaint::test;

TEST_CASE("a convolution's result is scaled per pixel, and 0 where that is 0") {
  struct Case {
    int64_t inputs, outputs;
    Conv2d how;
    int64_t kernel, out_height, out_width;
  };
  Conv2d halving = same_size(5, 1, {Activation::Kind::relu});
  halving.stride[0] = halving.stride[1] = 2;
  const Conv2d leaky = same_size(3, 1, {Activation::Kind::leaky_relu, 0.2f});
  const Case cases[] = {{16, 32, leaky, 3, 9, 22}, {16, 5, leaky, 3, 9, 22},         {3, 24, halving, 5, 5, 11},
                        {3, 2, halving, 5, 5, 11}, {33, 16, same_size(3), 3, 9, 22}, {16, 48, {}, 1, 9, 22}};
  for (const Case& c : cases) {
    const Tensor in = hashed_tensor({2, c.inputs, 9, 22}, 1), bias = hashed_tensor({c.outputs}, 3);
    const Tensor weight = hashed_tensor({c.outputs, c.inputs, c.kernel, c.kernel}, 2);
    Tensor scale = hashed_tensor({2, 1, c.out_height, c.out_width}, 4);
    for (int64_t i = 0; i < scale.size(); ++i) scale.data()[i] = scale.data()[i] < 0 ? 0 : 1 + 3 * scale.data()[i];
    Conv2d linear = c.how;
    linear.activation = {};
    Tensor expected = naive_conv(in, weight, {}, linear);
    each(expected, [&](int64_t n, int64_t o, int64_t y, int64_t x) {
      const float s = at(scale, n, 0, y, x);
      at(expected, n, o, y, x) =
          activated(s == 0 ? 0.0f : s * at(expected, n, o, y, x) + bias.data()[o], c.how.activation);
    });
    for (const EngineOptions& options : every_engine()) {
      for (const bool blocked : {false, true}) {
        CAPTURE(c.inputs);
        CAPTURE(c.outputs);
        CAPTURE(blocked);
        Graph graph;
        const Value x = graph.input(static_cast<int>(c.inputs)), plane = graph.input(1);
        graph.output(graph.conv2d(blocked ? passed_through(graph, x) : x, weight, bias, c.how, {}, plane));
        CHECK(difference(compile(std::move(graph), options)->run({in, scale}).at(0), expected) < 3e-4);
      }
    }
  }
}

TEST_CASE("a pixel shuffle spreads four channels over 2 x 2 pixels, scaled and added to") {
  const Tensor scale = hashed_tensor({2, 1, 10, 14}, 2);
  for (const int64_t channels : {4, 12, 40}) {
    const Tensor in = hashed_tensor({2, channels, 5, 7}, 1), added = hashed_tensor({2, channels / 4, 10, 14}, 3);
    Tensor plain(added.shape()), whole(added.shape());
    each(plain, [&](int64_t n, int64_t c, int64_t y, int64_t x) {
      const float value = at(in, n, 4 * c + 2 * (y % 2) + x % 2, y / 2, x / 2);
      at(plain, n, c, y, x) = value;
      at(whole, n, c, y, x) = value * at(scale, n, 0, y, x) + at(added, n, c, y, x);
    });
    for (const bool blocked : {false, true}) {
      Graph graph;
      const Value given = graph.input(static_cast<int>(channels)), plane = graph.input(1);
      const Value other = graph.input(static_cast<int>(channels / 4));
      const Value x = blocked ? passed_through(graph, given) : given;
      graph.output(graph.pixel_shuffle(x));
      graph.output(graph.pixel_shuffle(x, plane, other));
      const std::vector<Tensor> out = compile(std::move(graph))->run({in, scale, added});
      CHECK(difference(out.at(0), plain) == 0);
      CHECK(difference(out.at(1), whole) < 1e-6);
    }
  }
  Graph graph;
  const Value x = graph.input(6);
  CHECK_THROWS_AS(graph.pixel_shuffle(x), std::invalid_argument);
}

TEST_CASE("a doubled map is read where it lies with the same result as when it is made") {
  const Tensor in = hashed_tensor({2, 32, 5, 7}, 1), skip = hashed_tensor({2, 19, 10, 14}, 2);
  const auto outputs = [&](int64_t count, int64_t kernel, const Conv2d& how, bool fused, const EngineOptions& options) {
    Graph graph;
    const Value x = graph.input(32), y = graph.input(19);
    const Value doubled = graph.resize(x, {.mode = Resize::Mode::nearest, .factor = {2, 2}});
    if (!fused) graph.output(doubled);  // someone else reads it
    graph.output(graph.conv2d(graph.concat({doubled, y}), hashed_tensor({count, 51, kernel, kernel}, 3), {}, how));
    const Value alone = graph.resize(x, {.mode = Resize::Mode::nearest, .factor = {2, 2}});
    if (!fused) graph.output(alone);
    graph.output(graph.conv2d(alone, hashed_tensor({count, 32, kernel, kernel}, 4), {}, how));
    std::vector<Tensor> results = compile(std::move(graph), options)->run({in, skip});
    if (!fused) results = {results.at(1), results.at(3)};
    return results;
  };
  Conv2d strided = same_size(3), wide = same_size(3);
  strided.stride[0] = strided.stride[1] = 2;
  wide.before[0] = wide.after[1] = 2;
  for (const EngineOptions& options : every_engine()) {
    for (const auto& [count, kernel, how] : {std::tuple{40, 3, same_size(3)},
                                             {3, 3, same_size(3)},
                                             {16, 5, same_size(5)},
                                             {16, 3, strided},
                                             {16, 3, wide},
                                             {16, 1, Conv2d{}}}) {
      CAPTURE(count);
      CAPTURE(kernel);
      const std::vector<Tensor> made = outputs(count, kernel, how, false, options);
      const std::vector<Tensor> read = outputs(count, kernel, how, true, options);
      CHECK(difference(made.at(0), read.at(0)) < 3e-4);
      CHECK(difference(made.at(1), read.at(1)) < 3e-4);
    }
  }
}
