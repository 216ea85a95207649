#include "nn/batching.h"

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <latch>
#include <thread>

#include "core/error.h"
#include "nn/tasks/fake_net.h"

using namespace inpaint;
using namespace inpaint::test;

namespace {

using Clock = std::chrono::steady_clock;

double milliseconds(Clock::duration time) { return std::chrono::duration<double, std::milli>(time).count(); }

Tensor filled(std::vector<int64_t> shape, float value) {
  Tensor tensor(std::move(shape));
  std::fill_n(tensor.data(), tensor.size(), value);
  return tensor;
}

// Twice the first input and, as a second output, the sum of each entry. Refuses entries below 0.
std::vector<Tensor> doubled(const std::vector<Tensor>& inputs) {
  const Tensor& input = inputs.at(0);
  Tensor twice(input.shape()), sums({input.extent(0), 1});
  const int64_t step = input.size() / input.extent(0);
  for (int64_t i = 0; i < input.size(); ++i) {
    if (input.data()[i] < 0) throw ItemError("below 0: " + std::to_string(static_cast<int>(input.data()[i])));
    twice.data()[i] = 2 * input.data()[i];
    if (i % step == 0) sums.data()[i / step] = 0;
    sums.data()[i / step] += input.data()[i];
  }
  return {twice, sums};
}

bool right(const std::vector<Tensor>& outputs, const Tensor& input, float value) {
  if (outputs.size() != 2 || outputs[0].shape() != input.shape() || outputs[1].extent(0) != input.extent(0))
    return false;
  const float sum = value * static_cast<float>(input.size() / input.extent(0));
  for (const float v : outputs[0].values()) {
    if (v != 2 * value) return false;
  }
  for (const float v : outputs[1].values()) {
    if (v != sum) return false;
  }
  return true;
}

// Calls of the network until `release` take until then: the others pile up meanwhile.
struct Crowd {
  explicit Crowd(FakeNet::Answer answer = doubled, int most = 64)
      : inner(std::make_shared<FakeNet>([this, answer](const std::vector<Tensor>& inputs) {
          while (!released) std::this_thread::sleep_for(std::chrono::milliseconds(1));
          return answer(inputs);
        })),
        net("fake", inner, most) {}

  /// Starts a call on a thread of its own and waits until it is under way.
  void call(float value, std::vector<int64_t> shape = {1, 2, 3}) {
    threads.emplace_back([this, value, shape] {
      const Tensor input = filled(shape, value);
      ++started;
      try {
        if (right(net.run({input}), input, value)) ++correct;
      } catch (const ItemError& error) {
        if (error.what() == "below 0: " + std::to_string(static_cast<int>(value))) ++refused;
      } catch (const std::bad_alloc&) {
        ++starved;
      }
    });
    while (started < static_cast<int>(threads.size())) std::this_thread::yield();
    std::this_thread::sleep_for(std::chrono::milliseconds(40));
  }
  void finish() {
    released = true;
    for (std::thread& thread : threads) thread.join();
    threads.clear();
  }

  std::atomic<bool> released{false};
  std::atomic<int> started{0}, correct{0}, refused{0}, starved{0};
  std::shared_ptr<FakeNet> inner;
  BatchingNet net;
  std::vector<std::thread> threads;
};

using Shapes = std::vector<std::vector<int64_t>>;

}  // namespace

TEST_CASE("calls that wait share the next one, and each gets its own") {
  Crowd crowd;
  for (int i = 1; i <= 5; ++i) crowd.call(static_cast<float>(i));
  crowd.finish();
  CHECK(crowd.correct == 5);
  CHECK(crowd.inner->shapes() == Shapes{{1, 2, 3}, {4, 2, 3}});
}

TEST_CASE("no more than the most, in order of arrival; batches of several entries count as such") {
  Crowd crowd(doubled, 4);
  crowd.call(1);
  crowd.call(2, {3, 2, 3});
  crowd.call(3, {2, 2, 3});
  crowd.call(4, {1, 2, 3});
  crowd.call(5, {9, 2, 3});
  crowd.finish();
  CHECK(crowd.correct == 5);
  CHECK(crowd.inner->shapes() == Shapes{{1, 2, 3}, {4, 2, 3}, {2, 2, 3}, {9, 2, 3}});
}

