#include "core/fields.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <functional>
#include <nlohmann/json.hpp>

#include "core/error.h"

namespace inpaint::test {
namespace {

using Words = std::vector<std::string>;

// The message of the E that `work` throws.
template <class E>
std::string message_of(const std::function<void()>& work) {
  try {
    work();
  } catch (const E& error) {
    return error.what();
  }
  return "nothing of this type was thrown";
}

template <class T>
bool refuses(const std::string& text) {
  try {
    Codec<T>::parse(text);
  } catch (const BadValue&) {
    return true;
  }
  return false;
}

// An owner of fields as a stage is one: single values, repeating ones, operations in order.
struct Brush {
  double size = 2.5;
  int count = 3;
  bool soft = false;
  std::string kind = "round";
  std::optional<int> seed;
  std::vector<int> marks;
  Words operations;
  Fields fields;

  Brush() {
    fields.add("size", size, "How wide").range(0, 100);
    fields.add("count", count, "How many").range(1, 1e9);
    fields.add("soft", soft, "Soft edge");
    fields.add("kind", kind, "Which tip").one_of({"round", "square"});
    fields.add("seed", seed, "Seed").not_in_recipe();
    fields.add("mark", marks, "Where").value("X");
    for (const std::string name : {"grow", "turn"}) {
      fields
          .add_operation(
              name, "N", "Then",
              [this, name](const std::string& text) {
                operations.push_back(name + " " + fmt::to_string(Codec<int>::parse(text)));
              },
              [this] { operations.clear(); })
          .range(0, 50);
    }
  }
  void set(const std::string& name, const std::string& text) { fields.set(name, text, "spec.yaml:7: brush." + name); }
};

}  // namespace

TEST_CASE("whole numbers are read strictly") {
  CHECK(Codec<int>::parse("42") == 42);
  CHECK(Codec<int>::parse("-7") == -7);
  CHECK(Codec<int>::parse("007") == 7);
  CHECK(Codec<uint64_t>::parse("18446744073709551615") == UINT64_MAX);
  for (const std::string text : {"", "+5", " 5", "5 ", "5.0", "1e3", "0x10", "ten", "nan", "99999999999", "--5", "-"}) {
    CAPTURE(text);
    CHECK(refuses<int>(text));
  }
  CHECK(refuses<uint64_t>("-1"));
  CHECK(refuses<uint64_t>("18446744073709551616"));
  CHECK(message_of<BadValue>([] { Codec<int>::parse("x"); }) == "a whole number");
}

TEST_CASE("numbers are read strictly and are finite") {
  CHECK(Codec<double>::parse("2.5") == 2.5);
  CHECK(Codec<double>::parse("1e3") == 1000);
  CHECK(Codec<double>::parse("-.5") == -0.5);
  CHECK(Codec<double>::parse("5.") == 5);
  for (const std::string text :
       {"", "+5", " 5", "5 ", "0x10", "nan", "inf", "-inf", "infinity", "1e400", "1,5", "1e", "."}) {
    CAPTURE(text);
    CHECK(refuses<double>(text));
  }
  CHECK(message_of<BadValue>([] { Codec<double>::parse("x"); }) == "a number");
}

TEST_CASE("switches know three words for each side") {
  for (const std::string text : {"true", "yes", "on"}) CHECK(Codec<bool>::parse(text));
  for (const std::string text : {"false", "no", "off"}) CHECK_FALSE(Codec<bool>::parse(text));
  for (const std::string text : {"", "1", "True", "maybe"}) CHECK(refuses<bool>(text));
  CHECK(message_of<BadValue>([] { Codec<bool>::parse("1"); }) == "true or false");
}

TEST_CASE("values print so that they read back") {
  for (const double v : {0.0, 0.1, -2.5, 1e300, 1.0 / 3.0}) CHECK(Codec<double>::parse(Codec<double>::print(v)) == v);
  for (const int v : {0, -1, INT32_MAX, INT32_MIN}) CHECK(Codec<int>::parse(Codec<int>::print(v)) == v);
  CHECK(Codec<bool>::parse(Codec<bool>::print(true)));
  CHECK(Codec<std::string>::print("a b") == "a b");
  CHECK(Codec<std::optional<int>>::print(std::nullopt) == "");
  CHECK(Codec<std::optional<int>>::print(4) == "4");
  CHECK(Codec<std::optional<int>>::parse("4") == 4);
}

TEST_CASE("a field tells its default, its rule and whether it is a switch") {
  const Brush brush;
  const std::vector<Field>& all = brush.fields.all();
  CHECK(brush.fields.names() == Words{"size", "count", "soft", "kind", "seed", "mark", "grow", "turn"});
  CHECK(all[0].default_text == "2.5");
  CHECK(all[0].rule() == "0 to 100");
  CHECK(all[0].value_name == "N");
  CHECK(all[1].rule() == "1 or more");
  CHECK(all[2].is_switch());
  CHECK(all[2].default_text == "");
  CHECK(all[3].rule() == "round, square");
  CHECK(all[4].default_text == "");
  CHECK(all[4].rule() == "");
  CHECK_FALSE(all[4].in_recipe);
  CHECK(all[5].repeats);
  CHECK_FALSE(all[5].ordered);
  CHECK(all[5].value_name == "X");
  CHECK(all[6].ordered);
  CHECK_FALSE(all[6].is_switch());
}

TEST_CASE("set stores into the members and notes what was given") {
  Brush brush;
  CHECK_FALSE(brush.fields.given("size"));
  brush.set("size", "7");
  brush.set("soft", "yes");
  brush.set("seed", "12");
  CHECK(brush.size == 7);
  CHECK(brush.soft);
  CHECK(brush.seed == 12);
  CHECK(brush.count == 3);
  CHECK(brush.fields.given("size"));
  CHECK_FALSE(brush.fields.given("count"));
  CHECK_FALSE(brush.fields.given("no such field"));
  CHECK(brush.fields.knows("mark"));
  CHECK_FALSE(brush.fields.knows("Mark"));
}

TEST_CASE("describing a field twice is a mistake of the program") {
  Brush brush;
  CHECK_THROWS_AS(brush.fields.add("size", brush.size, "again"), std::logic_error);
}

TEST_CASE("an unknown option is answered with the nearest one") {
  Brush brush;
  CHECK(message_of<SpecError>([&] { brush.set("sise", "1"); }) ==
        "spec.yaml:7: brush.sise: unknown option 'sise' (did you mean 'size'?)");
}

TEST_CASE("a wrong value says where, what was expected and what came") {
  Brush brush;
  CHECK(message_of<SpecError>([&] { brush.set("size", "big"); }) ==
        "spec.yaml:7: brush.size: expected a number, got 'big'");
  CHECK(message_of<SpecError>([&] { brush.set("count", "2.5"); }) ==
        "spec.yaml:7: brush.count: expected a whole number, got '2.5'");
  CHECK(message_of<SpecError>([&] { brush.set("soft", "1"); }) ==
        "spec.yaml:7: brush.soft: expected true or false, got '1'");
  CHECK(message_of<SpecError>([&] { brush.set("grow", "x"); }) ==
        "spec.yaml:7: brush.grow: expected a number, got 'x'");
  CHECK(brush.size == 2.5);
  CHECK(brush.count == 3);
}

TEST_CASE("limits belong to the range and choices are exact") {
  Brush brush;
  brush.set("size", "0");
  brush.set("size", "100");
  CHECK(message_of<SpecError>([&] { brush.set("size", "100.5"); }) ==
        "spec.yaml:7: brush.size: expected 0 to 100, got 100.5");
  CHECK(message_of<SpecError>([&] { brush.set("size", "-1"); }) ==
        "spec.yaml:7: brush.size: expected 0 to 100, got -1");
  CHECK(message_of<SpecError>([&] { brush.set("count", "0"); }) ==
        "spec.yaml:7: brush.count: expected 1 or more, got 0");
  CHECK(message_of<SpecError>([&] { brush.set("grow", "51"); }) == "spec.yaml:7: brush.grow: expected 0 to 50, got 51");
  CHECK(message_of<SpecError>([&] { brush.set("kind", "rounds"); }) ==
        "spec.yaml:7: brush.kind: unknown value 'rounds' (did you mean 'round'?)");
  CHECK(brush.size == 100);
}

TEST_CASE("a single value given again replaces itself, in one layer or over two") {
  Brush brush;
  brush.set("size", "4");
  brush.set("count", "2");
  brush.set("size", "5");
  CHECK(brush.size == 5);
  CHECK(brush.fields.given_values() == std::vector<GivenValue>{{"count", "2"}, {"size", "5"}});
  brush.fields.begin_layer();
  brush.set("count", "9");
  CHECK(brush.count == 9);
  CHECK(brush.fields.given_values() == std::vector<GivenValue>{{"size", "5"}, {"count", "9"}});
}

TEST_CASE("a repeating field collects within a layer and starts anew in the next") {
  Brush brush;
  brush.set("mark", "1");
  brush.set("mark", "2");
  CHECK(brush.marks == std::vector{1, 2});
  brush.fields.begin_layer();
  CHECK(brush.marks == std::vector{1, 2});
  brush.set("mark", "3");
  brush.set("mark", "4");
  CHECK(brush.marks == std::vector{3, 4});
  CHECK(brush.fields.given_values() == std::vector<GivenValue>{{"mark", "3"}, {"mark", "4"}});
}

TEST_CASE("operations keep the order in which they are given among all names") {
  Brush brush;
  brush.set("grow", "1");
  brush.set("turn", "2");
  brush.set("size", "8");
  brush.set("grow", "3");
  CHECK(brush.operations == Words{"grow 1", "turn 2", "grow 3"});
}

TEST_CASE("an operation of a later layer replaces the one of its name in place, further ones follow") {
  Brush brush;
  brush.set("grow", "1");
  brush.set("turn", "2");
  brush.fields.begin_layer();
  brush.set("grow", "5");
  CHECK(brush.operations == Words{"grow 5", "turn 2"});
  brush.set("grow", "6");
  CHECK(brush.operations == Words{"grow 5", "turn 2", "grow 6"});
  CHECK(brush.fields.given_values() == std::vector<GivenValue>{{"grow", "5"}, {"turn", "2"}, {"grow", "6"}});
}

TEST_CASE("an operation that the earlier layer does not have comes last") {
  Brush brush;
  brush.set("turn", "2");
  brush.fields.begin_layer();
  brush.set("grow", "5");
  CHECK(brush.operations == Words{"turn 2", "grow 5"});
}

TEST_CASE("an operation that the spec has twice cannot be replaced by a flag") {
  Brush brush;
  brush.set("grow", "1");
  brush.set("grow", "2");
  brush.fields.begin_layer();
  CHECK(message_of<SpecError>([&] { brush.fields.set("grow", "3", "--grow"); }) ==
        "--grow: 'grow' stands 2 times in the spec; change it there");
}

TEST_CASE("resolved has defaults and values of the recipe, and the operations in order") {
  Brush brush;
  brush.set("turn", "2");
  brush.set("mark", "4");
  brush.set("grow", "1");
  brush.set("seed", "99");  // not in the recipe
  CHECK(
      brush.fields.resolved().dump() ==
      R"({"count":"3","kind":"round","mark":["4"],"operations":[["turn","2"],["grow","1"]],"size":"2.5","soft":"false"})");
}

TEST_CASE("values of a family are given by dotted names, and layers add to one another") {
  Words values;
  Fields fields;
  fields.add("tool-value", values, "KEY=VALUE").family_of("tool");
  fields.set("tool.size.wide", "a=b", "spec.yaml:3");
  fields.begin_layer();
  fields.set("tool.url", "x", "--set tool.url");
  fields.set("tool-value", "z=1", "--tool-value");
  CHECK(values == Words{"size.wide=a=b", "url=x", "z=1"});
  CHECK(fields.given("tool-value"));
  CHECK_THROWS_AS(fields.set("tools.url", "x", "--set"), SpecError);
}

}  // namespace inpaint::test
