#include "pipeline/pipeline.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <set>

#include "core/error.h"
#include "drawing.h"
#include "pipeline/helpers.h"
#include "support.h"

namespace inpaint::test {
namespace {

std::string refused(const Spec& spec, const Spec& overrides = {}) {
  return message_of<SpecError>([&] { Pipeline(spec, overrides); });
}

std::string hash_of(const std::string& text) { return Pipeline(yaml(text)).recipe_hash(); }

// The value in the recipe that a stage works with.
std::string value(const Pipeline& pipeline, size_t step, const std::string& option) {
  return pipeline.steps().at(step).fields->resolved().at(option).get<std::string>();
}

std::string operations(const Pipeline& pipeline, size_t step) {
  return pipeline.steps().at(step).fields->resolved().at("operations").dump();
}

Spec with_stages(std::vector<StageSpec> stages) {
  Spec spec;
  spec.stages = std::move(stages);
  return spec;
}

}  // namespace

TEST_CASE("all stages are known, with a summary, and can be made") {
  Words names;
  for (const StageInfo& info : all_stages()) {
    names.push_back(info.name);
    CHECK_FALSE(info.summary.empty());
    CHECK_FALSE(info.summary.ends_with('.'));
    CHECK(info.make() != nullptr);
  }
  CHECK(names == Words{"mask", "segment", "inpaint", "reconstruct", "remove-bg", "compose", "generate"});
  CHECK(stage_called("inpaint", "x").name == "inpaint");
}

TEST_CASE("ports have their names") {
  CHECK(port_name(Port::image) == "image");
  CHECK(port_name(Port::mask) == "mask");
  CHECK(port_name(Port::matte) == "matte");
  CHECK(port_name(Port::original) == "original");
}

TEST_CASE("an unknown stage is answered with its line and the nearest one") {
  CHECK(refused(yaml("stages:\n  - segment\n  - inpant\n")) ==
        "spec.yaml:3: unknown stage 'inpant' (did you mean 'inpaint'?)");
  CHECK(refused(yaml("stages: [upscale]")) ==
        "spec.yaml:1: unknown stage 'upscale' (known: mask, segment, inpaint, reconstruct, remove-bg, compose, "
        "generate)");
}

TEST_CASE("an unknown option or a wrong value is answered with its line") {
  CHECK(refused(yaml("stages:\n  - segment:\n      boxx: 1,2,3,4\n")) ==
        "spec.yaml:3: segment.boxx: unknown option 'boxx' (did you mean 'box'?)");
  CHECK(missing_of(refused(yaml("stages:\n  - segment:\n      box: 1,2,3\n")),
                   {"spec.yaml:3: segment.box: expected x,y,w,h", "got '1,2,3'"}) == "");
  CHECK(refused(yaml("run:\n  job: 2\nstages: [segment]\n")) ==
        "spec.yaml:2: run.job: unknown option 'job' (did you mean 'jobs'?)");
  CHECK(refused(yaml("output: {quality: 0}\nstages: [segment]\n")) ==
        "spec.yaml:1: output.quality: expected 1 to 100, got 0");
  CHECK(refused(yaml("input: {max-pixels: lots}\nstages: [segment]\n")) ==
        "spec.yaml:1: input.max-pixels: expected a number of pixels above 0, such as 250M, got 'lots'");
}

TEST_CASE("the spec changes defaults, and overrides change the spec") {
  const Spec spec = yaml(R"(input: {paths: [a, b], max-pixels: 5M}
output: {path: out, quality: 70}
run: {jobs: 3, seed: 8}
stages:
  - segment: {model: grabcut, iterations: 2}
)");
  const Pipeline plain(spec);
  CHECK(plain.input().paths == Words{"a", "b"});
  CHECK(plain.input().max_pixels.pixels == 5'000'000);
  CHECK(plain.output().path == "out");
  CHECK(plain.output().quality == 70);
  CHECK(plain.output().name == "{dir}/{stem}.{ext}");
  CHECK(plain.run().jobs == 3);
  CHECK(plain.run().seed == 8);
  CHECK(value(plain, 0, "iterations") == "2");
  CHECK(value(plain, 0, "tolerance") == "12");

  Spec flags = with_stages({stage_spec("segment", {"iterations=9"})});
  flags.input = {{"paths", "c", "INPUT"}};
  flags.output = {{"quality", "50", "--quality"}};
  flags.run = {{"jobs", "1", "--jobs"}};
  const Pipeline changed(spec, flags);
  CHECK(changed.input().paths == Words{"c"});
  CHECK(changed.input().max_pixels.pixels == 5'000'000);
  CHECK(changed.output().path == "out");
  CHECK(changed.output().quality == 50);
  CHECK(changed.run().jobs == 1);
  CHECK(changed.run().seed == 8);
  CHECK(value(changed, 0, "iterations") == "9");
}

TEST_CASE("an override replaces the one operation of its name in place and appends a new one") {
  const Spec spec = yaml("stages: [{mask: {rect: '1,1,2,2', grow: 1, invert: true}}]");
  CHECK(operations(Pipeline(spec, with_stages({stage_spec("mask", {"grow=7"})})), 0) ==
        R"([["grow","7"],["invert","true"]])");
  CHECK(operations(Pipeline(spec, with_stages({stage_spec("mask", {"feather=3"})})), 0) ==
        R"([["grow","1"],["invert","true"],["feather","3"]])");
}

TEST_CASE("overrides of one stage may come one by one") {
  const Spec spec = yaml("stages: [{mask: {rect: '1,1,2,2'}}]");
  const Pipeline pipeline(spec,
                          with_stages({stage_spec("mask", {"from-color=red"}), stage_spec("mask", {"tolerance=9"})}));
  CHECK(value(pipeline, 0, "tolerance") == "9");
}

TEST_CASE("an override of a stage that the pipeline does not have is refused") {
  const Spec spec = yaml("stages: [segment, inpaint]");
  CHECK(refused(spec, with_stages({stage_spec("segmnt", {"iterations=2"})})) ==
        "--set: no stage 'segmnt' in this pipeline (did you mean 'segment'?)");
  CHECK(refused(spec, with_stages({stage_spec("mask", {"grow=2"})})) ==
        "--set: no stage 'mask' in this pipeline (known: segment, inpaint)");
}

TEST_CASE("an override of a stage that stands twice is refused") {
  const Spec spec = yaml("stages: [{mask: {rect: '1,1,2,2'}}, {mask: {grow: 2}}]");
  CHECK(refused(spec, with_stages({stage_spec("mask", {"grow=3"})})) ==
        "--set: 'mask' stands 2 times in this pipeline; change it in the spec");
}

TEST_CASE("inpaint without a mask is refused with both cures") {
  CHECK(refused(yaml("stages: [inpaint]")) ==
        "inpaint: needs a mask: give --mask FILE|DIR (in a spec: input.mask) or put a stage before it that makes one");
  CHECK(refused(yaml("stages: [inpaint, segment]")).starts_with("inpaint: needs a mask"));
}

TEST_CASE("a mask comes from the input, from segment or from a drawing mask stage") {
  const ScratchFolder folder;
  write_mask(folder / "m.png", Mask(4, 3));
  CHECK_NOTHROW(Pipeline(yaml("input: {mask: '" + folder / "m.png" + "'}\nstages: [inpaint]")));
  CHECK_NOTHROW(Pipeline(yaml("stages: [segment, inpaint]")));
  CHECK_NOTHROW(Pipeline(yaml("stages: [{mask: {rect: '1,1,2,2'}}, inpaint]")));
  CHECK(refused(yaml("stages: [{mask: {grow: 2}}, inpaint]")).starts_with("mask: needs a mask"));
  CHECK_NOTHROW(Pipeline(yaml("stages: [segment, {mask: {grow: 2}}, inpaint]")));
}

TEST_CASE("a mask that no stage makes use of is refused") {
  const ScratchFolder folder;
  write_mask(folder / "m.png", Mask(4, 3));
  const std::string input = "input: {mask: '" + folder / "m.png" + "'}\n";
  const std::string complaint = "--mask (in a spec: input.mask): no stage of this pipeline makes use of it";
  CHECK(refused(yaml(input + "stages: [remove-bg]")) == complaint);
  CHECK(refused(yaml(input + "stages: [segment]")) == complaint);
  CHECK(refused(yaml(input + "output: {write: mask}\nstages: [remove-bg]")) == complaint);
  CHECK_NOTHROW(Pipeline(yaml(input + "stages: [{mask: {rect: '1,1,2,2'}}]")));
}

TEST_CASE("a mask that a stage replaces before another makes use of one is refused") {
  const ScratchFolder folder;
  write_mask(folder / "m.png", Mask(4, 3));
  const std::string input = "input: {mask: '" + folder / "m.png" + "'}\n";
  CHECK(refused(yaml(input + "stages: [segment, inpaint]")) ==
        "--mask (in a spec: input.mask): no stage of this pipeline makes use of it");
  CHECK_NOTHROW(Pipeline(yaml(input + "stages: [inpaint, segment]")));
}

TEST_CASE("a mask that does not exist is refused") {
  CHECK(refused(yaml("input: {mask: /nowhere/m.png}\nstages: [inpaint]")) ==
        "--mask: no such file or directory: '/nowhere/m.png'");
}

TEST_CASE("a mask can be written only where there is one") {
  CHECK(refused(yaml("output: {write: mask}\nstages: [remove-bg]")) ==
        "--write mask: no stage of this pipeline makes a mask");
  CHECK(Pipeline(yaml("output: {write: mask}\nstages: [segment, inpaint]")).result() == Port::mask);
}

TEST_CASE("the last stage decides what is written unless told otherwise") {
  CHECK(Pipeline(yaml("stages: [segment]")).result() == Port::mask);
  CHECK(Pipeline(yaml("stages: [segment, inpaint]")).result() == Port::image);
  CHECK(Pipeline(yaml("stages: [segment, {mask: {grow: 1}}]")).result() == Port::mask);
  CHECK(Pipeline(yaml("stages: [remove-bg]")).result() == Port::image);
  CHECK(Pipeline(yaml("output: {write: image}\nstages: [segment]")).result() == Port::image);
}

TEST_CASE("a pipeline makes alpha if one of its stages does") {
  CHECK(Pipeline(yaml("stages: [remove-bg]")).makes_alpha());
  CHECK(Pipeline(yaml("stages: [remove-bg, segment, inpaint]")).makes_alpha());
  CHECK_FALSE(Pipeline(yaml("stages: [segment, inpaint]")).makes_alpha());
}

TEST_CASE("companion files are those of the input and of all stages, without missing ones") {
  const ScratchFolder folder;
  write_mask(folder / "masks/a.png", Mask(4, 3));
  write_mask(folder / "one.png", Mask(4, 3));
  write_file(folder / "strokes/a.json", "[]");
  write_file(folder / "strokes/b.json", "[]");
  const Pipeline pipeline(yaml("input: {mask: '" + folder / "masks" + "'}\nstages:\n  - mask: {strokes: '" +
                               folder / "strokes" + "', subtract: '" + folder / "one.png" + "'}\n"));
  CHECK(pipeline.companion_files("a.jpg") ==
        Words{folder / "masks/a.png", folder / "strokes/a.json", folder / "one.png"});
  CHECK(pipeline.companion_files("b.jpg") == Words{folder / "strokes/b.json", folder / "one.png"});
  CHECK(pipeline.companion_files("c.jpg") == Words{folder / "one.png"});
  const Pipeline areas(yaml("stages:\n  - segment\n  - inpaint: {search-area: '" + folder / "masks" +
                            "', avoid-area: '" + folder / "one.png" + "'}\n"));
  CHECK(areas.companion_files("a.jpg") == Words{folder / "masks/a.png", folder / "one.png"});
  CHECK(areas.companion_files("b.jpg") == Words{folder / "one.png"});
  CHECK(Pipeline(yaml("stages: [segment]")).companion_files("a.jpg").empty());
}

TEST_CASE("previews are the pipeline's extras") {
  CHECK(Pipeline(yaml("stages: [segment]")).extras().empty());
  CHECK(Pipeline(yaml("stages: [{segment: {preview: true}}, inpaint]")).extras() == Words{".preview.jpg"});
}

TEST_CASE("the recipe's hash changes with every option of the recipe") {
  const ScratchFolder folder;
  write_mask(folder / "m.png", Mask(4, 3));
  const std::string plain = hash_of("stages: [segment, inpaint]");
  CHECK(hash_of("stages: [segment, inpaint]") == plain);
  std::set<std::string> hashes = {plain};
  for (const std::string text : {"stages: [segment]",
                                 "stages: [inpaint, segment]\ninput: {mask: 'MASK'}",
                                 "stages: [inpaint, segment]\ninput: {mask: 'MASK', mask-fit: resize}",
                                 "stages: [segment, inpaint]\noutput: {write: mask}",
                                 "stages: [segment, inpaint]\noutput: {write: image}",
                                 "stages: [segment, inpaint]\noutput: {format: jpeg}",
                                 "stages: [segment, inpaint]\noutput: {quality: 70}",
                                 "stages: [segment, inpaint]\noutput: {metadata: strip}",
                                 "stages: [segment, inpaint]\noutput: {background: black}",
                                 "stages: [segment, inpaint]\nrun: {seed: 1}",
                                 "stages: [{segment: {model: color-key}}, inpaint]",
                                 "stages: [{segment: {box: '1,2,3,4'}}, inpaint]",
                                 "stages: [{segment: {model: grabcut, iterations: 4}}, inpaint]",
                                 "stages: [{segment: {model: grabcut}}, inpaint]",
                                 "stages: [{segment: {point: '1,2'}}, inpaint]",
                                 "stages: [{segment: {hint: 'MASK'}}, inpaint]",
                                 "stages: [{segment: {keep-background: true}}, inpaint]",
                                 "stages: [{segment: {uncertain-below: 0.4}}, inpaint]",
                                 "stages: [{segment: {on-uncertain: fail}}, inpaint]",
                                 "stages: [{segment: {crops: true}}, inpaint]",
                                 "stages: [{segment: {model: color-key, tolerance: 13}}, inpaint]",
                                 "stages: [{segment: {model: color-key, color: red}}, inpaint]",
                                 "stages: [segment, {inpaint: {model: navier-stokes}}]",
                                 "stages: [segment, {inpaint: {model: auto}}]",
                                 "stages: [segment, {inpaint: {model: telea}}]",
                                 "stages: [segment, {inpaint: {model: telea, radius: 6}}]",
                                 "stages: [segment, {inpaint: {feather: 1}}]",
                                 "stages: [segment, {inpaint: {effort: fast}}]",
                                 "stages: [segment, {inpaint: {patch-size: 9}}]",
                                 "stages: [segment, {inpaint: {search-area: '1,2,3,4'}}]",
                                 "stages: [segment, {inpaint: {search-area: '1,2,3%,4'}}]",
                                 "stages: [segment, {inpaint: {search-area: 'MASK'}}]",
                                 "stages: [segment, {inpaint: {avoid-area: '1,2,3,4'}}]",
                                 "stages: [segment, {inpaint: {avoid-area: 'MASK'}}]",
                                 "stages: [segment, {mask: {grow: 1}}, inpaint]",
                                 "stages: [segment, {mask: {grow: 2}}, inpaint]",
                                 "stages: [segment, {mask: {grow: 1, shrink: 1}}, inpaint]",
                                 "stages: [segment, {mask: {shrink: 1, grow: 1}}, inpaint]",
                                 "stages: [segment, {mask: [grow: 1, shrink: 1, grow: 1]}, inpaint]",
                                 "stages: [segment, {mask: {rect: '1,1,2,2'}}, inpaint]",
                                 "stages: [segment, {mask: {rect: ['1,1,2,2', '3,3,1,1']}}, inpaint]"}) {
    CAPTURE(text);
    std::string own = text;
    if (const size_t at = own.find("MASK"); at != std::string::npos) own.replace(at, 4, folder / "m.png");
    CHECK(hashes.insert(hash_of(own)).second);
  }
}

TEST_CASE("the recipe's hash does not change with what leaves the outputs' bytes alone") {
  const std::string plain = hash_of("stages: [segment, inpaint]");
  for (const std::string text :
       {"input: photos\nstages: [segment, inpaint]",
        "input: {paths: photos, max-pixels: 5M}\nstages: [segment, inpaint]",
        "output: {path: elsewhere, name: '{stem}.png'}\nstages: [segment, inpaint]",
        "run: {jobs: 3, limit: 5, shard: 2/3, redo: true}\nstages: [segment, inpaint]",
        "run: {retry-failed: true, fail-fast: true, max-failures: 3, dry-run: true}\nstages: [segment, inpaint]",
        "stages: [{segment: {preview: true}}, inpaint]", "stages: [{segment: {overlay: true, regions: true}}, inpaint]",
        "stages: [segment, {inpaint: {debug: pictures}}]",
        "stages: [{segment: {model: auto, uncertain-below: 0.5}}, {inpaint: {model: patch, effort: normal, "
        "patch-size: 7, feather: 0}}]"}) {
    CAPTURE(text);
    CHECK(hash_of(text) == plain);
  }
  CHECK(hash_of("stages: [segment, {inpaint: {model: telea, radius: 5}}]") ==
        hash_of("stages: [segment, {inpaint: {model: telea}}]"));
}

TEST_CASE("two ways to write a value are one recipe") {
  CHECK(hash_of("stages: [{mask: {from-color: '#f00'}}]") == hash_of("stages: [{mask: {from-color: red}}]"));
  CHECK(hash_of("stages: [{segment: {box: '10%, 5, 20.0, 30'}}]") ==
        hash_of("stages: [{segment: {box: '10%,5,20,30'}}]"));
  CHECK(hash_of("stages: [segment, {inpaint: {search-area: '10%, 5, 20.0, 30'}}]") ==
        hash_of("stages: [segment, {inpaint: {search-area: '10%,5,20,30'}}]"));
  CHECK(hash_of("stages: [{segment: {preview: yes}}]") == hash_of("stages: [{segment: {preview: on}}]"));
}

TEST_CASE("the recipe is whole: every stage with every value, in order") {
  const nlohmann::json recipe = Pipeline(yaml("stages: [segment, {inpaint: {model: telea, radius: 7}}]")).recipe();
  REQUIRE(recipe.at("stages").size() == 2);
  CHECK(recipe["stages"][0]["stage"] == "segment");
  CHECK(recipe["stages"][0]["options"]["iterations"] == "5");
  CHECK(recipe["stages"][1]["stage"] == "inpaint");
  CHECK(recipe["stages"][1]["options"].dump() ==
        R"({"avoid-area":"","effort":"normal","feather":"0","hd-limit":"1280","hd-margin":"128","hd-strategy":"crop",)"
        R"("hd-trigger":"800","model":"telea","patch-size":"7","precision":"auto","radius":"7","search-area":"",)"
        R"("target":"","target-model":""})");
  CHECK(recipe["output"]["background"] == "#ffffff");
  CHECK(recipe["run"].dump() == R"({"seed":"0"})");
}

}  // namespace inpaint::test
