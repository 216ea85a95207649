#include "core/names.h"

#include <doctest/doctest.h>

namespace inpaint::test {
namespace {

using Words = std::vector<std::string>;

}  // namespace

TEST_CASE("nearest_name counts a swap of two neighbours as one mistake") {
  CHECK(nearest_name("amsk", {"mask", "task"}) == "mask");
  CHECK(nearest_name("inpiant", {"inpaint", "segment"}) == "inpaint");
}

TEST_CASE("nearest_name allows one mistake in three letters, and one in shorter words") {
  const Words known = {"grow", "feather"};
  CHECK(nearest_name("grwo", known) == "grow");
  CHECK(nearest_name("gr", {"gro"}) == "gro");
  CHECK(nearest_name("glue", known) == "");            // three of four letters wrong
  CHECK(nearest_name("fexthxr", known) == "feather");  // two of seven
  CHECK(nearest_name("fexxhxr", known) == "");         // three of seven
}

TEST_CASE("nearest_name prefers the closest name, among equals the first") {
  CHECK(nearest_name("shrink", {"shrunk", "shrink", "drink"}) == "shrink");
  CHECK(nearest_name("bat", {"cat", "rat"}) == "cat");
  CHECK(nearest_name("mask", {}) == "");
}

TEST_CASE("name_hint proposes the nearest name or lists what is known") {
  CHECK(name_hint("telae", {"telea", "navier-stokes"}) == " (did you mean 'telea'?)");
  CHECK(name_hint("wonder", {"telea", "navier-stokes"}) == " (known: telea, navier-stokes)");
  CHECK(name_hint("wonder", {}) == "");
  CHECK(name_hint("4", {"3", "5"}) == " (known: 3, 5)");  // 3 is no more meant than 5
  CHECK(name_hint("17", {"5", "7"}) == " (known: 5, 7)");
}

TEST_CASE("join puts the separator between words, also empty ones") {
  CHECK(join({}, ", ") == "");
  CHECK(join({"a"}, ", ") == "a");
  CHECK(join({"a", "b", "c"}, ", ") == "a, b, c");
  CHECK(join({"", "a", "", ""}, ",") == ",a,,");
}

TEST_CASE("split removes blanks around pieces and keeps empty pieces between separators") {
  CHECK(split("a,b", ',') == Words{"a", "b"});
  CHECK(split(" a , b c\t", ',') == Words{"a", "b c"});
  CHECK(split("a,,b,", ',') == Words{"a", "", "b", ""});
  CHECK(split(",", ',') == Words{"", ""});
  CHECK(split("", ',').empty());
  CHECK(split("  \t\n", ',').empty());
}

TEST_CASE("split undoes join") {
  for (const Words& words : {Words{"x"}, Words{"", "x"}, Words{"x", ""}, Words{"10%", "", "3"}}) {
    CHECK(split(join(words, ";"), ';') == words);
  }
}

TEST_CASE("trim removes blanks at both ends only") {
  CHECK(trim("  a b \r\n") == "a b");
  CHECK(trim("a") == "a");
  CHECK(trim(" \t ") == "");
  CHECK(trim("") == "");
  CHECK(trim("\xc3\xa9 ") == "\xc3\xa9");  // bytes above 127 are no blanks
}

TEST_CASE("count_of uses the singular for one only") {
  CHECK(count_of(0, "picture") == "0 pictures");
  CHECK(count_of(1, "picture") == "1 picture");
  CHECK(count_of(2, "picture") == "2 pictures");
}

}  // namespace inpaint::test
