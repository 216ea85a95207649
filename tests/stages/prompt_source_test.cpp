#include "stages/prompt_source.h"

#include <doctest/doctest.h>

#include <set>

#include "core/error.h"
#include "support.h"

namespace inpaint::test {

TEST_CASE("names of prompts are words of plain letters; what gets lost is told apart by a hash") {
  CHECK(name_of_prompt("A red cup, please!") == "a-red-cup-please");
  CHECK(name_of_prompt("../etc/passwd") == "etc-passwd");
  CHECK(name_of_prompt("") != "");
  CHECK(name_of_prompt("\u8336") != name_of_prompt("\u9152"));
  CHECK(name_of_prompt("caf\u00e9").starts_with("caf-"));
  const std::string longer(40, 'a'), one = longer + " " + longer + " b", other = longer + " " + longer + " c";
  CHECK(name_of_prompt(one) != name_of_prompt(other));
  CHECK(name_of_prompt(one).size() <= 70);
}

TEST_CASE("prompts come from the option and from files, each as often as wanted") {
  const ScratchFolder folder;
  write_file(folder / "p.txt", "  a cup \r\n\n# no\na can\n");
  PromptSource source("a pot", {folder / "p.txt"}, 2);
  const auto items = source.list();
  REQUIRE(items.size() == 6);
  CHECK(items[0].rel == "a-pot-1.png");
  CHECK(items[3].rel == "a-cup-2.png");
  const Bytes text = source.read(items[3]);
  CHECK(std::string(text.begin(), text.end()) == "a cup");
  CHECK(source.identity(items[2]) == source.identity(items[3]));
  CHECK(source.identity(items[2]) != source.identity(items[4]));
  CHECK(source.gives_text());
  CHECK_THROWS_AS(PromptSource("", {}, 1), SpecError);
  CHECK_THROWS_AS(PromptSource("a cup", {folder / "p.txt"}, 1), SpecError);
  CHECK_THROWS_AS(PromptSource("", {folder / "none.txt"}, 1), SpecError);
}

}  // namespace inpaint::test
