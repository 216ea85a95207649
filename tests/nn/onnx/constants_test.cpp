#include <doctest/doctest.h>

#include <cstring>
#include <limits>

#include "nn/onnx/constants_private.h"

using namespace inpaint;

namespace {

KnownList whole(std::vector<int64_t> values, bool scalar = false) {
  return {.scalar = scalar, .integers = std::move(values)};
}
KnownList numbers(std::vector<float> values) { return {.whole = false, .numbers = std::move(values)}; }

OnnxAttribute integer(const std::string& name, int64_t value) {
  OnnxAttribute a;
  a.name = name;
  a.integer = value;
  return a;
}
OnnxAttribute integers(const std::string& name, std::vector<int64_t> values) {
  OnnxAttribute a;
  a.name = name;
  a.integers = std::move(values);
  return a;
}

std::optional<KnownList> evaluated(const std::string& op, const std::vector<KnownList>& inputs,
                                   std::vector<OnnxAttribute> attributes = {}) {
  OnnxNode node;
  node.op = op;
  node.attributes = std::move(attributes);
  std::vector<const KnownList*> pointers;
  for (const KnownList& input : inputs) pointers.push_back(&input);
  return evaluate(node, pointers);
}

void check(const std::optional<KnownList>& result, const std::vector<int64_t>& expected, bool scalar = false) {
  REQUIRE(result.has_value());
  CHECK(result->whole);
  CHECK(result->scalar == scalar);
  CHECK(result->integers == expected);
}

const KnownList sizes = whole({1, 64, 20, 30});

}  // namespace

TEST_CASE("parts of lists") {
  check(evaluated("Gather", {sizes, whole({2}, true)}), {20}, true);
  check(evaluated("Gather", {sizes, whole({-1, 0})}), {30, 1});
  CHECK(!evaluated("Gather", {sizes, whole({4})}));
  CHECK(!evaluated("Gather", {sizes, whole({0})}, {integer("axis", 1)}));
  const int64_t most = std::numeric_limits<int64_t>::max(), least = std::numeric_limits<int64_t>::min();
  check(evaluated("Slice", {sizes, whole({2}), whole({4}), whole({0})}), {20, 30});
  check(evaluated("Slice", {sizes, whole({-1}), whole({most})}), {30});
  check(evaluated("Slice", {sizes, whole({least}), whole({-3}), whole({0}), whole({1})}), {1});
  check(evaluated("Slice", {sizes, whole({3}), whole({2})}), {});
  CHECK(!evaluated("Slice", {sizes, whole({0}), whole({4}), whole({0}), whole({2})}));
  check(evaluated("Slice", {sizes}, {integers("starts", {0}), integers("ends", {2}), integers("axes", {0})}), {1, 64});
}

TEST_CASE("lists are joined, and change between ranks") {
  check(evaluated("Concat", {sizes, whole({5})}, {integer("axis", 0)}), {1, 64, 20, 30, 5});
  CHECK(!evaluated("Concat", {sizes, whole({5}, true)}));
  CHECK(!evaluated("Concat", {sizes, numbers({5})}));
  check(evaluated("Unsqueeze", {whole({7}, true)}, {integers("axes", {0})}), {7});
  check(evaluated("Squeeze", {whole({7})}), {7}, true);
  CHECK(!evaluated("Squeeze", {sizes}));
  check(evaluated("Reshape", {sizes, whole({-1})}), {1, 64, 20, 30});
  CHECK(!evaluated("Reshape", {sizes, whole({2, 2})}));
  CHECK(evaluated("ConstantOfShape", {whole({2})})->numbers == std::vector<float>{0, 0});
  CHECK(!evaluated("ConstantOfShape", {whole({int64_t{1} << 40})}));
}

TEST_CASE("arithmetic and conversions") {
  check(evaluated("Add", {sizes, whole({1}, true)}), {2, 65, 21, 31});
  check(evaluated("Sub", {whole({5}, true), whole({7}, true)}), {-2}, true);
  check(evaluated("Div", {whole({-7, 7}), whole({2, 2})}), {-3, 3});
  CHECK(!evaluated("Div", {whole({1}), whole({0})}));
  CHECK(!evaluated("Mul", {whole({int64_t{1} << 62}), whole({4})}));
  CHECK(!evaluated("Add", {whole({std::numeric_limits<int64_t>::min()}), whole({-1})}));
  CHECK(!evaluated("Add", {whole({1, 2}), whole({1, 2, 3})}));
  const auto product = evaluated("Mul", {numbers({20, 3}), numbers({1.5F})});
  REQUIRE(product);
  CHECK(product->numbers == std::vector<float>{30, 4.5F});
  CHECK(evaluated("Floor", {*product})->numbers == std::vector<float>{30, 4});
  CHECK(evaluated("Ceil", {*product})->numbers == std::vector<float>{30, 5});
  check(evaluated("Cast", {*product}, {integer("to", 7)}), {30, 4});
  CHECK(evaluated("Cast", {sizes}, {integer("to", 1)})->numbers == std::vector<float>{1, 64, 20, 30});
  CHECK(!evaluated("Cast", {numbers({std::numeric_limits<float>::infinity()})}, {integer("to", 7)}));
  CHECK(!evaluated("Sin", {numbers({1})}));
}

TEST_CASE("extents that are not known are passed on, and not computed with") {
  const int64_t height = unknown_extent(7, 2), width = unknown_extent(123456, 3);
  REQUIRE(as_unknown_extent(height));
  CHECK(as_unknown_extent(height)->feature == 7);
  CHECK(as_unknown_extent(height)->axis == 2);
  CHECK(as_unknown_extent(width)->feature == 123456);
  CHECK(as_unknown_extent(width)->axis == 3);
  for (const int64_t known : {int64_t{0}, int64_t{-1}, int64_t{1} << 30, std::numeric_limits<int64_t>::max(),
                              std::numeric_limits<int64_t>::min()})
    CHECK(!as_unknown_extent(known));
  const KnownList shape = whole({1, 3, height, width});
  check(evaluated("Slice", {shape, whole({2}), whole({4})}), {height, width});
  check(evaluated("Concat", {whole({1}), whole({height})}, {integer("axis", 0)}), {1, height});
  CHECK(!evaluated("Mul", {shape, whole({2})}));
  CHECK(!evaluated("Cast", {shape}, {integer("to", 1)}));
  CHECK(!evaluated("Slice", {shape, whole({0}), whole({height})}));
  CHECK(!evaluated("Gather", {shape, whole({height})}));
}
