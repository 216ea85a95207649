// Directories in, directories out: broken files, resume, kills, shards, progress, standard streams.
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <random>
#include <set>
#include <sstream>
#include <thread>

#include "pipeline/ledger.h"
#include "support.h"

namespace inpaint::test {
namespace fs = std::filesystem;
namespace {

using nlohmann::json;

std::vector<json> json_lines(const std::string& text) {
  std::vector<json> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(json::parse(line));
  return lines;
}

int64_t mtime_of(const std::string& path) {
  struct stat status;
  REQUIRE(stat(path.c_str(), &status) == 0);
  return static_cast<int64_t>(status.st_mtim.tv_sec) * 1'000'000'000 + status.st_mtim.tv_nsec;
}

// 'count' pictures in two folders, and the command that passes them through.
class Batch : public ScratchFolder {
 public:
  explicit Batch(int count, int width = 48, int height = 36) {
    for (int i = 0; i < count; ++i) {
      write_picture(*this / fmt::format("in/{}/p{:03}.jpg", i % 2 ? "odd" : "even", i),
                    painted_picture(width, height, i), Format::jpeg);
    }
  }
  std::vector<std::string> arguments(std::vector<std::string> more = {}) const {
    std::vector<std::string> all = {"mask",   *this / "in",      "-o",      *this / "out",
                                    "--rect", "10%,10%,50%,50%", "--write", "image"};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  RunResult run(const std::vector<std::string>& more = {}) const { return run_inpaint(arguments(more)); }

  // Outputs without the ledger; hidden files count, so that temporary files are seen.
  std::vector<std::string> outputs() const {
    std::vector<std::string> files = files_below(*this / "out");
    std::erase_if(files, [](const std::string& file) { return file.starts_with(".inpaint/"); });
    return files;
  }
  std::map<std::string, int64_t> output_times() const {
    std::map<std::string, int64_t> times;
    for (const std::string& file : outputs()) times[file] = mtime_of(*this / ("out/" + file));
    return times;
  }
};

size_t count_changed(const std::map<std::string, int64_t>& before, const std::map<std::string, int64_t>& after) {
  return static_cast<size_t>(std::count_if(after.begin(), after.end(), [&](const auto& entry) {
    const auto it = before.find(entry.first);
    return it == before.end() || it->second != entry.second;
  }));
}

}  // namespace

TEST_CASE("a directory with broken files: the good ones come out, the broken ones are named with their reasons") {
  const Batch batch(12);
  write_file(batch / "in/even/text.jpg", "this is no picture\n");
  write_file(batch / "in/even/empty.jpg", "");
  const std::string whole = file_text(batch / "in/odd/p001.jpg");
  write_file(batch / "in/odd/truncated.jpg", whole.substr(0, whole.size() / 2));

  const RunResult first = batch.run();
  CAPTURE(first.err);
  CHECK(first.exit_code == 1);
  CHECK(batch.outputs().size() == 12);
  CHECK(first.err.find("text.jpg: not a picture") != std::string::npos);
  CHECK(first.err.find("empty.jpg: the file is empty") != std::string::npos);
  CHECK(first.err.find("truncated.jpg: damaged jpeg file") != std::string::npos);
  CHECK(first.err.find("12 done, 3 failed") != std::string::npos);

  const auto times = batch.output_times();
  const RunResult second = batch.run();
  CHECK(second.exit_code == 1);
  CHECK(second.err.find("nothing to do: 12 done already, 3 failed before and unchanged") != std::string::npos);
  CHECK(second.err.find("text.jpg: not a picture") != std::string::npos);
  CHECK(count_changed(times, batch.output_times()) == 0);

  const RunResult retried = batch.run({"--retry-failed"});
  CHECK(retried.exit_code == 1);
  CHECK(retried.err.find("12 done already, 3 failed in") != std::string::npos);

  fs::copy_file(batch / "in/odd/p001.jpg", batch / "in/even/empty.jpg", fs::copy_options::overwrite_existing);
  CHECK(batch.run().err.find("1 done, 12 done already, 2 failed before") != std::string::npos);
}

TEST_CASE("a second run does only what changed") {
  const Batch batch(8);
  REQUIRE(batch.run().exit_code == 0);
  const auto first = batch.output_times();
  CHECK(first.size() == 8);

  const RunResult again = batch.run();
  CHECK(again.exit_code == 0);
  CHECK(again.err.find("nothing to do: 8 done already") != std::string::npos);
  CHECK(count_changed(first, batch.output_times()) == 0);

  // Options that do not touch the result leave all as it is.
  CHECK(batch.run({"--jobs", "1"}).err.find("nothing to do") != std::string::npos);

  fs::last_write_time(batch / "in/even/p000.jpg", fs::file_time_type::clock::now());
  REQUIRE(batch.run().exit_code == 0);
  const auto touched = batch.output_times();
  CHECK(count_changed(first, touched) == 1);
  CHECK(touched.at("even/p000.jpg") != first.at("even/p000.jpg"));

  fs::remove(batch / "out/odd/p001.jpg");
  CHECK(batch.run().err.find("1 done, 7 done already") != std::string::npos);

  CHECK(batch.run({"--quality", "80"}).err.find("8 done in") != std::string::npos);
  CHECK(batch.run({"--quality", "80", "--redo"}).err.find("8 done in") != std::string::npos);
}

TEST_CASE("a changed mask redoes the pictures it belongs to") {
  const Batch batch(4);
  for (int i = 0; i < 4; ++i) {
    write_mask(batch / fmt::format("masks/{}/p{:03}.png", i % 2 ? "odd" : "even", i),
               Mask(cv::Mat(36, 48, CV_8UC1, cv::Scalar(i == 0 ? 0 : 0))));
  }
  const std::vector<std::string> command = {"inpaint", batch / "in", "--mask", batch / "masks", "-o", batch / "out"};
  REQUIRE(run_inpaint(command).exit_code == 0);
  const auto times = batch.output_times();
  fs::last_write_time(batch / "masks/odd/p003.png", fs::file_time_type::clock::now());
  REQUIRE(run_inpaint(command).exit_code == 0);
  CHECK(count_changed(times, batch.output_times()) == 1);
}

TEST_CASE("kill -9 at any moment loses nothing, leaves nothing, and repeats only what was in flight") {
  const Batch batch(60, 320, 240);
  const auto start = [&] {
    const pid_t child = fork();
    if (child == 0) {
      std::vector<std::string> words = batch.arguments({"-q"});
      words.insert(words.begin(), INPAINT_PROGRAM);
      std::vector<char*> argv;
      for (std::string& word : words) argv.push_back(word.data());
      argv.push_back(nullptr);
      execv(argv[0], argv.data());
      _exit(127);
    }
    return child;
  };
  // output -> when it was finished, as the ledger knows it
  const auto noted = [&] {
    std::map<std::string, std::string> lines;
    if (!Ledger::exists_in(batch / "out")) return lines;
    Ledger(batch / "out", Ledger::Mode::read).query({}, [&](const LedgerRecord& r) {
      lines[r.output] = r.finished_at;
    });
    return lines;
  };
  std::mt19937 random(7);
  std::map<std::string, std::string> before;
  for (int kills = 0; kills < 12; ++kills) {
    const pid_t child = start();
    std::this_thread::sleep_for(std::chrono::milliseconds(40 + random() % 120));
    kill(child, SIGKILL);
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    // What was noted is there, and nobody did it again.
    const auto after = noted();
    for (const auto& [output, time] : before) {
      CAPTURE(output);
      REQUIRE(after.contains(output));
      CHECK(after.at(output) == time);
    }
    for (const auto& [output, time] : after) CHECK(fs::exists(batch / ("out/" + output)));
    before = after;
  }
  REQUIRE(batch.run().exit_code == 0);
  const auto after = noted();
  for (const auto& [output, time] : before) CHECK(after.at(output) == time);
  CHECK(after.size() == 60);
  const std::vector<std::string> outputs = batch.outputs();
  CHECK(outputs.size() == 60);
  for (const std::string& file : outputs) {
    CAPTURE(file);
    CHECK(file.ends_with(".jpg"));
    CHECK(load_picture(batch / ("out/" + file)).width() == 320);
  }
}

TEST_CASE("the first interrupt finishes what is in flight, and the same command goes on") {
  const Batch batch(80, 320, 240);
  const std::string program = fmt::format("'{}' mask '{}' -o '{}' --rect 1,1,9,9 --write image --jobs 1",
                                          INPAINT_PROGRAM, batch / "in", batch / "out");
  // Interrupts once the first output is there.
  const RunResult result =
      run_shell(fmt::format("{} & pid=$!; while [ -z \"$(find '{}' -name 'p*.jpg' 2>/dev/null)\" ] && kill -0 $pid "
                            "2>/dev/null; do sleep 0.002; done; kill -INT $pid; wait $pid",
                            program, batch / "out"));
  CAPTURE(result.err);
  if (result.exit_code == 130) {
    CHECK(result.err.find("interrupted") != std::string::npos);
    CHECK(result.err.find("not started") != std::string::npos);
  } else {
    CHECK(result.exit_code == 0);  // it was faster than the signal
  }
  for (const std::string& file : batch.outputs()) CHECK(file.ends_with(".jpg"));
  const size_t done = batch.outputs().size();
  const RunResult rest = run_shell(program);
  CHECK(rest.exit_code == 0);
  CHECK(batch.outputs().size() == 80);
  if (done < 80) CHECK(rest.err.find(fmt::format("{} done, {} done already", 80 - done, done)) != std::string::npos);
}

TEST_CASE("JSON: one line per picture and a summary, and nothing else on standard output") {
  const Batch batch(3);
  write_file(batch / "in/text.jpg", "no picture");
  const RunResult result = batch.run({"--json"});
  const std::vector<json> lines = json_lines(result.out);
  REQUIRE(lines.size() == 5);
  std::set<std::string> inputs;
  for (size_t i = 0; i < 4; ++i) {
    for (const char* key : {"input", "output", "status", "seconds", "reason"}) CHECK(lines[i].contains(key));
    inputs.insert(lines[i]["input"]);
    const bool broken = lines[i]["input"] == batch / "in/text.jpg";
    CHECK(lines[i]["status"] == (broken ? "failed" : "done"));
    CHECK(lines[i]["reason"].is_null() != broken);
    if (!broken) CHECK(lines[i]["facts"]["box"] == json({5, 4, 29, 22}));  // 10 % and 50 % of 48 × 36, rounded
  }
  CHECK(inputs.size() == 4);
  const json summary = lines[4]["summary"];
  CHECK(summary["total"] == 4);
  CHECK(summary["done"] == 3);
  CHECK(summary["failed"] == 1);
  CHECK(json_lines(batch.run({"--json"}).out)[4]["summary"]["skipped"] == 3);
}

TEST_CASE("a dry run says what would happen and writes nothing") {
  const Batch batch(3);
  const RunResult result = batch.run({"--dry-run"});
  CHECK(result.exit_code == 0);
  CHECK(result.out.find(batch / "in/even/p000.jpg" + " -> " + (batch / "out/even/p000.jpg") + " (new)") !=
        std::string::npos);
  CHECK(result.err.find("would do 3 pictures") != std::string::npos);
  CHECK_FALSE(fs::exists(batch / "out"));
  REQUIRE(batch.run().exit_code == 0);
  CHECK(batch.run({"--dry-run"}).err.find("nothing to do: 3 done already") != std::string::npos);
  CHECK(batch.run({"--dry-run", "--quality", "50"}).out.find("(options changed)") != std::string::npos);
}

TEST_CASE("shards share the work without overlap or gap") {
  const Batch batch(30);
  size_t sum = 0;
  for (const std::string shard : {"1/3", "2/3", "3/3"}) {
    const RunResult result = batch.run({"--shard", shard, "--json"});
    REQUIRE(result.exit_code == 0);
    const json summary = json_lines(result.out).back()["summary"];
    sum += summary["done"].get<size_t>();
    CHECK(summary["skipped"] == 0);
    CHECK(summary["done"] > 0);
  }
  CHECK(sum == 30);
  CHECK(batch.outputs().size() == 30);
  CHECK(batch.run().err.find("nothing to do: 30 done already") != std::string::npos);
}

TEST_CASE("limit counts what is due, so that repeating it goes on") {
  const Batch batch(5);
  CHECK(batch.run({"--limit", "2"}).err.find("2 done, 3 not started") != std::string::npos);
  CHECK(batch.run({"--limit", "2"}).err.find("2 done, 2 done already, 1 not started") != std::string::npos);
  CHECK(batch.run({"--limit", "2"}).err.find("1 done, 4 done already") != std::string::npos);
}

TEST_CASE("fail-fast and max-failures stop early") {
  const Batch batch(0);
  for (int i = 0; i < 40; ++i) write_file(batch / fmt::format("in/{:02}.jpg", i), "no picture");
  const auto summary = [&](const std::vector<std::string>& more) {
    std::vector<std::string> with_json = more;
    with_json.insert(with_json.end(), {"--json", "--jobs", "1", "--redo"});
    const RunResult result = batch.run(with_json);
    CHECK(result.exit_code == 1);
    return json_lines(result.out).back()["summary"];
  };
  const json fast = summary({"--fail-fast"}), five = summary({"--max-failures", "5"});
  CHECK(fast["failed"] >= 1);
  CHECK(fast["not_started"] > 20);
  CHECK(five["failed"] >= 5);
  CHECK(five["not_started"] > 20);
  CHECK(summary({})["failed"] == 40);
}

TEST_CASE("failures of earlier runs do not stop a run that fails fast") {
  const Batch batch(3);
  write_file(batch / "in/broken.jpg", "no picture");
  CHECK(batch.run().exit_code == 1);
  write_picture(batch / "in/new.jpg", painted_picture(48, 36, 9), Format::jpeg);
  const RunResult result = batch.run({"--fail-fast"});
  CHECK(result.exit_code == 1);
  CHECK(result.err.find("1 done, 3 done already, 1 failed before and unchanged") != std::string::npos);
}

TEST_CASE("progress is shown when asked for, and never mixed with results") {
  const Batch batch(3);
  const RunResult always = batch.run({"--progress", "always"});
  CHECK(always.err.find("3/3 (100 %)") != std::string::npos);
  CHECK(always.err.find("/s, 0:00 left") != std::string::npos);
  CHECK(always.out.empty());
  const RunResult automatic = batch.run({"--redo"});
  CHECK(automatic.err.find("100 %") == std::string::npos);
  CHECK(batch.run({"--redo", "-q"}).err.empty());
}

TEST_CASE("a single file keeps no ledger and always runs") {
  const ScratchFolder folder;
  write_picture(folder / "a.jpg", painted_picture(40, 30), Format::jpeg);
  for (int i = 0; i < 2; ++i) {
    const RunResult result = run_inpaint({"mask", folder / "a.jpg", "-o", folder / "new/m.png", "--rect", "1,1,5,5"});
    CHECK(result.exit_code == 0);
    CHECK(result.err.empty());
    CHECK(files_below(folder.path().string()) == std::vector<std::string>{"a.jpg", "new/m.png"});
    fs::remove(folder / "new/m.png");
  }
}

TEST_CASE("standard input and output") {
  const ScratchFolder folder;
  write_picture(folder / "a.png", painted_picture(40, 30), Format::png);
  const RunResult piped =
      run_inpaint({"mask", "-", "-o", "-", "--rect", "0,0,20,30"}, "cat '" + (folder / "a.png") + "' |");
  REQUIRE(piped.exit_code == 0);
  write_file(folder / "m.png", piped.out);
  CHECK(load_mask(folder / "m.png").coverage() == doctest::Approx(0.5));
  const RunResult chain =
      run_shell(fmt::format("'{0}' mask '{1}' -o - --rect 5,5,5,5 | '{0}' mask - -o '{2}' --from-color white",
                            INPAINT_PROGRAM, folder / "a.png", folder / "chained.png"));
  CHECK(chain.exit_code == 0);
  CHECK(load_mask(folder / "chained.png").coverage() == doctest::Approx(25.0 / 1200));
  const RunResult broken = run_inpaint({"mask", "-", "-o", "-", "--rect", "0,0,2,3"}, "echo nonsense |");
  CHECK(broken.exit_code == 1);
  CHECK(broken.out.empty());
}

TEST_CASE("inputs: lists, globs, and files that are no pictures") {
  const Batch batch(4);
  write_file(batch / "in/notes.txt", "hello");
  write_file(batch / "in/.hidden.jpg", "never looked at");
  CHECK(batch.run().err.find("1 file passed over") != std::string::npos);
  write_file(batch / "list.txt",
             fmt::format("# two of them\n{}\n\n{}\n", batch / "in/even/p000.jpg", batch / "in/odd/p001.jpg"));
  CHECK(run_inpaint({"mask", "@" + (batch / "list.txt"), "-o", batch / "listed", "--rect", "1,1,2,2"}).exit_code == 0);
  CHECK(fs::exists(batch / "listed/even/p000.png"));
  CHECK(fs::exists(batch / "listed/odd/p001.png"));
  CHECK(run_inpaint({"mask", batch / "in/**/*2.jpg", "-o", batch / "globbed", "--rect", "1,1,2,2"}).exit_code == 0);
  CHECK(fs::exists(batch / "globbed/even/p002.png"));
  CHECK_FALSE(fs::exists(batch / "globbed/even/p000.png"));
  CHECK(run_inpaint({"mask", batch / "in", "-o", batch / "flat", "--rect", "1,1,2,2", "--name", "{stem}_m.{ext}"})
            .exit_code == 0);
  CHECK(fs::exists(batch / "flat/p003_m.png"));
}

TEST_CASE("every picture needs its mask, and the one without is named") {
  const Batch batch(2);
  write_mask(batch / "masks/even/p000_mask.png", Mask(48, 36));
  const RunResult result = run_inpaint({"inpaint", batch / "in", "--mask", batch / "masks", "-o", batch / "out"});
  CHECK(result.exit_code == 1);
  CHECK(result.err.find("p001.jpg: --mask") != std::string::npos);
  CHECK(result.err.find("looked for odd/p001.*") != std::string::npos);
  CHECK(batch.outputs() == std::vector<std::string>{"even/p000.jpg"});
}

TEST_CASE("a mask of another size fails unless it may be resized") {
  const Batch batch(1);
  cv::Mat half = cv::Mat::zeros(18, 24, CV_8UC1);
  half(cv::Rect(0, 0, 12, 18)).setTo(255);
  write_mask(batch / "m.png", Mask(half));
  const std::vector<std::string> command = {"mask", batch / "in",  "--mask", batch / "m.png",
                                            "-o",   batch / "out", "--grow", "0"};
  const RunResult refused = run_inpaint(command);
  CHECK(refused.exit_code == 1);
  CHECK(refused.err.find("the mask is 24 × 18, the picture 48 × 36 (upright); --mask-fit resize") != std::string::npos);
  std::vector<std::string> resized = command;
  resized.insert(resized.end(), {"--mask-fit", "resize"});
  CHECK(run_inpaint(resized).exit_code == 0);
  CHECK(load_mask(batch / "out/even/p000.png").coverage() == doctest::Approx(0.5).epsilon(0.05));
}

}  // namespace inpaint::test
