#include "pipeline/runner.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <filesystem>
#include <set>

#include "core/hash.h"
#include "drawing.h"
#include "pipeline/helpers.h"
#include "support.h"

namespace inpaint::test {
namespace {
namespace fs = std::filesystem;
using Status = Outcome::Status;

// A folder with inputs in in/ and outputs in out/.
struct Shop {
  ScratchFolder folder;

  void add(const std::string& name, int seed = 0) {
    write_picture(folder / ("in/" + name), painted_picture(40, 30, seed), *format_of_name(name));
  }
  void add_broken(const std::string& name) { write_file(folder / ("in/" + name), "no picture"); }
  std::string out(const std::string& name = "") const { return folder / (name.empty() ? "out" : "out/" + name); }
  std::string text() const { return "input: '" + folder / "in" + "'\noutput: '" + out() + "'\n"; }

  /// Plans and runs the YAML; stages and options as given.
  RunSummary run(const std::string& yaml_text, RunListener& listener, const Cancel& cancel = {}) const {
    const Pipeline pipeline(yaml(yaml_text));
    const Plan plan = make_plan(pipeline);
    if (!pipeline.run().dry_run) open_output(plan);
    return run_plan(pipeline, plan, listener, cancel);
  }
  Recorder run(const std::string& yaml_text) const {
    Recorder recorder;
    run(yaml_text, recorder);
    return recorder;
  }
  /// The outputs, without the ledger.
  Words outputs() const {
    Words files = files_below(out());
    std::erase_if(files, [](const std::string& file) { return file.starts_with(".inpaint/"); });
    return files;
  }
  std::optional<LedgerRecord> record(const std::string& output) const {
    return Ledger(out(), Ledger::Mode::read).find(output);
  }
};

const std::string draw = "stages: [{mask: {rect: '10%,10%,50%,50%'}}]\n";

// Requests to cancel as soon as the first picture has ended.
class Impatient : public Recorder {
 public:
  explicit Impatient(Cancel& cancel) : cancel_(cancel) {}
  void on_outcome(const Outcome& outcome) override {
    Recorder::on_outcome(outcome);
    cancel_.request();
  }

