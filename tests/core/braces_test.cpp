#include "core/braces.h"

#include <doctest/doctest.h>

#include <string>

#include "core/error.h"

namespace inpaint::test {

TEST_CASE("braces: words are filled in, all else stays") {
  CHECK(fill_braces("{a}/x{b}{a}", {{"a", "1"}, {"b", "{a}"}}, "--name") == "1/x{a}1");
  CHECK(fill_braces("", {}, "--name").empty());
  CHECK(fill_braces("a}{b", {{"b", "1"}}, "--name") == "a}{b");
}

TEST_CASE("braces: an unknown word is refused with the nearest one") {
  std::string text;
  try {
    fill_braces("{bukcet}", {{"bucket", "1"}, {"key", "2"}}, "--public-url");
  } catch (const SpecError& error) {
    text = error.what();
  }
  CHECK(text == "--public-url: unknown word '{bukcet}' (did you mean 'bucket'?)");
}

}  // namespace inpaint::test
