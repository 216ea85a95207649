// Trainings from the command line: what they leave, how they go on, and what is refused.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <opencv2/core.hpp>
#include <set>

#include "nn/models.h"
#include "support.h"

namespace inpaint::test {
namespace {

using Words = std::vector<std::string>;

// Trainings need the torch module.
bool skipped() {
  if (std::filesystem::exists(INPAINT_BINARY_DIR "/libinpaint_torch.so")) return false;
  MESSAGE("skipped: no torch module");
  return true;
}

// Twelve painted pictures, and a tiny network to be taught with them.
struct School : ScratchFolder {
  School() {
    std::filesystem::create_directories(path() / "in");
    for (int i = 0; i < 12; ++i)
      write_picture(*this / fmt::format("in/{}.png", i), painted_picture(48, 40 + i, i), Format::png);
  }
  static Words small(Words more) {
    Words words = {"finetune", "in", "--base",  "none", "--width",          "4", "--levels",  "3",
                   "--size",   "32", "--batch", "2",    "--evaluate-every", "2", "--threads", "1"};
    words.insert(words.end(), more.begin(), more.end());
    return words;
  }
  RunResult run(const Words& words, const std::string& setup = "", const std::string& redirect = "") const {
    return run_inpaint(words, fmt::format("cd '{}' && {}", path().string(), setup), redirect);
  }
  /// Runs in the background until metrics.jsonl holds `line`, then sends the signal. Nobody reads what it tells with
  /// --json: with that it waits for ever once the pipe is full, after about 200 lines.
  RunResult run_until(const Words& words, const std::string& folder, const std::string& line,
                      const std::string& signal) const {
    const std::string before = "mkfifo pipe; sleep 600 <pipe & s=$!; ";
    const std::string wait = fmt::format(
        ">pipe & p=$!; i=0; until grep -q '{}' '{}/metrics.jsonl' 2>/dev/null || [ $i -gt 6000 ]; do sleep 0.02; "
        "i=$((i+1)); done; kill -{} $p; kill $s; wait $p",
        line, folder, signal);
    return run(words, before, wait);
  }
  nlohmann::json record(const std::string& folder) const {
    return nlohmann::json::parse(file_text(*this / (folder + "/training.json")));
  }
  /// Of each event all but times, in order.
  Words metrics(const std::string& folder) const {
    Words events;
    std::istringstream lines(file_text(*this / (folder + "/metrics.jsonl")));
    for (std::string line; std::getline(lines, line);) {
      nlohmann::json event = nlohmann::json::parse(line);
      for (const char* time : {"seconds", "pictures-per-second"}) event.erase(time);
      if (event["event"] != "checkpoint") events.push_back(event.dump());
    }
    return events;
  }
};

}  // namespace

TEST_CASE("a training leaves a model, its record, its metrics and a report") {
  if (skipped()) return;
  const School school;
  write_file(school / "in/broken.png", "\x89PNG\r\n\x1a\n and no more");
  const RunResult result = school.run(School::small({"-o", "shop", "--iterations", "6", "--json"}));
  CAPTURE(result.err);
  REQUIRE(result.exit_code == 0);
  CHECK(result.err.find("1 picture skipped") != std::string::npos);
  CHECK(result.err.find("--model shop") != std::string::npos);
  CHECK(result.err.find("step 6: ") != std::string::npos);  // a line per evaluation, where there is no terminal
  const size_t last_line = result.out.rfind('\n', result.out.size() - 2) + 1;
  const auto summary = nlohmann::json::parse(result.out.substr(last_line))["summary"];
  CHECK(summary["ended"] == "finished");
  CHECK(summary["steps"] == 6);

  const nlohmann::json record = school.record("shop");
  CHECK(record["ended"] == "finished");
  CHECK(record["steps"] == 6);
  CHECK(record["config"]["levels"] == "3");
  CHECK(record["pictures"]["skipped"] == 1);
  CHECK(record["pictures"]["learned-from"].get<int>() + record["pictures"]["held-out"].get<int>() == 12);
  CHECK(record["skipped"][0]["path"].get<std::string>().ends_with("broken.png"));
  CHECK(record["sittings"][0]["command"].get<std::string>().starts_with("inpaint finetune in --base none"));
  CHECK(record["figures"]["first"]["step"] == 0);
  const Words metrics = school.metrics("shop");
  CHECK(metrics.size() == 6 + 4);  // steps; evaluations before the first and after each second one
  const std::string report = file_text(school / "shop/report.html");
  CHECK(report.find("finished") != std::string::npos);
  CHECK(report.find("data:image/jpeg") != std::string::npos);
  CHECK(report.find("broken.png") != std::string::npos);

  const Card card = find_card(school / "shop");
  CHECK(card.architecture == "pconv");
  CHECK(card.input.modulus == 8);
  CHECK(std::filesystem::exists(verified_file(card)));
  const RunResult inspected = school.run({"models", "inspect", "shop/model.safetensors"});
  CHECK(inspected.exit_code == 0);
  CHECK(inspected.out.find("architecture: pconv") != std::string::npos);

  cv::Mat hole(40, 48, CV_8U, cv::Scalar(0));
  hole(cv::Rect(10, 10, 12, 12)).setTo(255);
  write_mask(school / "hole.png", Mask(hole));
  for (const std::string command : {"inpaint", "reconstruct"}) {
    const RunResult used =
        school.run({command, "in/0.png", "--mask", "hole.png", "-o", command + ".png", "--model", "shop"});
    CAPTURE(used.err);
    REQUIRE(used.exit_code == 0);
    const RunResult compared = school.run({"compare", "in/0.png", command + ".png", "--mask", "hole.png", "--json"});
    const auto figures = nlohmann::json::parse(compared.out);
    CHECK(figures["pixels_changed_outside"] == 0);
    CHECK(figures["psnr_hole"].get<double>() > 25);  // smooth pictures, which pull-push alone fills well
  }
}

TEST_CASE("a training that was killed goes on to the same model as one that was not") {
  if (skipped()) return;
  const School school;
  const Words whole = School::small({"-o", "whole", "--iterations", "260", "--evaluate-every", "10", "-q"});
  const Words killed = School::small({"-o", "killed", "--iterations", "260", "--evaluate-every", "10", "--json"});
  REQUIRE(school.run(whole).exit_code == 0);
  school.run_until(killed, "killed", "\"step\":123,", "KILL");
  REQUIRE(school.record("killed")["ended"] == "running");
  CHECK_FALSE(std::filesystem::exists(school / "killed/card.yaml"));

  check_failed(school.run(killed), 2, {"killed holds a training already", "--resume"});
  // What it was told the first time is remembered; from another folder, too.
  const RunResult resumed = run_inpaint({"finetune", "-o", school / "killed", "--resume"});
  CAPTURE(resumed.err);
  REQUIRE(resumed.exit_code == 0);
  CHECK(file_text(school / "killed/model.safetensors") == file_text(school / "whole/model.safetensors"));
  CHECK(school.metrics("killed") == school.metrics("whole"));
  CHECK(school.record("killed")["sittings"].size() == 2);
  CHECK(school.record("killed")["figures"]["best"]["hole-psnr"] ==
        school.record("whole")["figures"]["best"]["hole-psnr"]);
  const std::string report = file_text(school / "killed/report.html");
  CHECK(report.find("<th>step 0</th>") != std::string::npos);  // from before it was killed
  CHECK(report.find("now, step 260") != std::string::npos);

  const RunResult again = school.run({"finetune", "-o", "killed", "--resume"});
  CHECK(again.exit_code == 0);
  CHECK(again.err.find("is finished") != std::string::npos);
  CHECK(school.record("killed")["sittings"].size() == 2);
  check_failed(school.run({"finetune", "-o", "killed", "--resume", "--iterations", "270", "--batch", "4"}), 2,
               {"batch"});
  CHECK(school.run({"finetune", "-o", "killed", "--resume", "--iterations", "262"}).exit_code == 0);
  CHECK(school.record("killed")["steps"] == 262);
  CHECK(school.record("killed")["config"]["iterations"] == "262");
}

TEST_CASE("a training that is interrupted leaves a model and says how to go on") {
  if (skipped()) return;
  const School school;
  const RunResult stopped =
      school.run_until(School::small({"-o", "shop", "--iterations", "100000"}), "shop", "\"step\":20,", "TERM");
  check_failed(stopped, 130, {"interrupted at step", "inpaint finetune -o shop --resume"});
  CHECK(school.record("shop")["ended"] == "interrupted");
  CHECK(std::filesystem::exists(verified_file(find_card(school / "shop"))));
  CHECK(file_text(school / "shop/report.html").find("interrupted") != std::string::npos);
}

TEST_CASE("a training whose loss is no number stops, says where, and keeps the best weights") {
  if (skipped()) return;
  const School school;
  check_failed(school.run(School::small({"-o", "shop", "--iterations", "6", "--loss", "hole=1e39"})), 1,
               {"at step 1 ", "--base shop", "--learning-rate"});
  CHECK(school.record("shop")["ended"] == "diverged");
  CHECK(std::filesystem::exists(verified_file(find_card(school / "shop"))));
}

TEST_CASE("a taught model is the base of the next training") {
  if (skipped()) return;
  const School school;
  REQUIRE(school.run(School::small({"-o", "first", "--iterations", "4", "-q"})).exit_code == 0);
  const RunResult result = school.run({"finetune", "in", "-o", "second", "--base", "first", "--size", "32", "--batch",
                                       "2", "--iterations", "2", "--threads", "1", "-q"});
  CAPTURE(result.err);
  REQUIRE(result.exit_code == 0);
  const nlohmann::json record = school.record("second");
  CHECK(record["base"]["name"] == "first");
  CHECK(record["base"]["sha256"] == find_card(school / "first").files[0].sha256);
  CHECK(record["config"]["width"] == "4");
  // It begins where the first one ended, but for the rounding of its weights to half precision.
  CHECK(record["figures"]["first"]["hole-psnr"].get<double>() ==
        doctest::Approx(school.record("first")["figures"]["best"]["hole-psnr"].get<double>()).epsilon(1e-4));
  check_failed(school.run({"finetune", "in", "-o", "third", "--base", "first", "--levels", "4", "--size", "32"}), 2,
               {"levels 4", "first has 3"});
  check_failed(school.run({"finetune", "in", "-o", "third", "--base", "first", "--task", "remove-bg"}), 2,
               {"first", "pconv", "u2netp"});
  CHECK_FALSE(std::filesystem::exists(school / "third"));
}

TEST_CASE("subjects are taught from pictures with transparency") {
  if (skipped()) return;
  const School school;
  std::filesystem::create_directories(school.path() / "cutouts");
  for (int i = 0; i < 10; ++i) {
    cv::Mat alpha(40, 40, CV_8U, cv::Scalar(0));
    alpha(cv::Rect(8 + i, 8, 16, 24)).setTo(255);
    write_picture(school / fmt::format("cutouts/{}.png", i), painted_picture(40, 40, i).with_alpha(alpha), Format::png);
  }
  const RunResult result = school.run({"finetune", "cutouts", "-o", "cutter", "--task", "remove-bg", "--base", "none",
                                       "--size", "32", "--batch", "2", "--iterations", "2", "-q"});
  CAPTURE(result.err);
  REQUIRE(result.exit_code == 0);
  CHECK(school.record("cutter")["figures"]["best"].contains("mae"));
  const RunResult used = school.run({"remove-bg", "in/0.png", "-o", "cut.png", "--model", "cutter"});
  CAPTURE(used.err);
  CHECK(used.exit_code == 0);
  CHECK(load_picture(school / "cut.png").has_alpha());
}

TEST_CASE("no room on the disk ends a training, and its last checkpoint stays whole") {
  if (skipped()) return;
  const School school;
  REQUIRE(school.run(School::small({"-o", "shop", "--iterations", "4", "-q"})).exit_code == 0);
  const std::string checkpoint = file_text(school / "shop/.training/checkpoint.safetensors");
  // Files of at most 4 blocks of 512 bytes; a write beyond that is an error instead of a signal.
  const RunResult full =
      school.run({"finetune", "-o", "shop", "--resume", "--iterations", "50"}, "trap '' XFSZ; ulimit -f 4; ");
  check_failed(full, 3, {"cannot", "shop", "inpaint finetune -o shop --resume"});
  CHECK(file_text(school / "shop/.training/checkpoint.safetensors") == checkpoint);
  CHECK(school.run({"finetune", "-o", "shop", "--resume", "--iterations", "8", "-q"}).exit_code == 0);
  CHECK(school.record("shop")["steps"] == 8);
}

TEST_CASE("a configuration file is taken, printed, and refused with its line") {
  const School school;
  write_file(school / "shop.yaml", "pictures: in\nsize: 64\nlevels: 3\nminutes: 2\n");
  const RunResult printed = school.run({"finetune", "--config", "shop.yaml", "--size", "32", "--print-config"});
  CAPTURE(printed.err);
  CHECK(printed.exit_code == 0);
  CHECK(printed.out == "pictures: in\nlevels: 3\nminutes: 2\nsize: 32\n");
  write_file(school / "again.yaml", printed.out);
  CHECK(school.run({"finetune", "--config", "again.yaml", "--print-config"}).out == printed.out);
  write_file(school / "wrong.yaml", "size: 64\nlerning-rate: 1\n");
  check_failed(school.run({"finetune", "in", "-o", "x", "--config", "wrong.yaml"}), 2,
               {"wrong.yaml:2: lerning-rate", "did you mean 'learning-rate'"});
  check_failed(school.run({"finetune", "in", "-o", "x", "--config", "none.yaml"}), 2, {"none.yaml"});
}

TEST_CASE("what cannot be taught is refused, and leaves nothing behind") {
  const School school;
  const auto refused = [&](Words more, int exit_code, const Words& words) {
    more.insert(more.begin(), {"finetune", "--base", "none"});
    check_failed(school.run(more), exit_code, words);
    CHECK_FALSE(std::filesystem::exists(school / "x"));
  };
  refused({"in"}, 2, {"-o"});
  refused({"-o", "x"}, 2, {"no pictures"});
  refused({"in", "-o", "x", "--iteration", "3"}, 2, {"--iteration", "did you mean '--iterations'"});
  refused({"in", "-o", "x", "--size", "100"}, 2, {"100", "multiple of 64"});
  refused({"in", "-o", "x", "--resume"}, 2, {"x", "without --resume"});
  refused({"in", "-o", "in/0.png"}, 2, {"in/0.png", "folder"});
  refused({"in/0.png", "in/1.png", "-o", "x", "--size", "64"}, 2, {"8"});
  refused({"in", "-o", "x", "--mattes", "in"}, 2, {"mattes", "remove-bg"});
  refused({"in", "-o", "x", "--task", "segment"}, 2, {"--task", "segment"});
  std::filesystem::create_directories(school.path() / "model");
  write_file(school / "model/card.yaml", "name: mine\n");
  check_failed(school.run(School::small({"-o", "model"})), 2, {"model holds a model already"});
  CHECK(file_text(school / "model/card.yaml") == "name: mine\n");
  if (skipped()) return;
  refused({"in", "-o", "x", "--size", "64", "--loss", "beauty=1"}, 2, {"beauty", "hole"});
  refused({"in", "-o", "x", "--size", "64", "--loss", "hole"}, 2, {"TERM=WEIGHT"});
  if (!std::filesystem::exists("/dev/nvidiactl"))
    refused({"in", "-o", "x", "--size", "64", "--device", "cuda"}, 3, {"cuda"});
}

}  // namespace inpaint::test
