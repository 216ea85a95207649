#include "core/queue.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <thread>
#include <vector>

namespace inpaint::test {

TEST_CASE("a queue gives back in order, after closing too, then nothing") {
  BoundedQueue<int> queue(3);
  queue.push(1);
  queue.push(2);
  CHECK(queue.pop() == 1);
  queue.push(3);
  queue.close();
  CHECK(queue.pop() == 2);
  CHECK(queue.pop() == 3);
  CHECK_FALSE(queue.pop().has_value());
  CHECK_FALSE(queue.pop().has_value());
}

TEST_CASE("a queue moves elements that cannot be copied") {
  BoundedQueue<std::unique_ptr<int>> queue(1);
  queue.push(std::make_unique<int>(7));
  const auto popped = queue.pop();
  REQUIRE(popped);
  CHECK(**popped == 7);
}

TEST_CASE("a queue never holds more than its capacity") {
  BoundedQueue<int> queue(4);
  std::atomic<int> pushed = 0;
  int popped = 0, most_ahead = 0;
  std::thread producer([&] {
    for (int i = 0; i < 2000; ++i) {
      queue.push(i);
      ++pushed;
    }
    queue.close();
  });
  bool in_order = true;
  while (const auto value = queue.pop()) {
    in_order &= *value == popped++;
    most_ahead = std::max(most_ahead, pushed - popped);
    if (popped % 16 == 0) std::this_thread::yield();
  }
  producer.join();
  CHECK(in_order);
  CHECK(popped == 2000);
  CHECK(most_ahead <= 4);
}

TEST_CASE("push waits while the queue is full") {
  BoundedQueue<int> queue(1);
  queue.push(1);
  std::atomic<bool> second_in = false;
  std::thread producer([&] {
    queue.push(2);
    second_in = true;
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(30));
  CHECK_FALSE(second_in.load());
  CHECK(queue.pop() == 1);
  producer.join();
  CHECK(queue.pop() == 2);
}

TEST_CASE("closing wakes every waiting pop") {
  BoundedQueue<int> queue(1);
  std::atomic<int> ended = 0;
  std::vector<std::thread> consumers;
  for (int i = 0; i < 4; ++i) {
    consumers.emplace_back([&] {
      if (!queue.pop()) ++ended;
    });
  }
  queue.close();
  for (std::thread& consumer : consumers) consumer.join();
  CHECK(ended == 4);
}

TEST_CASE("several producers and consumers hand over every element once") {
  BoundedQueue<int> queue(3);
  constexpr int producers = 4, each = 500;
  std::vector<std::atomic<int>> seen(producers * each);
  std::vector<std::thread> makers, takers;
  for (int p = 0; p < producers; ++p) {
    makers.emplace_back([&queue, p] {
      for (int i = 0; i < each; ++i) queue.push(p * each + i);
    });
  }
  for (int c = 0; c < 3; ++c) {
    takers.emplace_back([&] {
      while (const auto value = queue.pop()) ++seen[static_cast<size_t>(*value)];
    });
  }
  for (std::thread& maker : makers) maker.join();
  queue.close();
  for (std::thread& taker : takers) taker.join();
  CHECK(std::all_of(seen.begin(), seen.end(), [](const std::atomic<int>& n) { return n == 1; }));
}

}  // namespace inpaint::test
