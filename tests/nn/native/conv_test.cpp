#include <doctest/doctest.h>

#include "naive.h"
#include "nn/native/graph.h"

using namespace inpaint;
using namespace inpaint::native;
using namespace inpaint::test;

namespace inpaint::test {

std::vector<EngineOptions> every_engine() {
  std::vector<EngineOptions> all;
  for (const InstructionSet set : {InstructionSet::portable, InstructionSet::avx2, InstructionSet::avx512}) {
#if defined(__x86_64__)
    if (set == InstructionSet::avx2 && !__builtin_cpu_supports("fma")) continue;
    if (set == InstructionSet::avx512 && !__builtin_cpu_supports("avx512dq")) continue;
#else
    if (set != InstructionSet::portable) continue;
#endif
    for (const Algorithm algorithm : {Algorithm::direct, Algorithm::winograd}) all.push_back({set, algorithm});
  }
  return all;
}

}  // namespace inpaint::test

namespace {

struct Case {
  int batch, inputs, height, width, outputs, kernel_height, kernel_width;
  Conv2d how;
};

// Cuts the graph's input into a first layer that is blocked or planar as asked, so that every pair of layouts occurs.
double largest_difference(const Case& c, const EngineOptions& options) {
  const Tensor in = hashed_tensor({c.batch, c.inputs, c.height, c.width}, 1);
  const Tensor weight = hashed_tensor({c.outputs, c.inputs / c.how.groups, c.kernel_height, c.kernel_width}, 2);
  const Tensor bias = hashed_tensor({c.outputs}, 3);
  double worst = 0;
  for (const bool through_conv : {false, true}) {
    Graph graph;
    Value x = graph.input(c.inputs);
    Tensor given = in;
    if (through_conv) {
      Tensor identity = hashed_tensor({c.inputs, c.inputs, 1, 1}, 4);
      for (int64_t i = 0; i < identity.size(); ++i) identity.data()[i] = i % (c.inputs + 1) == 0 ? 1.0f : 0.0f;
      x = graph.conv2d(x, identity, {});
    }
    graph.output(graph.conv2d(x, weight, bias, c.how));
    const std::vector<Tensor> out = compile(std::move(graph), options)->run({given});
    worst = std::max(worst, difference(out.at(0), naive_conv(in, weight, bias, c.how)));
  }
  return worst;
}

void check(const Case& c) {
  CAPTURE(c.batch);
  CAPTURE(c.inputs);
  CAPTURE(c.outputs);
  CAPTURE(c.height);
  CAPTURE(c.width);
  CAPTURE(c.kernel_height);
  CAPTURE(c.how.stride[0]);
  CAPTURE(c.how.dilation[0]);
  // Rounding of a sum of products of numbers up to 1, taken one by one; Winograd's transforms lose most of a digit.
  const double terms = c.inputs / c.how.groups * c.kernel_height * c.kernel_width;
  const double rounding = 1e-6 + 1e-6 * std::sqrt(terms) + 5e-8 * terms;
  for (const EngineOptions& options : every_engine()) {
    CAPTURE(static_cast<int>(options.instructions));
    const bool winograd = options.algorithm == Algorithm::winograd;
    CAPTURE(winograd);
    CHECK(largest_difference(c, options) <= rounding * (winograd ? 6 : 1));
  }
}

}  // namespace

TEST_CASE("3 x 3 convolutions equal the definition at odd sizes and numbers of channels") {
  const int sizes[][2] = {{1, 1}, {1, 7}, {5, 3}, {8, 8}, {9, 30}, {17, 33}};
  for (const auto& [height, width] : sizes) {
    for (const auto& [inputs, outputs] : {std::pair{3, 16}, {16, 16}, {17, 33}, {32, 5}, {20, 64}, {1, 1}, {9, 40}}) {
      check({1, inputs, height, width, outputs, 3, 3, same_size(3)});
    }
  }
}

TEST_CASE("dilated convolutions equal the definition, also where they reach beyond the picture") {
  for (const int dilation : {2, 4, 8}) {
    for (const auto& [inputs, outputs] : {std::pair{16, 16}, {32, 48}, {3, 20}, {16, 1}}) {
      check({1, inputs, 6, 11, outputs, 3, 3, same_size(3, dilation)});
    }
  }
}

