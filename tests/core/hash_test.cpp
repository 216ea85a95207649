#include "core/hash.h"

#include <doctest/doctest.h>

#include <set>
#include <vector>

namespace inpaint::test {

// The published values of XXH128 and XXH3_64bits for no bytes and seed 0.
TEST_CASE("hashes are those of XXH3") {
  CHECK(content_hash("") == "99aa06d3014798d86001c324468d497f");
  CHECK(stable_hash("") == 0x2d06800538d394c2u);
}

TEST_CASE("content_hash is the same for text and for its bytes") {
  const std::string text("a\0b\xff", 4);
  const std::vector<uint8_t> bytes = {'a', 0, 'b', 255};
  CHECK(content_hash(text) == content_hash(bytes));
}

TEST_CASE("content_hash has 32 hexadecimal digits and differs when any byte does") {
  std::set<std::string> seen;
  std::vector<uint8_t> bytes(300, 7);
  for (size_t i = 0; i < bytes.size(); ++i) {
    bytes[i] ^= 1;
    const std::string hash = content_hash(bytes);
    CHECK(hash.size() == 32);
    CHECK(hash.find_first_not_of("0123456789abcdef") == std::string::npos);
    seen.insert(hash);
    bytes[i] ^= 1;
  }
  CHECK(seen.size() == bytes.size());
  CHECK(content_hash("ab") != content_hash(std::string_view("ab\0", 3)));
}

TEST_CASE("stable_hash spreads names evenly over shards") {
  int count[4] = {};
  for (int i = 0; i < 4000; ++i) ++count[stable_hash("photos/" + std::to_string(i) + ".jpg") % 4];
  for (const int n : count) CHECK(n > 850);
  for (const int n : count) CHECK(n < 1150);
}

}  // namespace inpaint::test
