// Pipelines in YAML: run, check, --set, --print-spec, and the ready-made ones.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <filesystem>
#include <opencv2/core.hpp>

#include "support.h"

namespace inpaint::test {
namespace fs = std::filesystem;
namespace {

class SpecFolder : public ScratchFolder {
 public:
  SpecFolder() { write_picture(*this / "in/a.jpg", painted_picture(60, 40), Format::jpeg); }
  RunResult run(const std::vector<std::string>& arguments) const {
    return run_inpaint(arguments, "cd '" + path().string() + "' && ");
  }
  RunResult check(const std::string& yaml) const {
    write_file(*this / "spec.yaml", yaml);
    return run({"check", "spec.yaml"});
  }
};

}  // namespace

TEST_CASE("a spec runs as its stages would one after the other") {
  const SpecFolder folder;
  write_file(folder / "spec.yaml",
             "input: in\n"
             "output: {path: out, format: png}\n"
             "stages:\n"
             "  - mask: {rect: '10,10,8,6', grow: 2}\n"
             "  - inpaint: {model: navier-stokes, radius: 3}\n");
  REQUIRE(folder.run({"run", "spec.yaml"}).exit_code == 0);
  REQUIRE(folder.run({"mask", "in/a.jpg", "-o", "m.png", "--rect", "10,10,8,6", "--grow", "2"}).exit_code == 0);
  REQUIRE(
      folder.run({"inpaint", "in/a.jpg", "--mask", "m.png", "-o", "b.png", "--model", "navier-stokes", "--radius", "3"})
          .exit_code == 0);
  CHECK(cv::norm(load_picture(folder / "out/a.png").pixels(), load_picture(folder / "b.png").pixels(), cv::NORM_INF) ==
        0);
}

TEST_CASE("the command line overrides the spec, stage by stage") {
  const SpecFolder folder;
  write_file(folder / "spec.yaml", "stages:\n  - mask: {rect: '0,0,30,40'}\n");
  REQUIRE(folder
              .run({"run", "spec.yaml", "in", "-o", "out", "--set", "mask.rect=0,0,15,40", "--set",
                    "output.name={stem}.m.{ext}"})
              .exit_code == 0);
  CHECK(load_mask(folder / "out/a.m.png").coverage() == doctest::Approx(0.25));
  const RunResult wrong = folder.run({"run", "spec.yaml", "in", "-o", "out", "--set", "msak.rect=1,1,1,1"});
  CHECK(wrong.exit_code == 2);
  CHECK(wrong.err.find("did you mean 'mask'") != std::string::npos);
  CHECK(folder.run({"run", "spec.yaml", "in", "-o", "out", "--set", "rect"}).exit_code == 2);
}

TEST_CASE("mistakes in a spec are told with file and line") {
  const SpecFolder folder;
  const auto refused = [&](const std::string& yaml, const std::vector<std::string>& words) {
    const RunResult result = folder.check(yaml);
    CAPTURE(result.err);
    CHECK(result.exit_code == 2);
    for (const std::string& word : words) {
      CAPTURE(word);
      CHECK(result.err.find(word) != std::string::npos);
    }
  };
  refused("stages:\n  - mask:\n      rect: '1,1,2,2'\n      growth: 3\n",
          {"spec.yaml:4", "growth", "did you mean 'grow'"});
  refused("stages:\n  - mask:\n      rect: '1,1,2,2'\n      grow: lots\n",
          {"spec.yaml:4: mask.grow", "a number", "'lots'"});
  refused("input: in\nstage:\n  - mask\n", {"spec.yaml:2", "'stage'", "did you mean 'stages'"});
  refused("stages:\n  - msak: {}\n", {"spec.yaml:2", "did you mean 'mask'"});
  refused("stages:\n  - mask: {rect: '1,1,2,2'}\n  - inpaint: {model: telea, radius: 0}\n",
          {"spec.yaml:3: inpaint.radius", "1 to 100"});
  refused("stages:\n  - mask: {rect: [\n", {"spec.yaml:"});
  refused("output: {formt: png}\nstages: [segment]\n", {"spec.yaml:1", "did you mean 'format'"});
  refused("stages:\n  - mask:\n      rect: '1,1,2,2'\n      rect: '3,3,2,2'\n", {"spec.yaml:4", "'rect' stands twice"});
  refused("stages: [segment]\nstages: [segment]\n", {"spec.yaml:2", "'stages' stands twice"});
  refused("stages: []\n", {"spec.yaml", "'stages' is missing or empty"});
  refused("stages:\n  - inpaint\n", {"inpaint: needs a mask"});
  CHECK(folder.run({"check", "gone.yaml"}).err.find("gone.yaml: cannot read: No such file") != std::string::npos);
}

TEST_CASE("print-spec prints a spec that means the same") {
  const SpecFolder folder;
  const std::vector<std::string> command = {
      "mask",    "in",          "-o", "out",    "--rect", "10%,10%,30,20", "--rect", "1,1,5,5", "--from-color",
      "#ff0000", "--tolerance", "7",  "--grow", "3",      "--invert",      "--grow", "1",       "--feather",
      "2.5",     "--quality",   "77", "--seed", "5"};
  std::vector<std::string> print = command;
  print.push_back("--print-spec");
  const RunResult printed = folder.run(print);
  REQUIRE(printed.exit_code == 0);
  CHECK_FALSE(fs::exists(folder / "out"));
  write_file(folder / "spec.yaml", printed.out);
  REQUIRE(folder.run(command).exit_code == 0);
  CHECK(folder.run({"run", "spec.yaml"}).err.find("nothing to do: 1 done already") !=
        std::string::npos);  // the same recipe
}

TEST_CASE("every pipeline that ships passes the check") {
  int checked = 0;
  for (const auto& entry : fs::directory_iterator(INPAINT_SOURCE_DIR "/pipelines")) {
    CAPTURE(entry.path().string());
    CHECK(run_inpaint({"check", entry.path().string()}).exit_code == 0);
    ++checked;
  }
  CHECK(checked >= 3);
}

TEST_CASE("list tells stages and models, for people and as JSON") {
  CHECK(run_inpaint({"list", "stages"}).out.find("remove-bg: ") != std::string::npos);
  CHECK(run_inpaint({"list", "models"}).out.find("navier-stokes") != std::string::npos);
  CHECK(run_inpaint({"list", "stages", "--json"}).out.starts_with("["));
  CHECK(run_inpaint({"list", "models", "--json"}).out.find("\"task\": \"segment\"") != std::string::npos);
  CHECK(run_inpaint({"list", "nonsense"}).exit_code == 2);
}

}  // namespace inpaint::test
