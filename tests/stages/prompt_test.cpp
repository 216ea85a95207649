#include "stages/prompt.h"

#include <doctest/doctest.h>

#include "core/error.h"
#include "support.h"

namespace inpaint::test {
namespace {

using Rows = std::vector<std::vector<std::string>>;

std::string refusal(const std::string& text, const std::string& table) {
  Prompt prompt;
  try {
    prompt.prepare(text, table);
  } catch (const SpecError& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("comma-separated values: quotes, commas, line breaks, both line ends, no last line end") {
  CHECK(parse_csv("a,b\r\n1,\"x, \"\"y\"\"\nz\"\n,\n", "f") == Rows{{"a", "b"}, {"1", "x, \"y\"\nz"}, {"", ""}});
  CHECK(parse_csv("a\n\nb", "f") == Rows{{"a"}, {"b"}});
  CHECK(parse_csv("", "f").empty());
  CHECK(parse_csv("\"\"", "f") == Rows{{""}});
  CHECK_THROWS_WITH_AS(parse_csv("a\n\"b", "f.csv"), "f.csv:2: a quote is not closed", SpecError);
}

TEST_CASE("names in braces stand for the picture's own") {
  Prompt prompt;
  CHECK(prompt.empty());
  prompt.prepare("{{{stem}}} in {dir}", "");
  CHECK(prompt.for_picture("shop/red/a.b.jpg") == "{a.b} in shop/red");
  CHECK(refusal("{color}", "").find("--table gives none") != std::string::npos);
  CHECK(refusal("{stem", "").find("without '}'") != std::string::npos);
}

TEST_CASE("rows are found by path, by path without extension, by file name, by stem") {
  const ScratchFolder folder;
  const std::string table = folder / "t.jsonl";
  write_file(table,
             "\xef\xbb\xbf{\"file\": \"x/a.jpg\", \"n\": 3}\n\n{\"file\": \"x/b\", \"n\": \"b\"}\n"
             "{\"file\": \"c.png\", \"n\": \"c\"}\n{\"file\": \"d\", \"n\": \"d\"}\n{\"file\": \"e\"}\n");
  Prompt prompt;
  prompt.prepare("{n}", table);
  CHECK(prompt.for_picture("x/a.jpg") == "3");
  CHECK(prompt.for_picture("x/b.webp") == "b");
  CHECK(prompt.for_picture("y/c.png") == "c");
  CHECK(prompt.for_picture("y/z/d.tif") == "d");
  CHECK_THROWS_AS(prompt.for_picture("e.png"), ItemError);
  CHECK_THROWS_WITH_AS(prompt.for_picture("f.png"), ("--table " + table + ": no row for 'f.png'").c_str(), ItemError);
}

TEST_CASE("mistakes in tables are told with file and row") {
  const ScratchFolder folder;
  const std::string table = folder / "t.csv", lines = folder / "t.jsonl";
  write_file(table, "file,n\na,1\na,2\n");
  CHECK(refusal("{n}", table).find("'a' stands there twice") != std::string::npos);
  write_file(table, "name,n\na,1\n");
  CHECK(refusal("{n}", table).find("column 'file'") != std::string::npos);
  write_file(table, "file,n\na\n");
  CHECK(refusal("{n}", table).find("row 2 has 1 value, expected 2") != std::string::npos);
  write_file(table, "file,n\n");
  CHECK(refusal("{n}", table).find("no rows") != std::string::npos);
  write_file(table, "file,name\na,1\n");
  CHECK(refusal("{nam}", table).find("did you mean 'name'?") != std::string::npos);
  write_file(lines, "{\"file\": \"a\"}\n[1]\n");
  CHECK(refusal("x", lines).find(":2: expected a JSON object") != std::string::npos);
  CHECK(refusal("x", folder / "none.csv").find("cannot be read") != std::string::npos);
}

}  // namespace inpaint::test
