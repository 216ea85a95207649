#include "nn/onnx/net_pool.h"

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <set>
#include <stdexcept>
#include <thread>

using namespace inpaint;

TEST_CASE("a pool makes no more copies than its limit, and no two callers hold one") {
  std::atomic<int> made{1};
  NetPool<int> pool(1, 3, [&] { return ++made; });
  std::mutex mutex;
  std::set<int> held;
  int doubles = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < 20; ++round) {
        pool.with_net([&](int net) {
          {
            const std::lock_guard lock(mutex);
            doubles += !held.insert(net).second;
          }
          std::this_thread::sleep_for(std::chrono::microseconds(200));
          const std::lock_guard lock(mutex);
          held.erase(net);
        });
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(doubles == 0);
  CHECK(made == 3);
}

TEST_CASE("one caller after the other needs no copies") {
  int made = 0;
  NetPool<int> pool(7, 3, [&] { return ++made; });
  for (int round = 0; round < 5; ++round) pool.with_net([](int net) { CHECK(net == 7); });
  CHECK_THROWS_AS(pool.with_net([](int) { throw std::runtime_error("x"); }), std::runtime_error);
  pool.with_net([](int net) { CHECK(net == 7); });  // it came back nevertheless
  CHECK(made == 0);
}

TEST_CASE("a copy that cannot be made is that caller's error alone") {
  NetPool<int> pool(1, 2, []() -> int { throw std::runtime_error("no"); });
  pool.with_net([&](int) { CHECK_THROWS_AS(pool.with_net([](int) {}), std::runtime_error); });
  pool.with_net([](int net) { CHECK(net == 1); });
}