 private:
  Cancel& cancel_;
};

}  // namespace

TEST_CASE("statuses have their names") {
  CHECK(status_name(Status::done) == "done");
  CHECK(status_name(Status::skipped) == "skipped");
  CHECK(status_name(Status::failed) == "failed");
  CHECK(status_name(Status::planned) == "planned");
  CHECK(status_name(Status::not_started) == "not_started");
}

TEST_CASE("every picture is done, told once and written where it belongs") {
  Shop shop;
  shop.add("a.jpg");
  shop.add("x/b.png");
  shop.add("x/y/c.webp");
  Recorder recorder;
  const RunSummary summary = shop.run(shop.text() + draw, recorder);
  CHECK(recorder.starts == 1);
  CHECK(recorder.ends == 1);
  CHECK(recorder.total == 3);
  CHECK(recorder.due == 3);
  CHECK(recorder.outcomes.size() == 3);
  CHECK(summary.total == 3);
  CHECK(summary.done == 3);
  CHECK(summary.failed + summary.skipped + summary.planned + summary.not_started == 0);
  CHECK_FALSE(summary.interrupted);
  CHECK(recorder.summary.done == 3);
  CHECK(shop.outputs() == Words{"a.png", "x/b.png", "x/y/c.png"});
  const Outcome outcome = recorder.of("b.png");
  CHECK(outcome.status == Status::done);
  CHECK(outcome.input == shop.folder / "in/x/b.png");
  CHECK(outcome.output == shop.out("x/b.png"));
  CHECK(outcome.reason == "");
  CHECK(outcome.seconds > 0);
  CHECK(outcome.facts.dump() == R"({"box":[4,3,24,18],"coverage":0.25})");
  CHECK(drawing(load_mask(shop.out("x/b.png"))) ==
        drawing(ReadyStage("mask", {"rect=4,3,20,15"}).run(painted_picture(40, 30)).mask));
}

TEST_CASE("a written picture holds what the stages made of it") {
  Shop shop;
  shop.add("a.png", 5);
  shop.run(shop.text() + "stages: [{mask: {rect: '10,5,8,8'}}, inpaint]");
  cv::Mat hole = cv::Mat::zeros(30, 40, CV_8UC1);
  hole(cv::Rect(10, 5, 8, 8)).setTo(255);
  const Image expected =
      ReadyStage("inpaint").run(painted_picture(40, 30, 5), Mask(hole), "a.png", stable_hash("0:a.png")).image;
  CHECK(identical(load_picture(shop.out("a.png")).pixels(), expected.pixels()));
}

TEST_CASE("the options of the output are those of the encoder") {
  Shop shop;
  shop.add("a.png");
  shop.run(shop.text() + draw + "run: {redo: true}");
  const auto size_at = [&](int quality) {
    Recorder recorder;
    shop.run("input: '" + shop.folder / "in" + "'\noutput: {path: '" + shop.out() +
                 "', write: image, format: jpeg, quality: " + std::to_string(quality) + "}\n" + draw,
             recorder);
    return fs::file_size(shop.out("a.jpg"));
  };
  CHECK(size_at(95) > size_at(20));
  CHECK(sniff_format(read_file(shop.out("a.jpg"))) == Format::jpeg);
}

TEST_CASE("one bad picture is one failure, and the others go on") {
  Shop shop;
  shop.add("a.png");
  shop.add_broken("b.jpg");
  shop.add("c.png");
  write_file(shop.folder / "in/d.png", "");
  const std::string whole = file_text(shop.folder / "in/a.png");
  write_file(shop.folder / "in/e.png", whole.substr(0, whole.size() / 2));
  const Recorder recorder = shop.run(shop.text() + draw);
  CHECK(recorder.summary.total == 5);
  CHECK(recorder.summary.done == 2);
  CHECK(recorder.summary.failed == 3);
  CHECK(recorder.of("b.jpg").status == Status::failed);
  CHECK(recorder.of("b.jpg").reason.starts_with("not a picture"));
  CHECK(recorder.of("d.png").reason == "the file is empty");
  CHECK(recorder.of("e.png").reason.starts_with("damaged png file: "));
  CHECK(shop.outputs() == Words{"a.png", "c.png"});
}

TEST_CASE("a failing stage is named") {
  Shop shop;
  shop.add("a.png");
  const Recorder recorder = shop.run(shop.text() + "stages: [{mask: {rect: '0,0,100%,100%'}}, inpaint]");
  CHECK(recorder.of("a.png").reason.starts_with("inpaint: the mask covers the whole picture"));
}

TEST_CASE("a mask that is missing or of another size fails its picture alone") {
  Shop shop;
  for (const std::string name : {"a.png", "b.png", "c.png"}) shop.add(name);
  write_mask(shop.folder / "masks/a.png", ReadyStage("mask", {"rect=4,4,5,5"}).run(painted_picture(40, 30)).mask);
  write_mask(shop.folder / "masks/b.png", ReadyStage("mask", {"rect=4,4,5,5"}).run(painted_picture(20, 15)).mask);
  const std::string input = "input: {paths: '" + shop.folder / "in" + "', mask: '" + shop.folder / "masks" + "'";
  const std::string rest = "}\noutput: '" + shop.out() + "'\nstages: [inpaint]\n";
  const Recorder strict = shop.run(input + rest);
  CHECK(strict.of("a.png").status == Status::done);
  CHECK(missing_of(strict.of("b.png").reason, {"20 × 15", "40 × 30", "--mask-fit resize"}) == "");
  CHECK(missing_of(strict.of("c.png").reason, {"--mask", "has nothing for it"}) == "");
  const Recorder fitted = shop.run(input + ", mask-fit: resize" + rest);
  CHECK(fitted.of("b.png").status == Status::done);
  CHECK(fitted.of("b.png").facts["box"].dump() == "[7,7,19,19]");  // twice as large, and a soft pixel on each side
}

TEST_CASE("a picture above the limit of pixels fails, and is done when the limit is raised") {
  Shop shop;
  shop.add("a.png");
  const std::string input = "input: {paths: '" + shop.folder / "in" + "', max-pixels: ",
                    rest = "}\noutput: '" + shop.out() + "'\n" + draw;
  CHECK(missing_of(shop.run(input + "1199" + rest).of("a.png").reason, {"40 × 30", "--max-pixels"}) == "");
  CHECK(shop.run(input + "1200" + rest).of("a.png").status == Status::done);
}

TEST_CASE("an output that cannot be written is a failure that the next run tries again") {
  Shop shop;
  shop.add("a.png");
  shop.add("b.png");
  fs::create_directories(shop.out("a.png"));
  const Recorder first = shop.run(shop.text() + draw);
  CHECK(first.of("a.png").reason == "cannot write '" + shop.out("a.png") + "': Is a directory");
  CHECK(first.of("b.png").status == Status::done);
  CHECK_FALSE(shop.record("a.png")->input_at_fault);
  fs::remove(shop.out("a.png"));
  const Recorder second = shop.run(shop.text() + draw);
  CHECK(second.of("a.png").status == Status::done);
  CHECK(second.of("b.png").status == Status::skipped);
}

TEST_CASE("notes of decoding, stages and encoding are told") {
  Shop shop;
  write_picture(shop.folder / "in/plain.png", flat_picture(40, 30, 255, 255, 255), Format::png);
  const Recorder recorder = shop.run("input: '" + shop.folder / "in" + "'\noutput: {path: '" + shop.out() +
                                     "', format: jpeg}\nstages: [{remove-bg: {model: color-key}}]");
  const Notes notes = recorder.of("plain.png").notes;
  REQUIRE(notes.size() == 2);
  CHECK(notes[0] == "no subject found: the result is all transparent");
  CHECK(missing_of(notes[1], {"transparency"}) == "");
  CHECK(recorder.of("plain.png").facts.dump() == R"({"coverage":0.0,"model":"color-key"})");
}

TEST_CASE("the ledger tells of good and of broken pictures") {
  Shop shop;
  shop.add("x/a.jpg");
  shop.add_broken("b.jpg");
  const std::string spec = shop.text() + draw;
  shop.run(spec);
  const auto good = shop.record("x/a.png");
  REQUIRE(good);
  CHECK(good->input == shop.folder / "in/x/a.jpg");
  CHECK(good->status == "done");
  CHECK(good->reason == "");
  CHECK_FALSE(good->input_at_fault);
  CHECK(good->recipe == Pipeline(yaml(spec)).recipe_hash());
  CHECK(good->inputs == file_identity(shop.folder / "in/x/a.jpg"));
  CHECK(good->input_hash == content_hash(file_text(shop.folder / "in/x/a.jpg")));
  CHECK(good->facts == R"({"box":[4,3,24,18],"coverage":0.25})");
  CHECK(good->seconds > 0);
  CHECK(good->finished_at.ends_with('Z'));
  const auto bad = shop.record("b.png");
  REQUIRE(bad);
  CHECK(bad->status == "failed");
  CHECK(bad->reason.starts_with("not a picture"));
  CHECK(bad->input_at_fault);
  CHECK(bad->input_hash == content_hash("no picture"));
  Ledger(shop.out(), Ledger::Mode::read).query({}, [&](const LedgerRecord& r) {
    CHECK(r.options == Pipeline(yaml(spec)).recipe().dump());
  });
}

TEST_CASE("a second run skips what is done and leaves it alone") {
  Shop shop;
  shop.add("a.png");
  shop.add("b.png");
  shop.run(shop.text() + draw);
  const std::string a = shop.out("a.png");
  write_file(a, "touched by someone else");
  const Recorder second = shop.run(shop.text() + draw);
  CHECK(second.total == 2);
  CHECK(second.due == 0);
  CHECK(second.summary.skipped == 2);
  CHECK(second.summary.done == 0);
  CHECK(second.of("a.png").status == Status::skipped);
  CHECK(second.of("a.png").output == a);
  CHECK(file_text(a) == "touched by someone else");
  CHECK(shop.run(shop.text() + draw + "run: {redo: true}").summary.done == 2);
  CHECK(load_mask(a).width() == 40);
}

TEST_CASE("a broken picture is not tried again until asked for or mended") {
  Shop shop;
  shop.add_broken("a.png");
  shop.add("b.png");
  shop.run(shop.text() + draw);
  const Recorder second = shop.run(shop.text() + draw);
  CHECK(second.due == 0);
  CHECK(second.summary.failed == 1);
  CHECK(second.summary.skipped == 1);
  CHECK(second.of("a.png").reason.starts_with("not a picture"));
  CHECK(second.of("a.png").reason.ends_with("(as before; --retry-failed tries again)"));
  CHECK(shop.run(shop.text() + draw + "run: {retry-failed: true}").due == 1);
  shop.add("a.png");
  const Recorder mended = shop.run(shop.text() + draw);
  CHECK(mended.of("a.png").status == Status::done);
  CHECK(shop.record("a.png")->status == "done");
}

TEST_CASE("what lies beyond the limit is not started, and the next run goes on there") {
  Shop shop;
  for (int i = 0; i < 5; ++i) shop.add(fmt::format("{}.png", i));
  const Recorder first = shop.run(shop.text() + draw + "run: {limit: 2}");
  CHECK(first.due == 2);
  CHECK(first.summary.done == 2);
  CHECK(first.summary.not_started == 3);
  CHECK(first.of("4.png").status == Status::not_started);
  CHECK(first.of("4.png").reason == "beyond --limit");
  CHECK(shop.outputs() == Words{"0.png", "1.png"});
  const Recorder second = shop.run(shop.text() + draw + "run: {limit: 2}");
  CHECK(second.summary.skipped == 2);
  CHECK(second.summary.done == 2);
  CHECK(shop.outputs() == Words{"0.png", "1.png", "2.png", "3.png"});
}

TEST_CASE("a limit of failures leaves the rest not started") {
  Shop shop;
  for (int i = 0; i < 20; ++i) shop.add_broken(fmt::format("{:02}.png", i));
  const Recorder two = shop.run(shop.text() + draw + "run: {jobs: 1, max-failures: 2}");
  CHECK(two.summary.failed == 2);
  CHECK(two.summary.not_started == 18);
  CHECK(two.of("19.png").reason == "stopped after failures");
  CHECK_FALSE(two.summary.interrupted);
  CHECK(two.outcomes.size() == 20);
}

TEST_CASE("fail-fast stops at the first failure and finishes what is in flight") {
  Shop shop;
  shop.add_broken("00.png");
  for (int i = 1; i < 30; ++i) shop.add(fmt::format("{:02}.png", i));
  const Recorder one = shop.run(shop.text() + draw + "run: {jobs: 1, fail-fast: true}");
  CHECK(one.summary.failed == 1);
  CHECK(one.summary.done == 0);  // with one decoder nothing has begun after the first picture
  CHECK(one.summary.not_started == 29);
  const Recorder four = shop.run(shop.text() + draw + "run: {jobs: 4, fail-fast: true, retry-failed: true}");
  CHECK(four.summary.failed == 1);
  CHECK(four.summary.done + four.summary.not_started == 29);
  CHECK(shop.outputs().size() == four.summary.done);
  CHECK(four.outcomes.size() == 30);
}

TEST_CASE("a run that is cancelled before it starts leaves everything for another") {
  Shop shop;
  for (int i = 0; i < 6; ++i) shop.add(fmt::format("{}.png", i));
  Cancel cancel;
  cancel.request();
  Recorder recorder;
  const RunSummary summary = shop.run(shop.text() + draw, recorder, cancel);
  CHECK(summary.interrupted);
  CHECK(summary.not_started == 6);
  CHECK(recorder.count(Status::not_started) == 6);
  CHECK(recorder.of("3.png").reason == "interrupted");
  CHECK(recorder.ends == 1);
  CHECK(shop.outputs().empty());
  CHECK(shop.run(shop.text() + draw).summary.done == 6);
}

TEST_CASE("a run that is cancelled under way finishes what is in flight and leaves the rest") {
  Shop shop;
  for (int i = 0; i < 30; ++i) shop.add(fmt::format("{:02}.png", i));
  Cancel cancel;
  Impatient listener(cancel);
  const RunSummary summary = shop.run(shop.text() + draw + "run: {jobs: 1}", listener, cancel);
  CHECK(summary.interrupted);
  CHECK(summary.done >= 1);
  CHECK(summary.done <= 5);  // 3 pictures per worker and 2 more are in flight at most
  CHECK(summary.failed == 0);
  CHECK(summary.done + summary.not_started == 30);
  CHECK(listener.outcomes.size() == 30);
  CHECK(shop.outputs().size() == summary.done);
  for (const Outcome& outcome : listener.outcomes) {
    const auto record = shop.record(fs::path(outcome.output).filename().string());
    CHECK(record.has_value() == (outcome.status == Status::done));
    if (outcome.status == Status::done) CHECK(load_mask(outcome.output).width() == 40);
  }
  const RunSummary rest = shop.run(shop.text() + draw).summary;
  CHECK(rest.skipped == summary.done);
  CHECK(rest.done == 30 - summary.done);
}

TEST_CASE("a dry run tells what is due and why, and writes nothing") {
  Shop shop;
  shop.add("a.png");
  shop.add("b.png");
  const Words before = files_below(shop.folder.path().string());
  const Recorder fresh = shop.run(shop.text() + draw + "run: {dry-run: true}");
  CHECK(fresh.summary.planned == 2);
  CHECK(fresh.of("a.png").status == Status::planned);
  CHECK(fresh.of("a.png").reason == "new");
  CHECK(fresh.of("a.png").output == shop.out("a.png"));
  CHECK(files_below(shop.folder.path().string()) == before);
  CHECK_FALSE(fs::exists(shop.out()));

  shop.run(shop.text() + draw);
  fs::remove(shop.out("b.png"));
  const Recorder later = shop.run(shop.text() + draw + "run: {dry-run: true}");
  CHECK(later.of("a.png").status == Status::skipped);
  CHECK(later.of("b.png").reason == "output missing");
  CHECK(shop.outputs() == Words{"a.png"});
}

TEST_CASE("previews are written beside the results") {
  Shop shop;
  shop.add("x/a.png");
  shop.run(shop.text() + "stages: [{mask: {rect: '1,1,9,9', preview: true}}]");
  CHECK(shop.outputs() == Words{"x/a.png", "x/a.preview.jpg"});
  const Image preview = load_picture(shop.out("x/a.preview.jpg"));
  CHECK(preview.width() == 40);
  CHECK(preview.height() == 30);
}

TEST_CASE("crops are written beside the results, told, and taken back when there are fewer") {
  Shop shop;
  cv::Mat rgb(60, 80, CV_8UC3, cv::Scalar(255, 255, 255));
  rgb(cv::Rect(10, 10, 10, 20)).setTo(cv::Scalar(200, 20, 30));
  rgb(cv::Rect(40, 10, 30, 40)).setTo(cv::Scalar(20, 20, 30));
  const auto put = [&] { write_picture(shop.folder / "in/x/a.png", Image(rgb), Format::png); };
  put();
  const std::string spec = shop.text() + "stages: [{segment: {model: color-key, crops: true, regions: true}}]";
  CHECK(shop.run(spec).of("a.png").facts["extras"] == nlohmann::json({".crop-1.png", ".crop-2.png", ".regions.json"}));
  CHECK(shop.outputs() == Words{"x/a.crop-1.png", "x/a.crop-2.png", "x/a.png", "x/a.regions.json"});
  CHECK(load_picture(shop.out("x/a.crop-2.png")).has_alpha());
  CHECK(nlohmann::json::parse(file_text(shop.out("x/a.regions.json")))["annotations"].size() == 2);
  CHECK(shop.run(spec).summary.skipped == 1);
  fs::remove(shop.out("x/a.crop-2.png"));
  CHECK(shop.run(spec).summary.done == 1);
  CHECK(shop.outputs().size() == 4);

  rgb(cv::Rect(10, 10, 10, 20)).setTo(cv::Scalar(255, 255, 255));
  put();
  write_file(shop.out("x/a.crop-3.png"), "of somebody else");
  shop.run(spec);
  CHECK(shop.outputs() == Words{"x/a.crop-1.png", "x/a.crop-3.png", "x/a.png", "x/a.regions.json"});
}

TEST_CASE("uncertain pictures are counted among those done") {
  Shop shop;
  shop.add("a.png");
  shop.add("b.png", 1);
  shop.add_broken("c.png");
  const std::string stage = "stages: [{segment: {uncertain-below: 1";
  const Recorder kept = shop.run(shop.text() + stage + "}}]");
  CHECK(kept.summary.done == 2);
  CHECK(kept.summary.uncertain == 2);
  CHECK(kept.of("a.png").facts["uncertain"] == true);
  CHECK(nlohmann::json::parse(shop.record("a.png")->facts)["uncertain"] == true);
  CHECK(shop.run(shop.text() + stage + "}}]").summary.uncertain == 0);  // nothing was done

  const Recorder failed = shop.run(shop.text() + stage + ", on-uncertain: fail}}]");
  CHECK(failed.summary.failed == 3);
  CHECK(failed.summary.uncertain == 0);
  CHECK(missing_of(failed.of("b.png").reason, {"segment: the subject is uncertain: confidence 0"}) == "");
  CHECK(nlohmann::json::parse(shop.record("b.png")->facts)["uncertain"] == true);
}

TEST_CASE("no temporary file is left, neither by good nor by failed pictures") {
  Shop shop;
  for (int i = 0; i < 8; ++i) shop.add(fmt::format("x/{}.png", i));
  shop.add_broken("x/bad.png");
  fs::create_directories(shop.out("x/3.png"));
  shop.run(shop.text() + draw + "run: {jobs: 4}");
  for (const std::string& file : files_below(shop.out())) {
    CAPTURE(file);
    CHECK(file.find("inpaint-tmp") == std::string::npos);
  }
  CHECK(shop.outputs().size() == 7);
}

TEST_CASE("the result is the same with one job and with four") {
  Shop shop;
  for (int i = 0; i < 12; ++i) shop.add(fmt::format("{}/{}.png", i % 3, i), i);
  const std::string input = "input: '" + shop.folder / "in" + "'\n";
  const std::string stages = "stages: [{mask: [{random: strokes, ratio: 0.1}, grow: 1]}, {inpaint: {feather: 2}}]\n";
  const Recorder one = shop.run(input + "output: '" + shop.folder / "one" + "'\nrun: {jobs: 1}\n" + stages);
  const Recorder four = shop.run(input + "output: '" + shop.folder / "four" + "'\nrun: {jobs: 4}\n" + stages);
  CHECK(one.summary.done == 12);
  CHECK(four.summary.done == 12);
  for (int i = 0; i < 12; ++i) {
    const std::string name = fmt::format("/{}/{}.png", i % 3, i);
    CAPTURE(name);
    const std::string bytes = file_text(shop.folder.path().string() + "/one" + name);
    CHECK_FALSE(bytes.empty());
    CHECK(bytes == file_text(shop.folder.path().string() + "/four" + name));
    CHECK(one.of(fs::path(name).filename().string()).facts == four.of(fs::path(name).filename().string()).facts);
  }
}

TEST_CASE("a random mask depends on the seed and on the picture's path, not on its neighbours") {
  Shop shop;
  for (const std::string name : {"a.png", "b.png", "x/a.png"}) shop.add(name);
  const auto run = [&](const std::string& in, const std::string& out, const std::string& more) {
    shop.run("input: '" + shop.folder / in + "'\noutput: '" + shop.folder / out +
             "'\nstages: [{mask: {random: boxes}}]\n" + more);
  };
  const auto mask = [&](const std::string& name) { return drawing(load_mask(shop.folder / name)); };
  run("in", "first", "");
  run("in", "again", "");
  run("in", "other", "run: {seed: 1}");
  fs::remove(shop.folder / "in/a.png");
  run("in", "fewer", "");
  CHECK(mask("first/a.png") == mask("again/a.png"));
  CHECK(mask("first/a.png") != mask("first/b.png"));
  CHECK(mask("first/a.png") != mask("first/x/a.png"));
  CHECK(mask("first/b.png") != mask("other/b.png"));
  CHECK(mask("first/b.png") == mask("fewer/b.png"));
}

TEST_CASE("one output file is written without a ledger") {
  Shop shop;
  shop.add("a.png");
  const Recorder recorder =
      shop.run("input: '" + shop.folder / "in/a.png" + "'\noutput: '" + shop.folder / "new/b.png" + "'\n" + draw);
  CHECK(recorder.summary.done == 1);
  CHECK(files_below(shop.folder / "new") == Words{"b.png"});
  CHECK(recorder.outcomes.at(0).output == shop.folder / "new/b.png");
}

TEST_CASE("shards run one after the other do everything once") {
  Shop shop;
  for (int i = 0; i < 12; ++i) shop.add(fmt::format("{}.png", i));
  size_t done = 0;
  for (const std::string shard : {"1/3", "2/3", "3/3"}) {
    const RunSummary summary = shop.run(shop.text() + draw + "run: {shard: " + shard + "}").summary;
    CHECK(summary.skipped == 0);
    done += summary.done;
  }
  CHECK(done == 12);
  CHECK(shop.run(shop.text() + draw).summary.skipped == 12);
}

TEST_CASE("inputs are left as they were") {
  Shop shop;
  shop.add("a.jpg");
  shop.add("x/b.png");
  shop.add_broken("c.png");
  std::map<std::string, std::string> before;
  for (const std::string& file : files_below(shop.folder / "in"))
    before[file] = file_text(shop.folder / ("in/" + file));
  shop.run(shop.text() + "stages: [segment, inpaint]\n");
  CHECK(files_below(shop.folder / "in").size() == before.size());
  for (const auto& [file, bytes] : before) CHECK(file_text(shop.folder / ("in/" + file)) == bytes);
}

}  // namespace inpaint::test
