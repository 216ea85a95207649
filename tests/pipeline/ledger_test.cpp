#include "pipeline/ledger.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <atomic>
#include <filesystem>
#include <latch>
#include <map>
#include <thread>

#include "core/error.h"
#include "pipeline/helpers.h"
#include "support.h"

namespace inpaint::test {
namespace {
namespace fs = std::filesystem;

// An output directory that open_output has made.
struct Output {
  Output() { fs::create_directories(folder / ".inpaint"); }
  std::string path() const { return folder.path().string(); }
  ScratchFolder folder;
};

LedgerRecord record(const std::string& output, const std::string& status = "done",
                    const std::string& finished_at = "2024-05-01T10:00:00.000Z") {
  LedgerRecord r;
  r.output = output;
  r.input = "in/" + output;
  r.status = status;
  r.finished_at = finished_at;
  r.facts = "{}";
  return r;
}

// The outputs of all records that fit, in the order of the visit.
Words outputs(Ledger& ledger, const LedgerQuery& query = {}) {
  Words out;
  ledger.query(query, [&](const LedgerRecord& r) { out.push_back(r.output); });
  return out;
}

}  // namespace

TEST_CASE("the ledger lies in a hidden folder of the output directory") {
  const Output output;
  CHECK(Ledger::path_in("out") == "out/.inpaint/ledger.sqlite");
  CHECK_FALSE(Ledger::exists_in(output.path()));
  const Ledger ledger(output.path(), Ledger::Mode::write);
  CHECK(Ledger::exists_in(output.path()));
}

TEST_CASE("a record is found again with everything in it") {
  const Output output;
  LedgerRecord r;
  r.output = "a b/ü'\".png";
  r.input = "in/a b.jpg";
  r.status = "failed";
  r.reason = "damaged jpeg file: 'x'; --";
  r.input_at_fault = true;
  r.recipe = "0123";
  r.inputs = "5:6|7:8";
  r.input_hash = "beef";
  r.seconds = 0.125;
  r.finished_at = "2024-05-01T10:00:00.000Z";
  r.facts = R"({"coverage":0.5})";
  {
    Ledger ledger(output.path(), Ledger::Mode::write);
    ledger.put(r);
  }
  Ledger ledger(output.path(), Ledger::Mode::read);
  const auto found = ledger.find(r.output);
  REQUIRE(found);
  CHECK(found->output == r.output);
  CHECK(found->input == r.input);
  CHECK(found->status == r.status);
  CHECK(found->reason == r.reason);
  CHECK(found->input_at_fault);
  CHECK(found->recipe == r.recipe);
  CHECK(found->inputs == r.inputs);
  CHECK(found->input_hash == r.input_hash);
  CHECK(found->seconds == 0.125);
  CHECK(found->finished_at == r.finished_at);
  CHECK(found->facts == r.facts);
  CHECK_FALSE(ledger.find("a b"));
  CHECK_FALSE(ledger.find("A B/ü'\".PNG"));
}

TEST_CASE("a second record of an output replaces the first") {
  const Output output;
  Ledger ledger(output.path(), Ledger::Mode::write);
  LedgerRecord r = record("a.png", "failed");
  r.reason = "broken";
  r.input_at_fault = true;
  ledger.put(r);
  ledger.put(record("a.png", "done"));
  const auto found = ledger.find("a.png");
  REQUIRE(found);
  CHECK(found->status == "done");
  CHECK(found->reason == "");
  CHECK_FALSE(found->input_at_fault);
  CHECK(outputs(ledger).size() == 1);
}

TEST_CASE("a query visits the records that fit, in order of output") {
  const Output output;
  Ledger ledger(output.path(), Ledger::Mode::write);
  ledger.put(record("c.png", "done"));
  ledger.put(record("x/a.png", "failed"));
  ledger.put(record("b.png", "failed"));
  ledger.put(record("x/d%_.png", "done"));
  CHECK(outputs(ledger) == Words{"b.png", "c.png", "x/a.png", "x/d%_.png"});
  LedgerQuery failed;
  failed.status = "failed";
  CHECK(outputs(ledger, failed) == Words{"b.png", "x/a.png"});
  LedgerQuery in_x;
  in_x.input_contains = "in/x/";
  CHECK(outputs(ledger, in_x) == Words{"x/a.png", "x/d%_.png"});
  LedgerQuery literal;
  literal.input_contains = "%_";  // no wildcards
  CHECK(outputs(ledger, literal) == Words{"x/d%_.png"});
  LedgerQuery both = in_x;
  both.status = "failed";
  CHECK(outputs(ledger, both) == Words{"x/a.png"});
  LedgerQuery none;
  none.status = "done'; DROP TABLE items; --";
  CHECK(outputs(ledger, none).empty());
  CHECK(outputs(ledger).size() == 4);
}

TEST_CASE("a limited query visits the newest records, newest first") {
  const Output output;
  Ledger ledger(output.path(), Ledger::Mode::write);
  ledger.put(record("a.png", "done", "2024-05-01T10:00:00.000Z"));
  ledger.put(record("b.png", "done", "2024-05-03T10:00:00.000Z"));
  ledger.put(record("c.png", "failed", "2024-05-04T10:00:00.000Z"));
  ledger.put(record("d.png", "done", "2024-05-02T10:00:00.000Z"));
  LedgerQuery newest;
  newest.limit = 3;
  CHECK(outputs(ledger, newest) == Words{"c.png", "b.png", "d.png"});
  newest.status = "done";
  newest.limit = 2;
  CHECK(outputs(ledger, newest) == Words{"b.png", "d.png"});
  newest.limit = 99;
  CHECK(outputs(ledger, newest) == Words{"b.png", "d.png", "a.png"});
}

TEST_CASE("a recipe is kept under its hash") {
  const Output output;
  Ledger ledger(output.path(), Ledger::Mode::write);
  ledger.put_recipe("abc", R"({"stages":[]})");
  ledger.put_recipe("abc", R"({"stages":[]})");
  for (const char* recipe : {"abc", "abd"}) {
    LedgerRecord line = record(std::string(recipe) + ".png");
    line.recipe = recipe;
    ledger.put(line);
  }
  std::map<std::string, std::string> options;
  ledger.query({}, [&](const LedgerRecord& r) { options[r.output] = r.options; });
  CHECK(options.at("abc.png") == R"({"stages":[]})");
  CHECK(options.at("abd.png") == "");
}

TEST_CASE("a record is durable before the ledger is closed") {
  const Output output;
  Ledger writer(output.path(), Ledger::Mode::write);
  Ledger reader(output.path(), Ledger::Mode::read);
  writer.put(record("a.png"));
  CHECK(reader.find("a.png"));
  writer.put(record("b.png"));
  CHECK(outputs(reader) == Words{"a.png", "b.png"});
}

TEST_CASE("two ledgers of one directory take records at once, from several threads each") {
  const Output output;
  {
    Ledger first(output.path(), Ledger::Mode::write), second(output.path(), Ledger::Mode::write);
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      Ledger& ledger = t % 2 == 0 ? first : second;
      threads.emplace_back([&ledger, t] {
        for (int i = 0; i < 50; ++i) {
          ledger.put(record(fmt::format("{}-{:02}.png", t, i)));
          ledger.put(record("all.png"));
          ledger.find("all.png");
        }
      });
    }
  }
  Ledger ledger(output.path(), Ledger::Mode::read);
  CHECK(outputs(ledger).size() == 4 * 50 + 1);
}

