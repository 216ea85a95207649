#include <doctest/doctest.h>

#include "pipeline/helpers.h"
#include "pipeline/pipeline.h"
#include "support.h"

namespace inpaint::test {
namespace {

// Prints the pipeline, reads that, and compares all that was given.
void check_round_trip(const Spec& spec, const Spec& overrides = {}) {
  const Pipeline first(spec, overrides);
  const std::string text = first.print();
  CAPTURE(text);
  const Pipeline second(yaml(text));
  CHECK(second.recipe_hash() == first.recipe_hash());
  CHECK(second.print() == text);
  CHECK(second.input().paths == first.input().paths);
  CHECK(second.output().path == first.output().path);
  CHECK(second.output().name == first.output().name);
  CHECK(second.run().jobs == first.run().jobs);
  CHECK(second.run().limit == first.run().limit);
  CHECK(second.run().redo == first.run().redo);
  CHECK(Codec<Shard>::print(second.run().shard) == Codec<Shard>::print(first.run().shard));
  CHECK(second.input().max_pixels.pixels == first.input().max_pixels.pixels);
}

std::string printed(const std::string& text) { return Pipeline(yaml(text)).print(); }

}  // namespace

TEST_CASE("what was given is printed, and no default") {
  CHECK(printed("stages: [segment]") == "stages:\n  - segment\n");
  CHECK(printed("input: photos\noutput: out\nrun: {jobs: 2}\nstages: [segment, {inpaint: {patch-size: 9}}]") ==
        R"(input:
  paths: photos
output:
  path: out
run:
  jobs: 2
stages:
  - segment
  - inpaint:
      patch-size: 9
)");
}

TEST_CASE("a value that equals the default is still printed when it was given") {
  CHECK(printed("stages: [segment, {inpaint: {patch-size: 7}}]") ==
        "stages:\n  - segment\n  - inpaint:\n      patch-size: 7\n");
}

TEST_CASE("several values of an option print as a list") {
  CHECK(printed("input: [a, b]\nstages: [segment]") == "input:\n  paths:\n    - a\n    - b\nstages:\n  - segment\n");
}

TEST_CASE("operations print as a mapping where each stands once, in their order") {
  CHECK(printed("stages: [{mask: {rect: '1,2,3,4', grow: 2, invert: true, feather: 1}}]") ==
        R"(stages:
  - mask:
      rect: 1,2,3,4
      grow: 2
      invert: true
      feather: 1
)");
}

TEST_CASE("operations print as a list where one stands twice, in their order") {
  CHECK(printed("stages: [{mask: [rect: ['1,2,3,4', '5,6,7,8'], grow: 2, invert, grow: 3]}]") ==
        R"(stages:
  - mask:
      - rect:
          - 1,2,3,4
          - 5,6,7,8
      - grow: 2
      - invert: true
      - grow: 3
)");
}

TEST_CASE("a printed pipeline read back has the same recipe") {
  check_round_trip(yaml("stages: [segment]"));
  check_round_trip(
      yaml("stages: [remove-bg]\noutput: {background: '#102030', format: webp, quality: 77, metadata: strip}"));
  check_round_trip(
      yaml("stages: [{mask: {from-color: ['#ff0000', '#0f0', blue], tolerance: 12.5, from-alpha: true}}]"));
  check_round_trip(yaml("stages: [{segment: {point: ['10%,20', '5,6,0', '-1,2.5,1'], box: '10%,10%,50%,200'}}]"));
  check_round_trip(yaml("stages: [{mask: {polygon: '0,0,10%,0,5,50%', ellipse: ['1,2,3,4', '5,6,7,8']}}, inpaint]"));
  check_round_trip(
      yaml("stages: [{mask: {random: strokes, ratio: 0.1}}, {inpaint: {model: navier-stokes, radius: 3, feather: "
           "2}}]\nrun: {seed: 18446744073709551615}"));
  const ScratchFolder folder;
  const std::string area = folder / "an area: #1's.png";  // YAML would not read it plain
  write_mask(area, Mask(4, 3));
  check_round_trip(
      yaml("stages: [segment, {inpaint: {model: auto, effort: best, patch-size: 15, search-area: '10%,-5,20.5,50%', "
           "avoid-area: \"" +
           area + "\"}}]"));
  check_round_trip(
      yaml("stages: [{mask: [rect: '1,2,3,4', grow: 2.5, shrink: 1, grow: 2, invert, fill-holes, keep-largest, invert, "
           "invert: false]}]"));
  check_round_trip(
      yaml("stages: [{mask: {shrink: 1, grow: 2, rect: '1,2,3,4'}}, {mask: {grow: 1}}, {mask: [grow: 1, grow: 1]}, "
           "inpaint]"));
  check_round_trip(
      yaml("run: {jobs: 3, limit: 12, shard: 2/7, redo: true}\ninput: {paths: in, max-pixels: 12345678}\noutput: "
           "{path: out, name: '{stem}-cut.{ext}'}\nstages: [segment]"));
}

TEST_CASE("overrides are printed as if they stood in the spec") {
  Spec flags;
  flags.stages = {stage_spec("mask", {"grow=9", "rect=5,6,7,8", "feather=2"})};
  flags.input = {{"paths", "x", "INPUT"}, {"paths", "y", "INPUT"}};
  const Spec spec =
      yaml("input: [a, b, c]\nstages: [{mask: {rect: ['1,2,3,4', '2,2,2,2'], grow: 1, invert: true}}, inpaint]");
  check_round_trip(spec, flags);
  CHECK(Pipeline(spec, flags).print() ==
        R"(input:
  paths:
    - x
    - y
stages:
  - mask:
      grow: 9
      invert: true
      rect: 5,6,7,8
      feather: 2
  - inpaint
)");
}

TEST_CASE("any text survives printing and reading") {
  for (const std::string path :
       {"-",   "--",  "---",   "...",      "null",  "Null", "~",     "true",      "no",    "007",       "1e3", "0x1f",
        "a b", " a",  "a ",    "a: b",     "#a",    "a#b",  "a # b", "@list.txt", "*.jpg", "&a",        "!a",  "%a",
        "`a",  "'a'", "\"a\"", "a\\b",     "a\tb",  "a\nb", "[a]",   "{a}",       "a,b",   ",",         "?",   "? a",
        ":",   "|",   ">",     "é ü 日本", "C:\\x", "-a",   "<<",    "=",         "a:",    "2024-01-01"}) {
    CAPTURE(path);
    Spec spec;
    spec.stages = {stage_spec("segment")};
    spec.input = {{"paths", path, "INPUT"}, {"paths", "b", "INPUT"}};
    spec.output = {{"path", path, "-o"}};
    check_round_trip(spec);
    spec.input.pop_back();
    check_round_trip(spec);
  }
}

}  // namespace inpaint::test
