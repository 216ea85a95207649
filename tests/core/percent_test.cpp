#include "core/percent.h"

#include <doctest/doctest.h>

namespace inpaint::test {

TEST_CASE("percent: all but unreserved bytes are encoded, and come back") {
  CHECK(percent_encoded("aZ09-._~") == "aZ09-._~");
  CHECK(percent_encoded("a b/c+d?e%f") == "a%20b%2Fc%2Bd%3Fe%25f");
  CHECK(percent_encoded("a b/c", "/") == "a%20b/c");
  CHECK(percent_encoded("é") == "%C3%A9");
  CHECK(percent_decoded("a%20b%2fc%2Bd") == "a b/c+d");
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all += static_cast<char>(byte);
  CHECK(percent_decoded(percent_encoded(all)) == all);
}

TEST_CASE("percent: what is no code stays, and a plus is a space where asked") {
  CHECK(percent_decoded("100%") == "100%");
  CHECK(percent_decoded("%4") == "%4");
  CHECK(percent_decoded("%zz%41") == "%zzA");
  CHECK(percent_decoded("a+b") == "a+b");
  CHECK(percent_decoded("a+b%2B", true) == "a b+");
}

}  // namespace inpaint::test
