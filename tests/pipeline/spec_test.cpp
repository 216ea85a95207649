#include "pipeline/spec.h"

#include <doctest/doctest.h>

#include "core/error.h"
#include "pipeline/helpers.h"
#include "support.h"

namespace inpaint::test {
namespace {

// "name=text @where" of each option.
Words told(const std::vector<GivenOption>& options) {
  Words out;
  for (const GivenOption& option : options) out.push_back(option.name + "=" + option.text + " @" + option.where);
  return out;
}

std::string refused(const std::string& text) {
  return message_of<SpecError>([&] { yaml(text); });
}

}  // namespace

TEST_CASE("a stage may be a word alone") {
  const Spec spec = yaml("stages: [segment, remove-bg]");
  REQUIRE(spec.stages.size() == 2);
  CHECK(spec.stages[0].name == "segment");
  CHECK(spec.stages[0].where == "spec.yaml:1");
  CHECK(spec.stages[0].options.empty());
  CHECK(spec.stages[1].name == "remove-bg");
  CHECK(spec.input.empty());
  CHECK(spec.output.empty());
  CHECK(spec.run.empty());
}

TEST_CASE("a stage's options may be a mapping, with values as they are written") {
  const Spec spec = yaml(R"(stages:
  - mask:
      grow: 5
      from-color: '#ff0000'
      invert: yes
      ratio: 0.50
)");
  REQUIRE(spec.stages.size() == 1);
  CHECK(spec.stages[0].where == "spec.yaml:2");
  CHECK(told(spec.stages[0].options) ==
        Words{"grow=5 @spec.yaml:3: mask.grow", "from-color=#ff0000 @spec.yaml:4: mask.from-color",
              "invert=yes @spec.yaml:5: mask.invert", "ratio=0.50 @spec.yaml:6: mask.ratio"});
}

TEST_CASE("a stage's options may be a list, in which an operation occurs twice and words are switches") {
  const Spec spec = yaml(R"(stages:
  - mask:
    - rect: 1,2,3,4
    - grow: 5
    - invert
    - grow: 2
      feather: 1
)");
  CHECK(told(spec.stages.at(0).options) ==
        Words{"rect=1,2,3,4 @spec.yaml:3: mask.rect", "grow=5 @spec.yaml:4: mask.grow",
              "invert=true @spec.yaml:5: mask.invert", "grow=2 @spec.yaml:6: mask.grow",
              "feather=1 @spec.yaml:7: mask.feather"});
}

TEST_CASE("a stage may have its colon and no options") {
  const Spec spec = yaml("stages:\n  - segment:\n  - inpaint: {}\n");
  REQUIRE(spec.stages.size() == 2);
  CHECK(spec.stages[0].name == "segment");
  CHECK(spec.stages[0].options.empty());
  CHECK(spec.stages[1].name == "inpaint");
  CHECK(spec.stages[1].options.empty());
}

TEST_CASE("several values of one option are a list, each with the option's place") {
  const Spec spec = yaml("stages:\n  - mask:\n      rect:\n        - 1,2,3,4\n        - 5,6,7,8\n");
  CHECK(told(spec.stages.at(0).options) ==
        Words{"rect=1,2,3,4 @spec.yaml:3: mask.rect", "rect=5,6,7,8 @spec.yaml:3: mask.rect"});
}

TEST_CASE("the same stage may stand twice") {
  const Spec spec = yaml("stages:\n  - mask: {grow: 1}\n  - inpaint\n  - mask: {grow: 2}\n");
  REQUIRE(spec.stages.size() == 3);
  CHECK(spec.stages[0].name == "mask");
  CHECK(spec.stages[2].name == "mask");
  CHECK(spec.stages[2].where == "spec.yaml:4");
  CHECK(spec.stages[2].options.at(0).text == "2");
}

TEST_CASE("input and output alone are short for their paths") {
  const Spec spec = yaml("input: photos\noutput: out\nstages: [segment]\n");
  CHECK(told(spec.input) == Words{"paths=photos @spec.yaml:1: input.paths"});
  CHECK(told(spec.output) == Words{"path=out @spec.yaml:2: output.path"});
  CHECK(told(yaml("input: [a, b]\nstages: [segment]").input) ==
        Words{"paths=a @spec.yaml:1: input.paths", "paths=b @spec.yaml:1: input.paths"});
}

TEST_CASE("input, output and run may hold their options") {
  const Spec spec = yaml(R"(input:
  paths: [a, b]
  mask: m.png
output:
  path: out
  quality: 80
run: {jobs: 2, redo: true}
stages: [inpaint]
)");
  CHECK(told(spec.input) == Words{"paths=a @spec.yaml:2: input.paths", "paths=b @spec.yaml:2: input.paths",
                                  "mask=m.png @spec.yaml:3: input.mask"});
  CHECK(told(spec.output) == Words{"path=out @spec.yaml:5: output.path", "quality=80 @spec.yaml:6: output.quality"});
  CHECK(told(spec.run) == Words{"jobs=2 @spec.yaml:7: run.jobs", "redo=true @spec.yaml:7: run.redo"});
}

TEST_CASE("comments, anchors and quotes are those of YAML") {
  const Spec spec = yaml("# why\nstages:\n  - mask: &m {grow: \"5\"}  # five\n  - mask: *m\n");
  REQUIRE(spec.stages.size() == 2);
  CHECK(spec.stages[0].options.at(0).text == "5");
  CHECK(spec.stages[1].options.at(0).text == "5");
}

TEST_CASE("an unknown key is answered with its line and the nearest one") {
  CHECK(refused("input: a\nstage: [mask]\n") == "spec.yaml:2: unknown key 'stage' (did you mean 'stages'?)");
  CHECK(refused("stages: [mask]\nresize: 5\n") ==
        "spec.yaml:2: unknown key 'resize' (known: input, output, run, stages)");
}

TEST_CASE("a spec without stages is refused") {
  CHECK(refused("input: a\n") == "spec.yaml: 'stages' is missing or empty");
  CHECK(refused("stages: []\n") == "spec.yaml: 'stages' is missing or empty");
}

TEST_CASE("a spec that is no mapping is refused") {
  for (const std::string text : {"", "# nothing\n", "mask", "[mask]"}) {
    CAPTURE(text);
    CHECK(refused(text) == "spec.yaml: expected a mapping with the key 'stages'");
  }
}

TEST_CASE("a wrong kind is answered with its line and what was expected") {
  CHECK(refused("input: a\nstages: mask\n") == "spec.yaml:2: expected 'stages' to be a list");
  CHECK(refused("stages:\n  mask: {grow: 1}\n") == "spec.yaml:2: expected 'stages' to be a list");
  CHECK(refused("stages:\n  - [mask]\n") ==
        "spec.yaml:2: expected one stage name with its options (is the indentation right?)");
  CHECK(refused("stages:\n  - segment\n  - ~\n") ==
        "spec.yaml:3: expected one stage name with its options (is the indentation right?)");
  CHECK(refused("stages:\n  - mask:\n      - grow: {by: 5}\n") == "spec.yaml:3: expected 'grow' to be a single value");
  CHECK(refused("stages:\n  - mask:\n      rect: [[1, 2, 3, 4]]\n") ==
        "spec.yaml:3: expected each entry of 'rect' to be a single value");
  CHECK(refused("run: 5\nstages: [mask]\n") == "spec.yaml:1: expected the options of 'run', as 'name: value'");
  CHECK(refused("stages:\n  - segment\n  - mask: 5\n") ==
        "spec.yaml:3: expected the options of 'mask', as 'name: value'");
  CHECK(refused("stages: [mask]\n? [a, b]\n: c\n") == "spec.yaml:2: expected a key to be a single value");
}

TEST_CASE("options that are indented like their stage are found out") {
  CHECK(refused("stages:\n  - mask:\n    grow: 5\n") ==
        "spec.yaml:2: expected one stage name with its options (is the indentation right?)");
}

TEST_CASE("what is no YAML is answered with its line") {
  const std::string message = refused("input: a\nstages:\n  - mask: {grow: 5\n");
  CHECK(message.starts_with("spec.yaml:"));
  CHECK(refused("input: a\nstages: [mask]\n\tgrow: 5\n").starts_with("spec.yaml:3: "));
  CHECK(refused("input: 'a\n").starts_with("spec.yaml:"));
  CHECK(refused("stages: [*nobody]\n").starts_with("spec.yaml:1: "));
}

TEST_CASE("a spec is read from its file and named after it") {
  const ScratchFolder folder;
  write_file(folder / "a.yaml", "input: photos\nstages: [segment]\n");
  CHECK(told(read_spec(folder / "a.yaml").input) == Words{"paths=photos @" + folder / "a.yaml" + ":1: input.paths"});
  write_file(folder / "b.yaml", "stage: []\n");
  CHECK(message_of<SpecError>([&] {
          read_spec(folder / "b.yaml");
        }).starts_with(folder / "b.yaml" + ":1: unknown key 'stage'"));
}

TEST_CASE("a spec that cannot be read says so, and an empty one that it is empty of stages") {
  const ScratchFolder folder;
  CHECK(message_of<SpecError>([&] { read_spec(folder / "none.yaml"); }) ==
        folder / "none.yaml" + ": cannot read: No such file or directory");
  CHECK(message_of<SpecError>([&] { read_spec(folder.path().string()); }) ==
        folder.path().string() + ": cannot read: Is a directory");
  write_file(folder / "empty.yaml", "");
  CHECK(message_of<SpecError>([&] { read_spec(folder / "empty.yaml"); }) ==
        folder / "empty.yaml" + ": expected a mapping with the key 'stages'");
}

}  // namespace inpaint::test