TEST_CASE("kernels of any size, strides and paddings equal the definition") {
  const Activation relu{Activation::Kind::relu};
  check({2, 32, 7, 9, 48, 1, 1, {}});
  check({1, 3, 40, 37, 32, 7, 7, {.stride = {2, 2}, .before = {3, 3}, .after = {3, 3}, .activation = relu}});
  check({1, 16, 23, 18, 20, 5, 5, {.stride = {2, 2}, .before = {2, 2}, .after = {2, 2}}});
  check({1, 16, 12, 13, 32, 3, 3, {.stride = {2, 2}, .before = {1, 1}, .after = {1, 1}, .activation = relu}});
  check({1, 16, 12, 13, 4, 3, 3, {.stride = {3, 2}, .before = {1, 1}, .after = {0, 2}}});
  check({1, 18, 10, 14, 16, 2, 5, {.stride = {1, 3}, .dilation = {3, 2}, .before = {0, 4}, .after = {2, 1}}});
  check({1, 16, 9, 9, 16, 1, 1, {.stride = {2, 2}}});
  check({1, 16, 9, 9, 16, 3, 3, {.before = {0, 0}, .after = {0, 0}}});
  check({1, 16, 9, 9, 16, 3, 3, {.before = {2, 0}, .after = {1, 2}}});
  check({1, 512, 5, 5, 64, 3, 3, same_size(3)});
  check({2, 176, 13, 18, 170, 3, 3, same_size(3, 1, relu)});  // so heavy that Winograd goes phase by phase
}

TEST_CASE("5 x 5 convolutions of stride 2, which are four of even and odd pixels, equal the definition") {
  const Conv2d how{.stride = {2, 2}, .before = {2, 2}, .after = {2, 2}};
  for (const auto& [height, width] : {std::pair{1, 1}, {2, 9}, {16, 16}, {23, 34}, {40, 17}}) {
    for (const auto& [inputs, outputs] : {std::pair{16, 16}, {32, 48}, {20, 33}, {3, 16}, {16, 5}}) {
      check({2, inputs, height, width, outputs, 5, 5, how});
    }
  }
  check({1, 16, 23, 18, 20, 5, 5, {.stride = {2, 2}, .before = {2, 2}, .after = {1, 1}}});
  check({1, 16, 23, 18, 20, 5, 5, {.stride = {2, 2}, .before = {1, 2}, .after = {2, 2}}});
  check({1, 64, 40, 40, 160, 5, 5, how});  // in phases: all tiles are transformed first
}

TEST_CASE("grouped convolutions equal the definition") {
  Conv2d how = same_size(3);
  for (const int groups : {2, 4, 24}) {
    how.groups = groups;
    check({2, 24, 9, 21, 48, 3, 3, how});
  }
}

TEST_CASE("batches equal the definition") {
  check({3, 16, 9, 10, 32, 3, 3, same_size(3)});
  check({2, 3, 9, 70, 16, 3, 3, same_size(3)});
  check({2, 16, 9, 70, 2, 3, 3, same_size(3)});
}

TEST_CASE("activations follow the bias") {
  for (const auto kind : {Activation::Kind::relu, Activation::Kind::leaky_relu, Activation::Kind::sigmoid}) {
    for (const int outputs : {3, 40}) {
      check({1, 16, 9, 10, outputs, 3, 3, same_size(3, 1, {kind, 0.2f})});
    }
  }
}

TEST_CASE("a scale per output multiplies what the bias is added to") {
  const Tensor in = hashed_tensor({1, 16, 9, 9}, 1), weight = hashed_tensor({20, 16, 3, 3}, 2);
  const Tensor bias = hashed_tensor({20}, 3), scale = hashed_tensor({20}, 4);
  Tensor expected = naive_conv(in, weight, {}, same_size(3));
  each(expected, [&](int64_t n, int64_t c, int64_t y, int64_t x) {
    at(expected, n, c, y, x) = at(expected, n, c, y, x) * scale.data()[c] + bias.data()[c];
  });
  for (const EngineOptions& options : every_engine()) {
    Graph graph;
    graph.output(graph.conv2d(graph.input(16), weight, bias, same_size(3), scale));
    CHECK(difference(compile(std::move(graph), options)->run({in}).at(0), expected) < 5e-5);
  }
}
