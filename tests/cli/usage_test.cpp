// Asking wrongly: exit 2, one clear line on standard error, nothing on standard output, nothing written.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>

#include "support.h"

namespace inpaint::test {
namespace {

void check_refused(const RunResult& result, const std::vector<std::string>& words, int exit_code = 2) {
  CAPTURE(result.err);
  CHECK(result.exit_code == exit_code);
  CHECK(result.out.empty());
  CHECK(std::count(result.err.begin(), result.err.end(), '\n') == 1);
  for (const std::string& word : words) {
    CAPTURE(word);
    CHECK(result.err.find(word) != std::string::npos);
  }
}

// A folder with in/a.jpg, in/b.jpg and in/sub/a.jpg.
class InputFolder : public ScratchFolder {
 public:
  InputFolder() {
    for (const char* name : {"in/a.jpg", "in/b.jpg", "in/sub/a.jpg"})
      write_picture(*this / name, painted_picture(40, 30), Format::jpeg);
    write_mask(*this / "mask.png", Mask(40, 30));
  }
  RunResult run(const std::vector<std::string>& arguments) const {
    return run_inpaint(arguments, "cd '" + path().string() + "' && ");
  }
  void check_untouched() const {
    CHECK(files_below(path().string()) == std::vector<std::string>{"in/a.jpg", "in/b.jpg", "in/sub/a.jpg", "mask.png"});
  }
};

}  // namespace

TEST_CASE("every command explains itself") {
  const RunResult top = run_inpaint({"--help"});
  CHECK(top.exit_code == 0);
  CHECK(top.err.empty());
  for (const std::string command :
       {"mask", "segment", "inpaint", "remove-bg", "run", "check", "compare", "history", "list", "models"}) {
    CAPTURE(command);
    CHECK(top.out.find("  " + command + " ") != std::string::npos);
    const RunResult help = run_inpaint({command, "--help"});
    CHECK(help.exit_code == 0);
    CHECK(help.err.empty());
    CHECK(help.out.find("Usage: inpaint " + command) != std::string::npos);
  }
}

TEST_CASE("the help of a command shows each option with its rule and default") {
  const std::string help = run_inpaint({"inpaint", "--help"}).out;
  CHECK(help.find("--model NAME") != std::string::npos);
  CHECK(help.find("patch, auto, telea, navier-stokes; a network") != std::string::npos);
  CHECK(help.find("(default: patch)") != std::string::npos);
  CHECK(help.find("(original, resize, crop; default: crop)") != std::string::npos);
  CHECK(help.find("-o,--output OUTPUT") != std::string::npos);
}

TEST_CASE("the version is told, and with -v that of the libraries") {
  CHECK(run_inpaint({"--version"}).out.starts_with("inpaint "));
  CHECK(run_inpaint({"--version", "-v"}).out.find("libvips ") != std::string::npos);
}

TEST_CASE("without a command the help goes to standard error") {
  const RunResult result = run_inpaint({});
  CHECK(result.exit_code == 2);
  CHECK(result.out.empty());
  CHECK(result.err.find("Usage: inpaint") != std::string::npos);
}

TEST_CASE("wrong words are answered with the nearest right one") {
  const InputFolder folder;
  check_refused(folder.run({"remvoe-bg", "in", "-o", "out"}), {"remvoe-bg", "did you mean 'remove-bg'"});
  check_refused(folder.run({"mask", "in", "-o", "out", "--rectt", "1,1,2,2"}), {"--rectt", "did you mean '--rect'"});
  check_refused(folder.run({"inpaint", "in", "-o", "out", "--mask", "mask.png", "--model", "tela"}),
                {"--model", "'tela'", "did you mean 'telea'"});
  check_refused(folder.run({"mask", "in", "-o", "out", "--rect", "1,1,2,2", "--format", "jpge"}),
                {"--format", "did you mean 'jpeg'"});
  folder.check_untouched();
}

TEST_CASE("wrong values name the flag and what was expected") {
  const InputFolder folder;
  check_refused(folder.run({"mask", "in", "-o", "out", "--rect", "1,1,2"}), {"--rect", "x,y,w,h", "'1,1,2'"});
  check_refused(folder.run({"mask", "in", "-o", "out", "--rect", "1,1,2,2", "--grow", "many"}),
                {"--grow", "a number", "'many'"});
  check_refused(folder.run({"mask", "in", "-o", "out", "--rect", "1,1,2,2", "--quality", "101"}),
                {"--quality", "1 to 100", "101"});
  check_refused(folder.run({"mask", "in", "-o", "out", "--rect", "1,1,2,2", "--shard", "3/2"}),
                {"--shard", "I from 1 to N"});
  check_refused(folder.run({"mask", "in", "-o", "out", "--from-color", "pink"}), {"--from-color", "a colour like"});
  check_refused(folder.run({"mask", "in", "-o", "out", "--rect"}), {"--rect"});
  folder.check_untouched();
}

TEST_CASE("inputs and outputs that cannot work are refused before anything is written") {
  const InputFolder folder;
  check_refused(folder.run({"mask", "gone", "-o", "out", "--rect", "1,1,2,2"}),
                {"no such file or directory", "'gone'"});
  check_refused(folder.run({"mask", "in/*.png", "-o", "out", "--rect", "1,1,2,2"}), {"nothing matches", "in/*.png"});
  check_refused(folder.run({"mask", "in", "--rect", "1,1,2,2"}), {"-o OUTPUT is missing"});
  check_refused(folder.run({"mask", "-o", "out", "--rect", "1,1,2,2"}), {"no INPUT"});
  check_refused(folder.run({"mask", "in/a.jpg", "in/sub/a.jpg", "-o", "out", "--rect", "1,1,2,2"}),
                {"in/a.jpg", "in/sub/a.jpg", "both be written", "--name"});
  check_refused(folder.run({"mask", "in", "-o", "in/out", "--rect", "1,1,2,2"}), {"in/out", "inside the input"});
  check_refused(folder.run({"mask", "**/*.jpg", "-o", "out", "--write", "image", "--rect", "1,1,2,2"}),
                {"would match the input", "**/*.jpg"});
  check_refused(folder.run({"mask", "in", "-o", "in", "--rect", "1,1,2,2"}), {"inside the input"});
  check_refused(folder.run({"mask", "in/a.jpg", "-o", "in/a.jpg", "--rect", "1,1,2,2", "--write", "image"}),
                {"in/a.jpg", "overwritten"});
  check_refused(folder.run({"mask", "in/a.jpg", "-o", "mask.png", "--mask", "mask.png", "--grow", "2"}),
                {"mask.png", "overwritten"});
  check_refused(folder.run({"mask", "in", "-o", "mask.png/out", "--rect", "1,1,2,2"}), {"mask.png/out"});
  check_refused(folder.run({"mask", "in", "-o", "/proc/nowhere", "--rect", "1,1,2,2"}), {"/proc/nowhere"});
  check_refused(folder.run({"mask", "in", "-o", "mask.png", "--rect", "1,1,2,2"}), {"mask.png", "directory"});
  check_refused(folder.run({"mask", "in/a.jpg", "-o", "out.bmp", "--rect", "1,1,2,2"}),
                {"out.bmp", "unknown picture extension"});
  check_refused(folder.run({"mask", "in", "-o", "-", "--rect", "1,1,2,2"}), {"-o -", "one picture"});
  check_refused(folder.run({"mask", "in/a.jpg", "-o", "-", "--json", "--rect", "1,1,2,2"}),
                {"--json", "standard output"});
  check_refused(folder.run({"mask", "in", "-o", "out", "--rect", "1,1,2,2", "--name", "../{stem}.{ext}"}),
                {"--name", "below the output directory"});
  folder.check_untouched();
}

TEST_CASE("stages that do not fit together are refused") {
  const InputFolder folder;
  check_refused(folder.run({"inpaint", "in", "-o", "out"}), {"inpaint: needs a mask", "--mask"});
  check_refused(folder.run({"mask", "in", "-o", "out"}), {"mask: needs a mask"});
  check_refused(folder.run({"remove-bg", "in", "-o", "out", "--mask", "mask.png"}), {"--mask", "no stage"});
  check_refused(folder.run({"segment", "in", "-o", "out", "--model", "grabcut", "--tolerance", "3"}),
                {"--tolerance", "color-key"});
  check_refused(folder.run({"inpaint", "in", "-o", "out", "--mask", "nowhere.png"}), {"--mask", "nowhere.png"});
  folder.check_untouched();
}

}  // namespace inpaint::test