TEST_CASE("only equal shapes share") {
  Crowd crowd;
  crowd.call(1);
  crowd.call(2, {1, 4});
  crowd.call(3, {1, 2, 3});
  crowd.call(4, {1, 4});
  crowd.call(5, {1, 4, 1});
  crowd.finish();
  CHECK(crowd.correct == 5);
  CHECK(crowd.inner->shapes() == Shapes{{1, 2, 3}, {2, 4}, {1, 2, 3}, {1, 4, 1}});
}

TEST_CASE("an error reaches the one caller it belongs to") {
  Crowd crowd;
  for (const float value : {1.0f, 2.0f, -3.0f, 4.0f, -5.0f}) crowd.call(value);
  crowd.finish();
  CHECK(crowd.correct == 3);
  CHECK(crowd.refused == 2);
}

TEST_CASE("where memory ends fewer share, from then on") {
  Crowd crowd([](const std::vector<Tensor>& inputs) {
    if (inputs[0].extent(0) > 2) throw std::bad_alloc();
    return doubled(inputs);
  });
  for (int i = 1; i <= 9; ++i) crowd.call(static_cast<float>(i));
  crowd.call(10, {3, 1});  // too much even alone
  crowd.finish();
  CHECK(crowd.correct == 9);
  CHECK(crowd.starved == 1);
  crowd.released = false;
  for (int i = 1; i <= 5; ++i) {
    crowd.started = static_cast<int>(crowd.threads.size());
    crowd.call(static_cast<float>(i));
  }
  crowd.finish();
  CHECK(crowd.correct == 14);
  const Shapes shapes = crowd.inner->shapes();
  CHECK(std::all_of(shapes.end() - 3, shapes.end(), [](const auto& shape) { return shape[0] <= 2; }));
}

TEST_CASE("a network whose outputs have no batch is called for each") {
  Crowd crowd([](const std::vector<Tensor>& inputs) {
    std::vector<Tensor> outputs = doubled(inputs);
    if (inputs[0].extent(0) > 1) outputs[1] = filled({1, 1}, 7);
    return outputs;
  });
  for (int i = 1; i <= 4; ++i) crowd.call(static_cast<float>(i));
  crowd.finish();
  CHECK(crowd.correct == 4);
}

TEST_CASE("inputs of different first axes are never stacked") {
  const auto inner = std::make_shared<FakeNet>(doubled);
  const BatchingNet net("fake", inner, 8);
  CHECK(net.run({filled({1, 2}, 1), filled({2}, 5)}).size() == 2);
  CHECK(inner->shapes() == Shapes{{1, 2}});
  CHECK(net.facts().driver == "fake");
}

TEST_CASE("a single caller is not delayed") {
  const BatchingNet net("fake", std::make_shared<FakeNet>(doubled), 8);
  const Tensor input = filled({1, 2, 3}, 1);
  double least = 1e9;  // the machine may be busy: the quickest of many calls counts
  for (int i = 0; i < 50; ++i) {
    const auto begin = Clock::now();
    net.run({input});
    least = std::min(least, milliseconds(Clock::now() - begin));
  }
  CHECK(least < 1);
}

TEST_CASE("many threads, many calls, mixed shapes and errors: all are answered") {
  const auto inner = std::make_shared<FakeNet>([](const std::vector<Tensor>& inputs) {
    if (inputs[0].extent(0) > 5) throw std::bad_alloc();
    return doubled(inputs);
  });
  const BatchingNet net("fake", inner, 8);
  constexpr int callers = 12, calls = 150;
  std::atomic<int> correct{0}, refused{0};
  std::latch start(callers);
  std::vector<std::thread> threads;
  for (int t = 0; t < callers; ++t) {
    threads.emplace_back([&, t] {
      start.arrive_and_wait();
      for (int i = 0; i < calls; ++i) {
        const bool wrong = (t + i) % 17 == 0;
        const float value = static_cast<float>(wrong ? -1 - t : t * calls + i);
        const Tensor input = filled({1 + i % 2, 2 + t % 3}, value);
        try {
          if (right(net.run({input}), input, value)) ++correct;
        } catch (const ItemError& error) {
          if (error.what() == "below 0: " + std::to_string(-1 - t)) ++refused;
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(correct + refused == callers * calls);
  CHECK(refused > 0);
}
