#include "pipeline/plan.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <filesystem>
#include <set>

#include "core/error.h"
#include "pipeline/helpers.h"
#include "support.h"

namespace inpaint::test {
namespace {
namespace fs = std::filesystem;
using Decision = PlannedItem::Decision;

const std::string jpeg_head = "\xff\xd8\xff", png_head = "\x89PNG\r\n\x1a\n";

// A pipeline of the stage given, with inputs and an output.
struct Job {
  std::unique_ptr<Pipeline> pipeline;
  Job(const Words& inputs, const std::string& output, const Words& options = {},
      const StageSpec& stage = stage_spec("segment")) {
    Spec spec;
    for (const std::string& input : inputs) spec.input.push_back({"paths", input, "INPUT"});
    if (!output.empty()) spec.output.push_back({"path", output, "-o"});
    const std::set<std::string> of_input = {"mask", "mask-fit", "max-pixels"},
                                of_output = {"name", "write", "format", "quality"};
    for (const GivenOption& option : stage_spec("", options).options) {
      (of_input.contains(option.name)    ? spec.input
       : of_output.contains(option.name) ? spec.output
                                         : spec.run)
          .push_back(option);
    }
    spec.stages = {stage};
    pipeline = std::make_unique<Pipeline>(spec);
  }
  Plan plan() const { return make_plan(*pipeline); }
  std::string refused() const {
    return message_of<SpecError>([&] { make_plan(*pipeline); });
  }
  /// The names of all outputs.
  Words outputs() const {
    Words out;
    for (const PlannedItem& item : plan().items) out.push_back(item.output);
    return out;
  }
};

// A stage that leaves pictures as they are, in their own format.
Job plain(const Words& inputs, const std::string& output, Words options = {}) {
  options.push_back("write=image");
  return Job(inputs, output, options);
}

const char* word_of(Decision decision) {
  switch (decision) {
    case Decision::work: return "work";
    case Decision::done: return "done";
    case Decision::failed_before: return "failed_before";
    case Decision::later: return "later";
  }
  return "";
}

// "decision: reason" of each picture.
Words decisions(const Plan& plan) {
  Words out;
  for (const PlannedItem& item : plan.items) out.push_back(std::string(word_of(item.decision)) + ": " + item.reason);
  return out;
}

// Tells the ledger that each planned picture ended so, and writes outputs for those that are done.
void settle(const Plan& plan, const std::string& status = "done", bool input_at_fault = false,
            const std::string& reason = "") {
  open_output(plan);
  Ledger ledger(plan.ledger_directory, Ledger::Mode::write);
  for (const PlannedItem& item : plan.items) {
    LedgerRecord record;
    record.output = item.output;
    record.input = item.source.location;
    record.status = status;
    record.reason = reason;
    record.input_at_fault = input_at_fault;
    record.recipe = plan.recipe_hash;
    record.inputs = item.inputs;
    record.facts = "{}";
    ledger.put(record);
    if (status == "done") write_file((fs::path(plan.ledger_directory) / item.output).string(), "done");
  }
}

// in/a.jpg, in/x/b.png, in/x/c.jpg
struct Photos {
  Photos() {
    write_file(folder / "in/a.jpg", jpeg_head);
    write_file(folder / "in/x/b.png", png_head);
    write_file(folder / "in/x/c.jpg", jpeg_head);
  }
  std::string in() const { return folder / "in"; }
  std::string out() const { return folder / "out"; }
  ScratchFolder folder;
};

}  // namespace

TEST_CASE("an output directory mirrors the input tree") {
  const Photos photos;
  const Plan plan = plain({photos.in()}, photos.out()).plan();
  REQUIRE(plan.items.size() == 3);
  CHECK(plan.items[0].output == "a.jpg");
  CHECK(plan.items[1].output == "x/b.png");
  CHECK(plan.items[2].output == "x/c.jpg");
  CHECK(plan.items[1].source.location == photos.in() + "/x/b.png");
  CHECK(plan.ledger_directory == photos.out());
  CHECK(plan.sink->shown(plan.items[1].output) == photos.out() + "/x/b.png");
  CHECK(plan.count(Decision::work) == 3);
  CHECK(plan.count(Decision::done) == 0);
}

TEST_CASE("planning writes nothing") {
  const Photos photos;
  const Words before = files_below(photos.folder.path().string());
  plain({photos.in()}, photos.out()).plan();
  CHECK(files_below(photos.folder.path().string()) == before);
  CHECK_FALSE(fs::exists(photos.out()));
}

TEST_CASE("files that are no pictures are told and left out") {
  const Photos photos;
  write_file(photos.in() + "/readme.txt", "hello");
  const Plan plan = plain({photos.in()}, photos.out()).plan();
  CHECK(plan.items.size() == 3);
  CHECK(plan.passed_over == Words{photos.in() + "/readme.txt"});
}

TEST_CASE("input and output must be given") {
  CHECK(plain({"a.jpg"}, "").refused() ==
        "-o OUTPUT is missing (in a spec: output); give a directory, a file for one input, or -");
  CHECK(plain({}, "out").refused() == "no INPUT given (in a spec: input)");
  CHECK(plain({"-", "a.jpg"}, "out").refused() == "standard input (-) cannot be mixed with other inputs");
}

TEST_CASE("--name changes the outputs' names by its four words") {
  const Photos photos;
  const auto named = [&](const std::string& name) {
    return plain({photos.in()}, photos.out(), {"name=" + name}).outputs();
  };
  CHECK(named("{dir}/{stem}-cut.{ext}") == Words{"a-cut.jpg", "x/b-cut.png", "x/c-cut.jpg"});
  CHECK(named("{stem}.{ext}") == Words{"a.jpg", "b.png", "c.jpg"});
  CHECK(named("{dir}/{name}.{ext}") == Words{"a.jpg.jpg", "x/b.png.png", "x/c.jpg.jpg"});
  CHECK(named("new/./{dir}//{name}") == Words{"new/a.jpg", "new/x/b.png", "new/x/c.jpg"});
  CHECK(named("{stem}.{ext") == Words{"a.{ext", "b.{ext", "c.{ext"});  // a brace that nothing closes is a letter
}

TEST_CASE("an unknown word in --name is answered with the nearest one") {
  const Photos photos;
  CHECK(plain({photos.in()}, photos.out(), {"name={stm}.{ext}"}).refused() ==
        "--name: unknown word '{stm}' (did you mean 'stem'?)");
  CHECK(plain({photos.in()}, photos.out(), {"name={}.png"}).refused() ==
        "--name: unknown word '{}' (known: dir, stem, name, ext)");
}

TEST_CASE("a name that leaves the output directory is refused") {
  const Photos photos;
  for (const std::string name :
       {"../{name}", "{dir}/../../{name}", "..", ".", "", "/", "{stem}/", "x/..", "../out/{name}"}) {
    CAPTURE(name);
    const std::string message = plain({photos.in() + "/a.jpg"}, photos.out() + "/", {"name=" + name}).refused();
    CHECK(missing_of(message, {"--name '" + name + "': '", "is no file below the output directory"}) == "");
  }
}

TEST_CASE("slashes at the start of a name do not lead to the root of the disk") {
  const Photos photos;
  for (const std::string name : {"/{name}", "//{name}", "/{dir}/{name}", "///x/../{name}"}) {
    CAPTURE(name);
    CHECK(plain({photos.in() + "/a.jpg"}, photos.out() + "/", {"name=" + name}).outputs() == Words{"a.jpg"});
  }
}

TEST_CASE("two inputs that would write one file are refused with the cure") {
  const ScratchFolder folder;
  write_file(folder / "in/a.jpg", jpeg_head);
  write_file(folder / "in/a.png", png_head);
  CHECK(Job({folder / "in"}, folder / "out").refused() ==
        "'" + folder / "in/a.jpg" + "' and '" + folder / "in/a.png" + "' would both be written to '" +
            folder / "out/a.png" + "'; tell them apart with --name, e.g. --name \"{dir}/{name}.{ext}\"");
  CHECK(Job({folder / "in"}, folder / "out", {"name={dir}/{name}.{ext}"}).outputs() == Words{"a.jpg.png", "a.png.png"});
}

TEST_CASE("files of one name in two input folders are refused") {
  const ScratchFolder folder;
  write_file(folder / "x/a.jpg", jpeg_head);
  write_file(folder / "y/a.jpg", jpeg_head);
  CHECK(missing_of(plain({folder / "x", folder / "y"}, folder / "out").refused(),
                   {folder / "x/a.jpg", folder / "y/a.jpg", "would both be written to"}) == "");
}

TEST_CASE("a preview that would be written over another output is refused") {
  const ScratchFolder folder;
  write_file(folder / "in/a.jpg", jpeg_head);
  write_file(folder / "in/a.preview.jpg", jpeg_head);
  const StageSpec with_preview = stage_spec("segment", {"preview"});
  CHECK(missing_of(Job({folder / "in"}, folder / "out", {"write=image"}, with_preview).refused(),
                   {"a.preview.jpg", "would both be written to"}) == "");
  CHECK(extra_name("a/b.png", ".preview.jpg") == "a/b.preview.jpg");
  CHECK(extra_name("a.b/c", ".preview.jpg") == "a.b/c.preview.jpg");
}

TEST_CASE("a crop that could be written over another output is refused, whatever its number") {
  const StageSpec with_crops = stage_spec("segment", {"crops"});
  const auto refused = [&](const std::string& other, const Words& options = {}) {
    const ScratchFolder folder;
    write_file(folder / "in/a.png", png_head);
    write_file(folder / "in/" + other, png_head);
    const Job job({folder / "in"}, folder / "out", options, with_crops);
    return missing_of(job.refused(), {"a.png", other, "would both be written to"}) == "";
  };
  CHECK(refused("a.crop-1.png"));
  CHECK(refused("a.crop-712.png"));
  CHECK_FALSE(refused("a.crop-.png"));
  CHECK_FALSE(refused("a.crop-x1.png"));
  CHECK_FALSE(refused("b.crop-1.png"));
  CHECK_FALSE(refused("1.png"));
  CHECK_FALSE(refused("a.crop-1.png", {"name={name}.mask.png"}));
}

TEST_CASE("a crop that could be written over an input is refused") {
  const ScratchFolder folder;
  write_file(folder / "a.png", png_head);
  write_file(folder / "a.m.crop-2.png", png_head);
  const Words names = {"name={stem}.m.png"};
  CHECK(missing_of(Job({folder / "a.png", folder / "a.m.crop-2.png"}, folder.path().string(), names,
                       stage_spec("segment", {"crops"}))
                       .refused(),
                   {"a.m.crop-2.png' is an input and would be overwritten"}) == "");
}

TEST_CASE("a glob must not match what is written beside the results either") {
  const ScratchFolder folder;
  write_file(folder / "a.jpg", jpeg_head);
  const auto refused = [&](const std::string& option) {
    return Job({folder / "*.[jp][pn]g"}, folder.path().string(), {"name={stem}.mask.webp"},
               stage_spec("segment", {option}))
        .refused();
  };
  CHECK(missing_of(refused("crops"), {"a.mask.crop-#.png' would match the input"}) == "");
  CHECK(missing_of(refused("overlay"), {"a.mask.preview.jpg' would match the input"}) == "");
  CHECK(refused("regions") == "nothing of this type was thrown");
}

TEST_CASE("a crop that is gone makes its picture due, one that never was does not") {
  const Photos photos;
  const Job job({photos.in()}, photos.out(), {}, stage_spec("segment", {"crops"}));
  settle(job.plan());
  CHECK(decisions(job.plan()) == Words{"done: ", "done: ", "done: "});
  {
    Ledger ledger(photos.out(), Ledger::Mode::write);
    LedgerRecord record = *ledger.find("x/b.png");
    record.facts = R"({"extras": [".preview.jpg", ".crop-1.png", ".crop-2.png"]})";
    ledger.put(record);
  }
  write_file(photos.out() + "/x/b.crop-1.png", "");
  CHECK(decisions(job.plan()) == Words{"done: ", "work: output missing", "done: "});
  CHECK(job.plan().items[1].former_extras == Words{"x/b.crop-1.png", "x/b.crop-2.png"});
  write_file(photos.out() + "/x/b.crop-2.png", "");
  CHECK(decisions(job.plan()) == Words{"done: ", "done: ", "done: "});
}

TEST_CASE("an output directory inside an input directory is refused with the cure") {
  const Photos photos;
  for (const std::string output : {"/in/out", "/in", "/in/", "/in/x", "/in/../in/out", "/in/new/deep"}) {
    CAPTURE(output);
    const std::string path = photos.folder.path().string() + output;
    CHECK(plain({photos.in()}, path).refused() ==
          "-o " + path + ": lies inside the input '" + photos.in() +
              "', so the next run would take results for inputs; choose a directory outside");
  }
  fs::create_directory_symlink(photos.in(), photos.folder / "link");
  CHECK(missing_of(plain({photos.in()}, photos.folder / "link/out").refused(), {"lies inside the input"}) == "");
  CHECK(missing_of(plain({photos.folder / "in/**/*.jpg"}, photos.folder / "in/out").refused(),
                   {"in/out/a.jpg", "would match the input"}) == "");
}

TEST_CASE("an output directory whose name only begins like the input's is fine") {
  const Photos photos;
  CHECK(plain({photos.in()}, photos.in() + "-out").outputs().size() == 3);
  CHECK(plain({photos.in()}, photos.folder.path().string()).outputs().size() == 3);
}

TEST_CASE("an output that would be written over an input is refused") {
  const Photos photos;
  const std::string complaint =
      "'" + photos.in() + "/a.jpg' is an input and would be overwritten; choose another output";
  CHECK(plain({photos.in() + "/a.jpg"}, photos.in() + "/a.jpg").refused() == complaint);
  CHECK(plain({photos.in() + "/a.jpg"}, photos.in()).refused() == complaint);
  CHECK(plain({photos.in() + "/*.jpg"}, photos.in())
            .refused()
            .ends_with("is an input and would be overwritten; choose another output"));
  CHECK(plain({photos.in()}, photos.folder.path().string(), {"name=in/{name}"}).refused() == complaint);
  fs::create_directory_symlink(photos.in(), photos.folder / "link");
  CHECK(plain({photos.in() + "/a.jpg"}, photos.folder / "link").refused() == complaint);
}

TEST_CASE("an output that would be written over another input of the run is refused") {
  const ScratchFolder folder;
  write_file(folder / "a.jpg", jpeg_head);
  write_file(folder / "a.jpg.png", png_head);
  const Words name = {"name={name}.png"};
  CHECK(Job({folder / "a.jpg", folder / "a.jpg.png"}, folder.path().string(), name).refused() ==
        "'" + folder / "a.jpg.png" + "' is an input and would be overwritten; choose another output");
  CHECK(Job({folder / "a.jpg"}, folder.path().string(), name).outputs() ==
        Words{"a.jpg.png"});  // then it is an earlier result
}

TEST_CASE("an output that would be written over a mask is refused") {
  const Photos photos;
  write_mask(photos.folder / "masks/a.png", Mask(4, 3));
  const StageSpec fill = stage_spec("inpaint");
  const std::string mask = "mask=" + photos.folder / "masks";
  CHECK(Job({photos.in() + "/a.jpg"}, photos.folder / "masks", {mask, "format=png"}, fill).refused() ==
        "'" + photos.folder / "masks/a.png" + "' is an input and would be overwritten; choose another output");
  CHECK(Job({photos.in() + "/a.jpg"}, photos.folder / "masks", {mask}, fill).outputs() == Words{"a.jpg"});
}

TEST_CASE("one input may have a file as output") {
  const Photos photos;
  const Plan plan = plain({photos.in() + "/a.jpg"}, photos.folder / "new/b.webp").plan();
  REQUIRE(plan.items.size() == 1);
  CHECK(plan.items[0].output == "b.webp");
  CHECK(plan.items[0].format == Format::webp);
  CHECK(plan.sink->shown("b.webp") == photos.folder / "new/b.webp");
  CHECK(plan.ledger_directory == "");
}

TEST_CASE("an output is a directory if it is one, ends with a slash, has no extension, or several inputs may come") {
  const Photos photos;
  const std::string a = photos.in() + "/a.jpg";
  fs::create_directories(photos.folder / "dir.png");
  CHECK(plain({a}, photos.folder / "dir.png").plan().ledger_directory == photos.folder / "dir.png");
  CHECK(plain({a}, photos.folder / "new.png/").plan().ledger_directory == photos.folder / "new.png/");
  CHECK(plain({a}, photos.folder / "new").plan().ledger_directory == photos.folder / "new");
  CHECK(plain({photos.in()}, photos.folder / "new.png").plan().ledger_directory == photos.folder / "new.png");
  CHECK(plain({photos.in() + "/*.jpg"}, photos.folder / "new.png").plan().ledger_directory ==
        photos.folder / "new.png");
}

TEST_CASE("an output file of an unknown kind is refused with the known ones") {
  const Photos photos;
  CHECK(
      plain({photos.in() + "/a.jpg"}, photos.folder / "b.gif").refused() ==
      "-o " + photos.folder / "b.gif" +
          ": unknown picture extension (known: jpeg, png, webp, tiff, avif, heic); end it with / to mean a directory");
}

TEST_CASE("a file cannot take several pictures") {
  const Photos photos;
  write_file(photos.folder / "old.png", "x");
  write_file(photos.folder / "old", "x");
  CHECK(plain({photos.in()}, photos.folder / "old.png").refused() ==
        "-o " + photos.folder / "old.png" + ": is a file; several pictures need a directory");
  CHECK(plain({photos.in() + "/a.jpg", photos.in() + "/x/b.png"}, photos.folder / "old.png")
            .refused()
            .ends_with("several pictures need a directory"));
  CHECK(plain({photos.in()}, "-").refused() ==
        "-o - takes one picture; give one file or - as input, or a directory as output");
}

TEST_CASE("an output file that contradicts --format is refused") {
  const Photos photos;
  CHECK(plain({photos.in() + "/a.jpg"}, photos.folder / "b.webp", {"format=png"}).refused() ==
        "-o b.webp: contradicts --format png");
  CHECK(plain({photos.in() + "/a.jpg"}, photos.folder / "b.JPG", {"format=jpeg"}).plan().items.at(0).format ==
        Format::jpeg);
}

TEST_CASE("standard output takes one picture, no ledger and no preview") {
  const Photos photos;
  const Plan plan = plain({photos.in() + "/a.jpg"}, "-").plan();
  CHECK(plan.ledger_directory == "");
  CHECK(plan.sink->shown(plan.items.at(0).output) == "-");
  CHECK(Job({photos.in() + "/a.jpg"}, "-", {}, stage_spec("segment", {"preview"})).refused() ==
        "-o -: standard output takes one picture; what is written beside it needs a file or directory as output");
}

TEST_CASE("an output keeps its input's format and the way its extension is written") {
  const ScratchFolder folder;
  for (const std::string name : {"a.JPG", "b.jpeg", "c.Jfif"}) write_file(folder / "in/" + name, jpeg_head);
  CHECK(plain({folder / "in"}, folder / "out").outputs() == Words{"a.JPG", "b.jpeg", "c.Jfif"});
  CHECK(plain({folder / "in"}, folder / "out", {"format=jpeg"}).outputs() == Words{"a.JPG", "b.jpeg", "c.Jfif"});
  CHECK(plain({folder / "in"}, folder / "out", {"format=tiff"}).outputs() == Words{"a.tif", "b.tif", "c.tif"});
}

TEST_CASE("a picture's content decides over its name") {
  const ScratchFolder folder;
  write_file(folder / "in/a.jpg", png_head);
  write_file(folder / "in/b", jpeg_head);
  write_file(folder / "in/c.png", png_head);
  write_file(folder / "in/d.webp", "broken");  // keeps its name until decoding fails
  const Plan plan = plain({folder / "in"}, folder / "out").plan();
  REQUIRE(plan.items.size() == 4);
  CHECK(plan.items[0].format == Format::png);
  CHECK(plan.items[0].output == "a.png");
  CHECK(plan.items[1].format == Format::jpeg);
  CHECK(plan.items[1].output == "b.jpg");
  CHECK(plan.items[2].output == "c.png");
  CHECK(plan.items[3].format == Format::webp);
  CHECK(plan.items[3].output == "d.webp");
}

TEST_CASE("masks and pictures with made transparency are PNG unless a format is asked for") {
  const Photos photos;
  const Words png = {"a.png", "x/b.png", "x/c.png"};
  CHECK(Job({photos.in()}, photos.out()).outputs() == png);
  CHECK(Job({photos.in()}, photos.out(), {}, stage_spec("remove-bg")).outputs() == png);
  CHECK(Job({photos.in()}, photos.out(), {"format=webp"}, stage_spec("remove-bg")).outputs() ==
        Words{"a.webp", "x/b.webp", "x/c.webp"});
  CHECK(Job({photos.in() + "/a.jpg"}, photos.folder / "b.jpg", {}, stage_spec("remove-bg")).plan().items.at(0).format ==
        Format::jpeg);
}

TEST_CASE("everything is new to an output without ledger") {
  const Photos photos;
  CHECK(decisions(plain({photos.in()}, photos.out()).plan()) == Words{"work: new", "work: new", "work: new"});
}

TEST_CASE("what is done with the same recipe and inputs is done") {
  const Photos photos;
  settle(plain({photos.in()}, photos.out()).plan());
  const Plan plan = plain({photos.in()}, photos.out()).plan();
  CHECK(decisions(plan) == Words{"done: ", "done: ", "done: "});
  CHECK(plan.count(Decision::done) == 3);
  CHECK(plan.count(Decision::work) == 0);
}

TEST_CASE("options that leave the bytes alone make nothing due") {
  const Photos photos;
  settle(plain({photos.in()}, photos.out()).plan());
  CHECK(plain({photos.in()}, photos.out(), {"jobs=3", "max-pixels=5M", "retry-failed"}).plan().count(Decision::done) ==
        3);
}

TEST_CASE("a new picture is due, and those around it are not") {
  const Photos photos;
  settle(plain({photos.in()}, photos.out()).plan());
  write_file(photos.in() + "/x/bb.png", png_head);
  CHECK(decisions(plain({photos.in()}, photos.out()).plan()) == Words{"done: ", "done: ", "work: new", "done: "});
}

TEST_CASE("other options make everything due") {
  const Photos photos;
  settle(plain({photos.in()}, photos.out()).plan());
  CHECK(decisions(plain({photos.in()}, photos.out(), {"quality=50"}).plan()) ==
        Words{"work: options changed", "work: options changed", "work: options changed"});
}

TEST_CASE("an input that changed is due") {
  const Photos photos;
  settle(plain({photos.in()}, photos.out()).plan());
  write_file(photos.in() + "/x/b.png", png_head + "more");
  CHECK(decisions(plain({photos.in()}, photos.out()).plan()) == Words{"done: ", "work: input changed", "done: "});
}

TEST_CASE("an input that was replaced by one of the same size at another time is due") {
  const Photos photos;
  settle(plain({photos.in()}, photos.out()).plan());
  const std::string file = photos.in() + "/a.jpg";
  fs::last_write_time(file, fs::last_write_time(file) - std::chrono::hours(1));
  CHECK(decisions(plain({photos.in()}, photos.out()).plan()) == Words{"work: input changed", "done: ", "done: "});
}

TEST_CASE("a mask that changed, came or went makes its picture due, and only that") {
  const Photos photos;
  const std::string masks = photos.folder / "masks";
  write_file(masks + "/a.png", "1");
  write_file(masks + "/x/b.png", "1");
  const Job job({photos.in()}, photos.out(), {"mask=" + masks}, stage_spec("inpaint"));
  settle(job.plan());
  const auto now = [&] {
    return decisions(Job({photos.in()}, photos.out(), {"mask=" + masks}, stage_spec("inpaint")).plan());
  };
  CHECK(now() == Words{"done: ", "done: ", "done: "});
  write_file(masks + "/a.png", "22");
  CHECK(now() == Words{"work: input changed", "done: ", "done: "});
  write_file(masks + "/x/c.png", "1");
  CHECK(now() == Words{"work: input changed", "done: ", "work: input changed"});
  fs::remove(masks + "/x/b.png");
  CHECK(now() == Words{"work: input changed", "work: input changed", "work: input changed"});
}

TEST_CASE("an output that is gone is due") {
  const Photos photos;
  settle(plain({photos.in()}, photos.out()).plan());
  fs::remove(photos.out() + "/x/c.jpg");
  CHECK(decisions(plain({photos.in()}, photos.out()).plan()) == Words{"done: ", "done: ", "work: output missing"});
}

TEST_CASE("a picture whose bytes were at fault stays failed until asked to try again or changed") {
  const Photos photos;
  settle(plain({photos.in()}, photos.out()).plan(), "failed", true, "damaged");
  CHECK(decisions(plain({photos.in()}, photos.out()).plan()) ==
        Words{"failed_before: damaged", "failed_before: damaged", "failed_before: damaged"});
  CHECK(decisions(plain({photos.in()}, photos.out(), {"retry-failed"}).plan()) ==
        Words{"work: failed before", "work: failed before", "work: failed before"});
  write_file(photos.in() + "/a.jpg", jpeg_head + "mended");
  CHECK(decisions(plain({photos.in()}, photos.out()).plan()) ==
        Words{"work: input changed", "failed_before: damaged", "failed_before: damaged"});
  CHECK(plain({photos.in()}, photos.out(), {"quality=50"}).plan().count(Decision::work) == 3);
}

TEST_CASE("a picture that failed for another reason is tried again") {
  const Photos photos;
  settle(plain({photos.in()}, photos.out()).plan(), "failed", false, "disk full");
  CHECK(decisions(plain({photos.in()}, photos.out()).plan()) ==
        Words{"work: failed before", "work: failed before", "work: failed before"});
}

TEST_CASE("redo makes everything due, whatever the ledger says") {
  const Photos photos;
  settle(plain({photos.in()}, photos.out()).plan());
  CHECK(decisions(plain({photos.in()}, photos.out(), {"redo"}).plan()) ==
        Words{"work: redo", "work: redo", "work: redo"});
  settle(plain({photos.in()}, photos.out()).plan(), "failed", true, "damaged");
  CHECK(decisions(plain({photos.in()}, photos.out(), {"redo"}).plan()) ==
        Words{"work: redo", "work: redo", "work: redo"});
}

TEST_CASE("a limit counts what is due, not what is done") {
  const Photos photos;
  settle(plain({photos.in()}, photos.out()).plan());
  fs::remove(photos.out() + "/x/b.png");
  fs::remove(photos.out() + "/x/c.jpg");
  CHECK(decisions(plain({photos.in()}, photos.out(), {"limit=1"}).plan()) ==
        Words{"done: ", "work: output missing", "later: output missing"});
  CHECK(plain({photos.in()}, photos.out(), {"limit=2"}).plan().count(Decision::work) == 2);
  CHECK(plain({photos.in()}, photos.out(), {"limit=99"}).plan().count(Decision::later) == 0);
}

TEST_CASE("shards share the pictures among them, and name them alike") {
  const ScratchFolder folder;
  for (int i = 0; i < 40; ++i) write_file(folder / ("in/" + std::to_string(i) + ".jpg"), jpeg_head);
  std::set<std::string> all;
  size_t sum = 0;
  for (const std::string shard : {"1/3", "2/3", "3/3"}) {
    const Words held = plain({folder / "in"}, folder / "out", {"shard=" + shard}).outputs();
    CHECK_FALSE(held.empty());
    sum += held.size();
    all.insert(held.begin(), held.end());
  }
  CHECK(sum == 40);
  CHECK(all.size() == 40);
}

TEST_CASE("a collision is found by every shard") {
  const ScratchFolder folder;
  write_file(folder / "in/a.jpg", jpeg_head);
  write_file(folder / "in/a.png", png_head);
  for (const std::string shard : {"1/5", "2/5", "3/5", "4/5", "5/5"}) {
    CHECK(missing_of(Job({folder / "in"}, folder / "out", {"shard=" + shard}).refused(),
                     {"would both be written to"}) == "");
  }
}

TEST_CASE("a ledger that cannot be used stops the plan with the cure") {
  const Photos photos;
  write_file(
      Ledger::path_in(photos.out()),
      "no ledger at all, and long enough to be looked at as one, since SQLite reads a hundred bytes of header first");
  CHECK(missing_of(plain({photos.in()}, photos.out()).refused(), {"cannot be used", "delete it"}) == "");
}

TEST_CASE("opening the output makes its directory and removes what a killed run left") {
  const Photos photos;
  const Plan plan = plain({photos.in()}, photos.out() + "/deep").plan();
  open_output(plan);
  CHECK(fs::is_directory(photos.out() + "/deep/.inpaint"));
  for (const std::string file :
       {"/deep/.1.inpaint-tmp", "/deep/x/.2.inpaint-tmp", "/deep/other/.3.inpaint-tmp", "/deep/x/keep.png"})
    write_file(photos.out() + file, "x");
  write_file(photos.out() + "/deep/x/.live.inpaint-tmp", "x");
  const int live = ::open((photos.out() + "/deep/x/.live.inpaint-tmp").c_str(), O_RDONLY | O_CLOEXEC);
  REQUIRE(flock(live, LOCK_EX | LOCK_NB) == 0);
  open_output(plan);
  // Only folders into which this run writes are its business.
  CHECK(files_below(photos.out()) == Words{"deep/other/.3.inpaint-tmp", "deep/x/.live.inpaint-tmp", "deep/x/keep.png"});
  ::close(live);
}

TEST_CASE("opening the output for one file makes its folder and no ledger") {
  const Photos photos;
  open_output(plain({photos.in() + "/a.jpg"}, photos.folder / "new/b.jpg").plan());
  CHECK(fs::is_directory(photos.folder / "new"));
  CHECK_FALSE(fs::exists(photos.folder / "new/.inpaint"));
}

TEST_CASE("an output directory that cannot be made is refused") {
  const Photos photos;
  write_file(photos.folder / "file", "x");
  const Plan plan = plain({photos.in()}, photos.folder / "file/out").plan();
  CHECK(missing_of(message_of<SpecError>([&] { open_output(plan); }),
                   {"-o " + photos.folder / "file/out" + ": cannot be made: Not a directory"}) == "");
}

}  // namespace inpaint::test
