#include "pipeline/work_queue.h"

#include <doctest/doctest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace inpaint::test {

TEST_CASE("work that comes back is taken first; the queue ends when nothing is left, nor away") {
  WorkQueue<int> queue(4);
  queue.push(1);
  queue.push(2);
  queue.expect();
  queue.come_back(9);
  CHECK(queue.pop() == 9);
  CHECK(queue.pop() == 1);
  queue.expect();
  queue.close();
  CHECK(queue.pop() == 2);
  std::atomic<bool> ended{false};
  std::jthread worker([&] {
    CHECK(queue.pop() == 7);
    CHECK_FALSE(queue.pop().has_value());
    ended = true;
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(30));
  CHECK_FALSE(ended);
  queue.come_back(7);
  worker.join();
  CHECK(ended);
}

TEST_CASE("many workers send work away and take it back; each piece ends once and all workers end") {
  constexpr int pieces = 2000;
  WorkQueue<int> queue(8);
  std::atomic<int> finished{0};
  std::vector<std::atomic<int>> visits(pieces);
  {
    std::vector<std::jthread> workers, away;
    WorkQueue<int> elsewhere(1 << 20);
    for (int i = 0; i < 3; ++i) {
      away.emplace_back([&] {
        while (const auto piece = elsewhere.pop()) queue.come_back(*piece);
      });
      workers.emplace_back([&] {
        while (const auto piece = queue.pop()) {
          if (++visits[static_cast<size_t>(*piece)] < 3) {
            queue.expect();
            elsewhere.push(*piece);
          } else {
            ++finished;
          }
        }
      });
    }
    for (int i = 0; i < pieces; ++i) queue.push(i);
    queue.close();
    workers.clear();
    elsewhere.close();
  }
  CHECK(finished == pieces);
  for (const auto& count : visits) CHECK(count == 3);
}

}  // namespace inpaint::test
