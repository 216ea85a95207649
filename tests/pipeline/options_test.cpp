#include "pipeline/options.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <set>

#include "core/error.h"
#include "pipeline/helpers.h"

namespace inpaint::test {
namespace {

Words thousand_names() {
  Words names;
  for (int i = 0; i < 1000; ++i) names.push_back(fmt::format("shoot {}/IMG_{:04}.jpg", i % 7, i));
  return names;
}

std::set<std::string> part(const Words& names, uint64_t index, uint64_t count) {
  std::set<std::string> out;
  for (const std::string& name : names) {
    if (Shard{index, count}.holds(name)) out.insert(name);
  }
  return out;
}

const Field& field(const Fields& fields, const std::string& name) {
  for (const Field& one : fields.all()) {
    if (one.name == name) return one;
  }
  throw std::logic_error("no field " + name);
}

}  // namespace

TEST_CASE("a number of pixels is read plainly, in millions or in megapixels") {
  CHECK(Codec<PixelCount>::parse("250000000").pixels == 250'000'000);
  CHECK(Codec<PixelCount>::parse("250M").pixels == 250'000'000);
  CHECK(Codec<PixelCount>::parse("250MP").pixels == 250'000'000);
  CHECK(Codec<PixelCount>::parse("0.5M").pixels == 500'000);
  CHECK(Codec<PixelCount>::parse("1").pixels == 1);
  CHECK(Codec<PixelCount>::parse("1000000M").pixels == 1'000'000'000'000);
}

TEST_CASE("a number of pixels that makes no sense is refused with an example") {
  for (const std::string text : {"", "M", "MP", "0", "-5M", "0.9", "250 M", "250m", "250K", "P", "1e13", "nan", "MM"}) {
    CAPTURE(text);
    CHECK(message_of<BadValue>([&] { Codec<PixelCount>::parse(text); }) == "a number of pixels above 0, such as 250M");
  }
}

TEST_CASE("a number of pixels prints in millions where they are whole and reads back") {
  CHECK(Codec<PixelCount>::print({250'000'000}) == "250M");
  CHECK(Codec<PixelCount>::print({1'000'001}) == "1000001");
  for (const int64_t pixels : {int64_t{1}, int64_t{999'999}, int64_t{2'000'000}, int64_t{123'456'789'012}}) {
    CHECK(Codec<PixelCount>::parse(Codec<PixelCount>::print({pixels})).pixels == pixels);
  }
}

TEST_CASE("a shard is read as part of a whole and printed so") {
  const Shard shard = Codec<Shard>::parse("2/5");
  CHECK(shard.index == 2);
  CHECK(shard.count == 5);
  CHECK(Codec<Shard>::print(shard) == "2/5");
  CHECK(Codec<Shard>::print(Shard()) == "1/1");
  CHECK(Codec<Shard>::parse("5/5").index == 5);
}

TEST_CASE("a shard outside its whole is refused") {
  for (const std::string text : {"", "2", "0/5", "6/5", "0/0", "-1/5", "1/-5", "a/b", "1/2/3", "1.5/2", "/5", "2/"}) {
    CAPTURE(text);
    CHECK(message_of<BadValue>([&] { Codec<Shard>::parse(text); }) == "I/N with I from 1 to N");
  }
}

TEST_CASE("the shards of a thousand names are disjoint, complete and about equal") {
  const Words names = thousand_names();
  for (const uint64_t count : {uint64_t{2}, uint64_t{7}, uint64_t{10}}) {
    std::set<std::string> all;
    size_t sum = 0;
    for (uint64_t index = 1; index <= count; ++index) {
      const std::set<std::string> held = part(names, index, count);
      const double fair = 1000.0 / static_cast<double>(count);
      CHECK(static_cast<double>(held.size()) > 0.7 * fair);
      CHECK(static_cast<double>(held.size()) < 1.3 * fair);
      all.insert(held.begin(), held.end());
      sum += held.size();
    }
    CHECK(sum == 1000);
    CHECK(all.size() == 1000);
  }
}

TEST_CASE("the one shard of one holds everything") { CHECK(part(thousand_names(), 1, 1).size() == 1000); }

TEST_CASE("a shard holds the same pictures when others are added") {
  const Words names = thousand_names();
  const std::set<std::string> before = part(names, 3, 4);
  Words more = {"0 first.jpg", "shoot 3/another.jpg"};
  more.insert(more.end(), names.begin(), names.end());
  more.push_back("zz last.jpg");
  std::set<std::string> after = part(more, 3, 4);
  for (const std::string added : {"0 first.jpg", "shoot 3/another.jpg", "zz last.jpg"}) after.erase(added);
  CHECK(after == before);
}

TEST_CASE("a shard holds the same pictures on every machine and in every version") {
  // XXH3_64bits("a") is 0xe6c632b61e964e1f and of "abc" 0x78af5f94892f3950 by the published test vectors.
  CHECK(Shard{2, 2}.holds("a"));
  CHECK(Shard{2, 3}.holds("a"));
  CHECK(Shard{2, 7}.holds("a"));
  CHECK(Shard{1, 2}.holds("abc"));
  CHECK(Shard{2, 3}.holds("abc"));
  CHECK(Shard{3, 7}.holds("abc"));
}

TEST_CASE("only what changes the bytes of the outputs belongs to the recipe") {
  InputOptions input;
  OutputOptions output;
  RunOptions run;
  Fields fields;
  input.describe(fields);
  output.describe(fields);
  run.describe(fields);
  std::set<std::string> in_recipe;
  for (const Field& one : fields.all()) {
    if (one.in_recipe) in_recipe.insert(one.name);
  }
  CHECK(in_recipe ==
        std::set<std::string>{"mask", "mask-fit", "write", "format", "quality", "metadata", "background", "seed"});
}

TEST_CASE("shared options have their defaults and rules") {
  InputOptions input;
  OutputOptions output;
  RunOptions run;
  Fields fields;
  input.describe(fields);
  output.describe(fields);
  run.describe(fields);
  CHECK(field(fields, "max-pixels").default_text == "250M");
  CHECK(field(fields, "mask-fit").rule() == "error, resize");
  CHECK(field(fields, "name").default_text == "{dir}/{stem}.{ext}");
  CHECK(field(fields, "write").rule() == "auto, image, mask");
  CHECK(field(fields, "format").rule() == "jpeg, png, webp, tiff, avif, heic");
  CHECK(field(fields, "quality").rule() == "1 to 100");
  CHECK(field(fields, "background").default_text == "#ffffff");
  CHECK(field(fields, "jobs").rule() == "0 to 1024");
  CHECK(field(fields, "shard").default_text == "1/1");
  for (const std::string name : {"redo", "retry-failed", "fail-fast", "dry-run"})
    CHECK(field(fields, name).is_switch());
  CHECK(message_of<SpecError>([&] { fields.set("shard", "3/2", "--shard"); }) ==
        "--shard: expected I/N with I from 1 to N, got '3/2'");
  CHECK(message_of<SpecError>([&] { fields.set("limit", "0", "--limit"); }) == "--limit: expected 1 or more, got 0");
  CHECK(message_of<SpecError>([&] { fields.set("quality", "101", "--quality"); }) ==
        "--quality: expected 1 to 100, got 101");
}

}  // namespace inpaint::test
