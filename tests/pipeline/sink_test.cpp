#include "pipeline/sink.h"

#include <doctest/doctest.h>

#include <filesystem>

#include "core/error.h"
#include "pipeline/helpers.h"
#include "support.h"

namespace inpaint::test {
namespace {
namespace fs = std::filesystem;

Bytes bytes_of(const std::string& text) { return {text.begin(), text.end()}; }

}  // namespace

TEST_CASE("a directory sink writes below its root and makes the folders on the way") {
  const ScratchFolder folder;
  DirectorySink sink(folder / "out");
  CHECK_FALSE(sink.exists("a/b.png"));
  sink.put("a/b.png", bytes_of("first"));
  CHECK(sink.exists("a/b.png"));
  CHECK(file_text(folder / "out/a/b.png") == "first");
  sink.put("a/b.png", bytes_of("second"));
  CHECK(file_text(folder / "out/a/b.png") == "second");
  CHECK(files_below(folder / "out") == Words{"a/b.png"});
}

TEST_CASE("a directory sink takes back what it was given, and nothing if it is not there") {
  const ScratchFolder folder;
  DirectorySink sink(folder / "out");
  sink.put("a/b.png", bytes_of("first"));
  sink.put("a/c.png", bytes_of("second"));
  sink.remove("a/b.png");
  CHECK_NOTHROW(sink.remove("a/gone.png"));
  CHECK_NOTHROW(sink.remove("nowhere/at/all.png"));
  CHECK(files_below(folder / "out") == Words{"a/c.png"});
}

TEST_CASE("a directory sink shows people the plain path") {
  CHECK(DirectorySink("out").shown("a/b.png") == "out/a/b.png");
  CHECK(DirectorySink("out/").shown("b.png") == "out/b.png");
  CHECK(DirectorySink(".").shown("b.png") == "b.png");
  CHECK(DirectorySink("/x/../y").shown("b.png") == "/y/b.png");
}

TEST_CASE("an output that cannot be written is the picture's own failure") {
  const ScratchFolder folder;
  write_file(folder / "out/a", "a file where a folder has to be");
  DirectorySink sink(folder / "out");
  CHECK(missing_of(message_of<ItemError>([&] { sink.put("a/b.png", bytes_of("x")); }),
                   {"cannot make the folder '" + folder / "out/a" + "'"}) == "");
  CHECK_FALSE(sink.exists("a/b.png"));
}

TEST_CASE("standard output is shown as a dash and never there before") {
  const StdoutSink sink;
  CHECK(sink.shown("stdin.png") == "-");
  CHECK_FALSE(sink.exists("stdin.png"));
}

}  // namespace inpaint::test
