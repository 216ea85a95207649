#include "nn/stack.h"

#include <doctest/doctest.h>

#include <algorithm>

using namespace inpaint;

namespace {

Tensor counted(std::vector<int64_t> shape, float first) {
  Tensor tensor(std::move(shape));
  for (int64_t i = 0; i < tensor.size(); ++i) tensor.data()[i] = first + static_cast<float>(i);
  return tensor;
}

}  // namespace

TEST_CASE("tensors stack along the batch and come apart again") {
  const Tensor one = counted({1, 2, 3}, 0), two = counted({2, 2, 3}, 100);
  const Tensor batch = stack({one, two});
  CHECK(batch.shape() == std::vector<int64_t>{3, 2, 3});
  CHECK(batch.data()[5] == 5);
  CHECK(batch.data()[6] == 100);
  CHECK(batch.data()[17] == 111);
  const Tensor back = entries(batch, 1, 2);
  CHECK(std::ranges::equal(back.values(), two.values()));
  CHECK(back.data() == batch.data() + 6);
  CHECK(stack({one}).data() == one.data());
}

TEST_CASE("entries keep the values of their batch alive") {
  Tensor last;
  {
    const Tensor batch = counted({4, 2}, 0);
    last = entries(batch, 3, 1);
  }
  CHECK(last.data()[0] == 6);
  CHECK(last.data()[1] == 7);
}

TEST_CASE("what does not fit together is refused") {
  CHECK_THROWS_AS(stack({}), std::invalid_argument);
  CHECK_THROWS_AS(stack({counted({1, 2}, 0), counted({1, 3}, 0)}), std::invalid_argument);
  CHECK_THROWS_AS(stack({counted({1, 2}, 0), counted({1, 2, 1}, 0)}), std::invalid_argument);
  CHECK_THROWS_AS(entries(counted({2, 2}, 0), 1, 2), std::out_of_range);
  CHECK_THROWS_AS(entries(counted({2, 2}, 0), -1, 1), std::out_of_range);
}
