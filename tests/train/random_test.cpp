#include <doctest/doctest.h>

#include <set>

#include "train/random_private.h"

using inpaint::Random;

TEST_CASE("random numbers by key: the same for the same keys, others for others") {
  Random a{1, 2, 3}, b{1, 2, 3};
  std::set<uint64_t> first{a.bits()};
  CHECK(*first.begin() == b.bits());
  for (uint64_t i = 0; i < 50; ++i) {
    Random one{i, 2}, swapped{2, i}, longer{i, 2, 0};
    first.insert(one.bits()), first.insert(longer.bits());
    if (i != 2) first.insert(swapped.bits());
  }
  CHECK(first.size() == 1 + 50 + 50 + 49);
}

TEST_CASE("random numbers keep their bounds and moments") {
  Random random{7};
  double sum = 0, squares = 0, extreme = 0;
  std::set<int64_t> wholes;
  constexpr int count = 20000;
  for (int i = 0; i < count; ++i) {
    const float value = random.bell();
    sum += value, squares += value * value, extreme = std::max<double>(extreme, std::abs(value));
    wholes.insert(random.whole(-2, 2));
    const double ratio = random.by_ratio(0.5, 2);
    REQUIRE((ratio >= 0.5 && ratio <= 2));
  }
  CHECK(wholes == std::set<int64_t>{-2, -1, 0, 1, 2});
  CHECK(std::abs(sum / count) < 0.03);
  CHECK(squares / count == doctest::Approx(1).epsilon(0.03));
  CHECK(extreme < 3.5);
}