TEST_CASE("many that open a fresh ledger at once all get it") {
  for (int round = 0; round < 20; ++round) {
    const Output output;
    constexpr int count = 6;
    std::latch ready(count);
    std::atomic<int> refused{0};
    std::vector<std::jthread> threads;
    for (int t = 0; t < count; ++t) {
      threads.emplace_back([&, t] {
        ready.arrive_and_wait();
        try {
          if (t % 2 == 0) {
            Ledger ledger(output.path(), Ledger::Mode::write);
            ledger.put(record(fmt::format("{}.png", t)));
          } else if (Ledger::exists_in(output.path())) {
            Ledger ledger(output.path(), Ledger::Mode::read);
            ledger.find("0.png");
          }
        } catch (const std::exception& error) {
          MESSAGE(std::string(error.what()));
          ++refused;
        }
      });
    }
    threads.clear();
    REQUIRE(refused == 0);
  }
}

TEST_CASE("a ledger of a newer version is refused with the cure, and left alone") {
  const Output output;
  {
    SQLite::Database database(Ledger::path_in(output.path()), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
    database.exec("CREATE TABLE future(x); PRAGMA user_version=2");
  }
  const std::string before = file_text(Ledger::path_in(output.path()));
  for (const auto mode : {Ledger::Mode::read, Ledger::Mode::write}) {
    CHECK(message_of<SpecError>([&] { Ledger(output.path(), mode); }) ==
          "the ledger '" + Ledger::path_in(output.path()) +
              "' was written by a newer version of inpaint; update, or choose another output directory");
  }
  CHECK(file_text(Ledger::path_in(output.path())) == before);
}

TEST_CASE("a file that is no ledger is refused with the cure, and left alone") {
  const Output output;
  const std::string text(5000, 'x');
  write_file(Ledger::path_in(output.path()), text);
  for (const auto mode : {Ledger::Mode::read, Ledger::Mode::write}) {
    const std::string message = message_of<SpecError>([&] { Ledger(output.path(), mode); });
    CHECK(missing_of(message, {"the ledger '" + Ledger::path_in(output.path()) + "' cannot be used", "not a database",
                               "delete it"}) == "");
  }
  CHECK(file_text(Ledger::path_in(output.path())) == text);
}

TEST_CASE("reading a ledger that is not there is refused and makes none") {
  const Output output;
  CHECK(missing_of(message_of<SpecError>([&] { Ledger(output.path(), Ledger::Mode::read); }),
                   {Ledger::path_in(output.path())}) == "");
  CHECK(files_below(output.path()).empty());
}

TEST_CASE("a ledger whose folder is not there is refused") {
  const ScratchFolder folder;
  CHECK(missing_of(message_of<SpecError>([&] { Ledger(folder / "none", Ledger::Mode::write); }),
                   {folder / "none/.inpaint/ledger.sqlite"}) == "");
}

TEST_CASE("the time is told in UTC down to the millisecond, and grows") {
  const std::string first = utc_now(), second = utc_now();
  const auto shape = [](std::string text) {
    for (char& c : text) c = c >= '0' && c <= '9' ? '9' : c;
    return text;
  };
  CHECK(shape(first) == "9999-99-99T99:99:99.999Z");
  CHECK(second >= first);
  const std::time_t now = std::time(nullptr);
  char day[16];
  std::strftime(day, sizeof day, "%Y-%m-%d", std::gmtime(&now));
  CHECK(day >= first.substr(0, 10));
}

}  // namespace inpaint::test
