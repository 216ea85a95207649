#include "nn/native/graph.h"

#include <doctest/doctest.h>

#include <fstream>
#include <thread>

#include "core/error.h"
#include "core/threads.h"
#include "naive.h"

using namespace inpaint;
using namespace inpaint::native;
using namespace inpaint::test;

namespace {

// The same operation on planar and on blocked maps, by every instruction set, against the expected values.
template <class Build>
void check_both_layouts(const Tensor& in, const Tensor& expected, double tolerance, Build build) {
  for (const EngineOptions& options : every_engine()) {
    for (const bool blocked : {false, true}) {
      CAPTURE(blocked);
      CAPTURE(static_cast<int>(options.instructions));
      Graph graph;
      Value x = graph.input(static_cast<int>(in.extent(1)));
      if (blocked) x = passed_through(graph, x);
      graph.output(build(graph, x));
      CHECK(difference(compile(std::move(graph), options)->run({in}).at(0), expected) <= tolerance);
    }
  }
}

Tensor naive_pool(const Tensor& in, const MaxPool& how, int64_t height, int64_t width) {
  Tensor out({in.extent(0), in.extent(1), height, width});
  each(out, [&](int64_t n, int64_t c, int64_t y, int64_t x) {
    float best = -std::numeric_limits<float>::infinity();
    for (int64_t iy = y * how.stride[0] - how.before[0]; iy < y * how.stride[0] - how.before[0] + how.kernel[0]; ++iy) {
      for (int64_t ix = x * how.stride[1] - how.before[1]; ix < x * how.stride[1] - how.before[1] + how.kernel[1];
           ++ix) {
        if (iy >= 0 && ix >= 0 && iy < in.extent(2) && ix < in.extent(3)) best = std::max(best, at(in, n, c, iy, ix));
      }
    }
    at(out, n, c, y, x) = best;
  });
  return out;
}

// Linear interpolation at a position given by `position(target, in extent, out extent)`.
template <class Position>
Tensor naive_resize(const Tensor& in, int64_t height, int64_t width, Position position) {
  Tensor out({in.extent(0), in.extent(1), height, width});
  each(out, [&](int64_t n, int64_t c, int64_t y, int64_t x) {
    const double sy = std::clamp(position(y, in.extent(2), height), 0.0, static_cast<double>(in.extent(2) - 1));
    const double sx = std::clamp(position(x, in.extent(3), width), 0.0, static_cast<double>(in.extent(3) - 1));
    double sum = 0;
    for (int64_t iy = 0; iy < in.extent(2); ++iy) {
      for (int64_t ix = 0; ix < in.extent(3); ++ix) {
        const double weight = std::max(0.0, 1 - std::abs(sy - static_cast<double>(iy))) *
                              std::max(0.0, 1 - std::abs(sx - static_cast<double>(ix)));
        sum += weight * static_cast<double>(at(in, n, c, iy, ix));
      }
    }
    at(out, n, c, y, x) = static_cast<float>(sum);
  });
  return out;
}

std::string item_error(const Net& net, const std::vector<Tensor>& inputs) {
  try {
    net.run(inputs);
  } catch (const ItemError& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("max pooling equals the definition, with a last window that sticks out") {
  const Tensor in = hashed_tensor({2, 20, 7, 33}, 1);
  const MaxPool halving{.ceil_mode = true}, floor{},
      three{.kernel = {3, 3}, .stride = {2, 2}, .before = {1, 1}, .after = {1, 1}};
  const MaxPool padded{.kernel = {3, 2}, .stride = {3, 3}, .before = {1, 1}, .after = {2, 1}, .ceil_mode = true};
  const auto check = [&](const MaxPool& how, int64_t height, int64_t width) {
    check_both_layouts(in, naive_pool(in, how, height, width), 0,
                       [&](Graph& graph, Value x) { return graph.max_pool(x, how); });
  };
  check(halving, 4, 17);
  check(floor, 3, 16);
  check(three, 4, 17);
  // Row windows would begin at -1, 2, 5 and 8, but the last one lies behind the picture.
  check(padded, 3, 12);
}

TEST_CASE("bilinear resizing has half-pixel centres, or corners that coincide") {
  const Tensor in = hashed_tensor({2, 20, 5, 9}, 1);
  const auto half_pixel = [](int64_t i, int64_t from, int64_t to) {
    return (static_cast<double>(i) + 0.5) * static_cast<double>(from) / static_cast<double>(to) - 0.5;
  };
  const auto corners = [](int64_t i, int64_t from, int64_t to) {
    return to == 1 ? 0.0 : static_cast<double>(i) * static_cast<double>(from - 1) / static_cast<double>(to - 1);
  };
  for (const auto& [height, width] : {std::pair{10, 18}, {9, 17}, {3, 4}, {1, 1}, {5, 9}, {23, 5}}) {
    check_both_layouts(in, naive_resize(in, height, width, half_pixel), 1e-6, [&](Graph& graph, Value x) {
      return graph.resize(x, {.size = {height, width}});
    });
    check_both_layouts(in, naive_resize(in, height, width, corners), 1e-6, [&](Graph& graph, Value x) {
      return graph.resize(x, {.mode = Resize::Mode::bilinear_corners, .size = {height, width}});
    });
  }
  check_both_layouts(in, naive_resize(in, 10, 27, half_pixel), 1e-6, [&](Graph& graph, Value x) {
    return graph.resize(x, {.factor = {2, 3}});
  });
}

TEST_CASE("nearest resizing takes the source that lies at or before") {
  const Tensor in = hashed_tensor({1, 20, 5, 7}, 1);
  for (const auto& [height, width] : {std::pair{10, 14}, {3, 11}, {1, 1}}) {
    Tensor expected({1, 20, height, width});
    each(expected, [&](int64_t n, int64_t c, int64_t y, int64_t x) {
      at(expected, n, c, y, x) = at(in, n, c, y * 5 / height, x * 7 / width);
    });
    check_both_layouts(in, expected, 0, [&](Graph& graph, Value x) {
      return graph.resize(x, {.mode = Resize::Mode::nearest, .size = {height, width}});
    });
  }
}

TEST_CASE("sums, products and activations work value by value, whatever the layouts") {
  const Tensor in = hashed_tensor({2, 20, 5, 7}, 1);
  Tensor sum(in.shape()), square(in.shape()), leaky(in.shape()), sigmoid(in.shape());
  for (int64_t i = 0; i < in.size(); ++i) {
    const float v = in.data()[i];
    sum.data()[i] = v + v;
    square.data()[i] = v * v;
    leaky.data()[i] = activated(v, {Activation::Kind::leaky_relu, 0.3f});
    sigmoid.data()[i] = activated(8 * v, {Activation::Kind::sigmoid});
  }
  check_both_layouts(in, sum, 0, [](Graph& graph, Value x) { return graph.add(x, x); });
  check_both_layouts(in, square, 0, [](Graph& graph, Value x) { return graph.multiply(x, x); });
  check_both_layouts(in, sum, 1e-7, [](Graph& graph, Value x) { return graph.add(x, passed_through(graph, x)); });
  check_both_layouts(in, square, 1e-7,
                     [](Graph& graph, Value x) { return graph.multiply(passed_through(graph, x), x); });
  check_both_layouts(in, leaky, 0, [](Graph& graph, Value x) { return graph.leaky_relu(x, 0.3f); });
  check_both_layouts(in, sigmoid, 2e-7, [](Graph& graph, Value x) {
    const Value twice = graph.add(x, x), four = graph.add(twice, twice);
    return graph.sigmoid(graph.add(four, four));
  });
}

TEST_CASE("activations at the ends of the range; what is not a number stays") {
  const float infinity = std::numeric_limits<float>::infinity(), nan = std::numeric_limits<float>::quiet_NaN();
  Tensor in({1, 1, 1, 6});
  const float values[] = {-infinity, -200, 0, 200, infinity, nan};
  std::copy(std::begin(values), std::end(values), in.data());
  for (const EngineOptions& options : every_engine()) {
    Graph graph;
    const Value x = graph.input(1);
    graph.output(graph.sigmoid(x));
    graph.output(graph.relu(x));
    const std::vector<Tensor> out = compile(std::move(graph), options)->run({in});
    CHECK(out[0].data()[0] < 1e-37f);
    CHECK(out[0].data()[1] < 1e-37f);
    CHECK(out[0].data()[2] == 0.5f);
    CHECK(out[0].data()[3] == 1);
    CHECK(out[0].data()[4] == 1);
    CHECK(std::isnan(out[0].data()[5]));
    CHECK(out[1].data()[0] == 0);
    CHECK(out[1].data()[4] == infinity);
    CHECK(std::isnan(out[1].data()[5]));
  }
}

TEST_CASE("concatenations keep the order of channels: aligned, unaligned, nested, with parts used twice") {
  const Tensor in = hashed_tensor({2, 16, 5, 7}, 1), odd = hashed_tensor({2, 3, 5, 7}, 2);
  const auto channel_of = [&](const Tensor& t, int64_t n, int64_t c, int64_t y, int64_t x) {
    return at(t, n, c, y, x);
  };
  for (const EngineOptions& options : every_engine()) {
    Graph graph;
    const Value a = graph.input(16), b = graph.input(3);
    const Value blocked = passed_through(graph, a), planar = passed_through(graph, b);
    const Value pair = graph.concat({blocked, passed_through(graph, blocked)});
    graph.output(graph.concat({pair, blocked}));            // 48
    graph.output(graph.concat({planar, blocked, planar}));  // 22
    graph.output(graph.concat({graph.concat({a, b}), b}));  // 22
    graph.output(pair);
    const std::vector<Tensor> out = compile(std::move(graph), options)->run({in, odd});
    for (size_t i = 0; i < 4; ++i) {
      CAPTURE(i);
      Tensor expected({2, i == 0 ? 48 : i == 3 ? 32 : 22, 5, 7});
      each(expected, [&](int64_t n, int64_t c, int64_t y, int64_t x) {
        float value = 0;
        if (i == 0 || i == 3) value = channel_of(in, n, c % 16, y, x);
        if (i == 1) value = c < 3 ? at(odd, n, c, y, x) : c < 19 ? at(in, n, c - 3, y, x) : at(odd, n, c - 19, y, x);
        if (i == 2) value = c < 16 ? at(in, n, c, y, x) : at(odd, n, (c - 16) % 3, y, x);
        at(expected, n, c, y, x) = value;
      });
      CHECK(difference(out.at(i), expected) == 0);
    }
  }
}

TEST_CASE("what follows a convolution is fused with the same result") {
  const Tensor in = hashed_tensor({2, 16, 9, 10}, 1), weight = hashed_tensor({32, 16, 3, 3}, 2);
  const Tensor bias = hashed_tensor({32}, 3), other_weight = hashed_tensor({32, 16, 1, 1}, 4);
  const Tensor conv = naive_conv(in, weight, bias, same_size(3)), other = naive_conv(in, other_weight, {}, {});
  Tensor expected(conv.shape()), unfused(conv.shape());
  for (int64_t i = 0; i < expected.size(); ++i) {
    const float rectified = std::max(conv.data()[i], 0.0f);
    const float sum = rectified + other.data()[i];
    expected.data()[i] = sum < 0 ? sum * 0.1f : sum;
    unfused.data()[i] = rectified + conv.data()[i];
  }
  for (const EngineOptions& options : every_engine()) {
    Graph graph;
    const Value x = graph.input(16), first = graph.conv2d(x, other_weight, {});
    const Value main = graph.conv2d(passed_through(graph, x), weight, bias, same_size(3));
    graph.output(graph.leaky_relu(graph.add(first, graph.relu(main)), 0.1f));
    // Here the convolution is used twice.
    const Value twice = graph.conv2d(passed_through(graph, x), weight, bias, same_size(3));
    graph.output(graph.add(graph.relu(twice), twice));
    const std::vector<Tensor> out = compile(std::move(graph), options)->run({in});
    CHECK(difference(out.at(0), expected) < 1e-4);
    CHECK(difference(out.at(1), unfused) < 1e-4);
  }
}

TEST_CASE("residuals that lie in concatenations are read at their own stride") {
  const Tensor in = hashed_tensor({3, 16, 9, 10}, 1), weight = hashed_tensor({16, 16, 3, 3}, 2);
  const Tensor conv = naive_conv(in, weight, {}, same_size(3));
  for (const EngineOptions& options : every_engine()) {
    Graph graph;
    const Value x = passed_through(graph, graph.input(16));
    const Value whole = graph.concat({x, passed_through(graph, x)});
    const Value sum = graph.add(graph.conv2d(x, weight, {}, same_size(3)), x);
    graph.output(graph.concat({whole, sum}));
    const Tensor out = compile(std::move(graph), options)->run({in}).at(0);
    double worst = 0;
    each(conv, [&](int64_t n, int64_t c, int64_t y, int64_t xx) {
      const float expected = at(conv, n, c, y, xx) + at(in, n, c, y, xx);
      worst = std::max(worst, static_cast<double>(std::abs(at(out, n, 32 + c, y, xx) - expected)));
    });
    CHECK(worst < 1e-4);
  }
}

TEST_CASE("an output may be an input, come twice, and be read by others") {
  const Tensor in = hashed_tensor({1, 3, 4, 5}, 1);
  Graph graph;
  const Value x = graph.input(3), y = graph.relu(x);
  graph.output(x);
  graph.output(y);
  graph.output(y);
  graph.output(graph.add(y, y));
  const std::vector<Tensor> out = compile(std::move(graph))->run({in});
  CHECK(difference(out.at(0), in) == 0);
  CHECK(difference(out.at(1), out.at(2)) == 0);
  CHECK(out[3].data()[7] == 2 * out[1].data()[7]);
}

TEST_CASE("batch normalisation folds into scale and bias") {
  const auto tensor = [](float v) {
    Tensor made({1});
    made.data()[0] = v;
    return made;
  };
  // (x + 1 - 3) * 2 / sqrt(3.75 + 0.25) + 5 = x + 3
  const FoldedNorm folded = fold_batch_norm(tensor(2), tensor(5), tensor(3), tensor(3.75f), 0.25, tensor(1));
  CHECK(folded.scale.data()[0] == 1);
  CHECK(folded.bias.data()[0] == 3);
}

TEST_CASE("graphs that do not fit are refused when built") {
  Graph graph;
  const Value x = graph.input(3);
  CHECK_THROWS_AS(graph.conv2d(x, hashed_tensor({4, 2, 3, 3}, 1), {}), std::invalid_argument);
  CHECK_THROWS_AS(graph.conv2d(x, hashed_tensor({4, 3}, 1), {}), std::invalid_argument);
  CHECK_THROWS_AS(graph.conv2d(x, hashed_tensor({4, 3, 1, 1}, 1), hashed_tensor({3}, 1)), std::invalid_argument);
  CHECK_THROWS_AS(graph.conv2d(x, hashed_tensor({4, 3, 1, 1}, 1), {}, {.stride = {0, 1}}), std::invalid_argument);
  CHECK_THROWS_AS(graph.conv2d(x, hashed_tensor({4, 3, 1, 1}, 1), {}, {}, {}, graph.input(2)), std::invalid_argument);
  CHECK_THROWS_AS(graph.add(x, graph.input(4)), std::invalid_argument);
  CHECK_THROWS_AS(graph.max_pool(x, {.before = {2, 0}}), std::invalid_argument);
  CHECK_THROWS_AS(graph.resize(x, {}), std::invalid_argument);
  CHECK_THROWS_AS(graph.relu({99}), std::invalid_argument);
  CHECK_THROWS_AS(compile(graph), std::invalid_argument);
}

TEST_CASE("inputs that do not fit fail as items, and the net stays usable") {
  Graph graph;
  const Value a = graph.input(3), b = graph.input(3);
  graph.output(graph.add(a, graph.conv2d(b, hashed_tensor({3, 3, 3, 3}, 1), {})));
  const auto net = compile(std::move(graph));
  const Tensor five = hashed_tensor({1, 3, 5, 5}, 1), three = hashed_tensor({1, 3, 3, 3}, 1);
  CHECK(item_error(*net, {five}) == "the network takes 2 tensors, got 1");
  CHECK(item_error(*net, {five, hashed_tensor({1, 4, 5, 5}, 1)}) ==
        "input 1 of the network: expected batch x 3 x height x width, got 1x4x5x5");
  CHECK(item_error(*net, {five, hashed_tensor({2, 3, 5, 5}, 1)}).find("input 1") != std::string::npos);
  CHECK(item_error(*net, {five, hashed_tensor({1, 3, 0, 5}, 1)}).find("input 1") != std::string::npos);
  CHECK(item_error(*net, {five, five}) ==
        "maps of 5x5 and 3x3 meet: the input's height and width do not suit this network");
  CHECK(item_error(*net, {five, hashed_tensor({1, 3, 2, 5}, 1)}).find("too small") != std::string::npos);
  // Never read: it is refused by its shape.
  const Tensor vast({1, 3, 1 << 16, 1 << 16}, std::shared_ptr<float[]>(new float[1]));
  CHECK(item_error(*net, {vast, vast}).find("too large") != std::string::npos);
  CHECK(net->run({three, five}).at(0).shape() == std::vector<int64_t>{1, 3, 3, 3});
}

TEST_CASE("runs of many sizes on two threads at once give the same as one after the other") {
  Graph graph;
  const Value x = graph.input(3);
  Value y = graph.conv2d(x, hashed_tensor({16, 3, 3, 3}, 1), {}, same_size(3, 1, {Activation::Kind::relu}));
  y = graph.conv2d(graph.max_pool(y, {.ceil_mode = true}), hashed_tensor({32, 16, 3, 3}, 2), {}, same_size(3));
  graph.output(graph.resize(y, {.like = x}));
  const auto net = compile(std::move(graph));
  const auto input = [](int64_t i) { return hashed_tensor({1 + i % 2, 3, 20 + i % 7, 31}, static_cast<uint64_t>(i)); };
  std::vector<Tensor> expected;
  for (int64_t i = 0; i < 40; ++i) expected.push_back(net->run({input(i)}).at(0));
  std::vector<double> worst(2, 0.0);
  std::vector<std::thread> threads;
  for (size_t t = 0; t < 2; ++t) {
    threads.emplace_back([&, t] {
      for (int64_t i = 0; i < 40; ++i) {
        worst[t] = std::max(worst[t], difference(net->run({input(i)}).at(0), expected[static_cast<size_t>(i)]));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(worst[0] == 0);
  CHECK(worst[1] == 0);
}

// The address sanitizer keeps what was freed for a while.
#ifdef __SANITIZE_ADDRESS__
constexpr bool keeps_freed_memory = true;
#else
constexpr bool keeps_freed_memory = false;
#endif

TEST_CASE("memory stays flat over hundreds of runs of mixed sizes" * doctest::skip(keeps_freed_memory)) {
  Graph graph;
  const Value x = graph.input(3);
  Value y = graph.conv2d(x, hashed_tensor({64, 3, 3, 3}, 1), {}, same_size(3));
  y = graph.conv2d(graph.concat({y, graph.relu(y)}), hashed_tensor({64, 128, 3, 3}, 2), {}, same_size(3));
  graph.output(y);
  const auto net = compile(std::move(graph));
  const auto resident_pages = [] {
    std::ifstream file("/proc/self/statm");
    int64_t all = 0, resident = 0;
    file >> all >> resident;
    REQUIRE(resident > 0);
    return resident;
  };
  const auto run = [&](int64_t i) { net->run({hashed_tensor({1 + i % 2, 3, 40 + i % 11, 50}, 1)}); };
  for (int64_t i = 0; i < 22; ++i) run(i);
  const int64_t before = resident_pages();
  for (int64_t i = 0; i < 300; ++i) run(i);
  CHECK(resident_pages() - before < 2000);  // the results of all runs would be 60 000
}

TEST_CASE("the number of threads does not change the result") {
  const int before = threads_per_worker();
  const Tensor in = hashed_tensor({1, 32, 40, 40}, 1);
  std::vector<Tensor> results;
  for (const int threads : {1, 2, 5}) {
    set_threads_per_worker(threads);
    Graph graph;
    const Value x = passed_through(graph, graph.input(32));
    graph.output(graph.conv2d(x, hashed_tensor({48, 32, 3, 3}, 2), {}, same_size(3)));
    results.push_back(compile(std::move(graph))->run({in}).at(0));
  }
  set_threads_per_worker(before);
  CHECK(difference(results[0], results[1]) == 0);
  CHECK(difference(results[0], results[2]) == 0);
}
