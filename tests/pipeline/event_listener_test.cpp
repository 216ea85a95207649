#include "pipeline/event_listener.h"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <atomic>
#include <chrono>
#include <map>
#include <sstream>
#include <thread>

#include "http_server.h"
#include "pipeline/helpers.h"

namespace inpaint::test {
namespace {

using Json = nlohmann::json;
constexpr Patience quick{.attempts = 6, .first_wait_seconds = 0.02, .slower_attempts = 6};

Outcome outcome(int number, Outcome::Status status = Outcome::Status::done) {
  Outcome outcome;
  outcome.input = fmt::format("in/{}.png", number);
  outcome.output = fmt::format("out/{}.png", number);
  outcome.status = status;
  outcome.seconds = 0.25;
  outcome.facts = {{"model", "patch"}};
  if (status == Outcome::Status::failed) outcome.reason = "damaged";
  return outcome;
}

// Events in the order of their arrival.
std::vector<Json> events_in(const HttpServer& server) {
  std::vector<Json> events;
  for (const HttpRequest& request : server.requests()) {
    for (Json& event : Json::parse(request.body)) events.push_back(std::move(event));
  }
  return events;
}

// How often each item arrived.
std::map<std::string, int> items_of(const std::vector<Json>& events) {
  std::map<std::string, int> times;
  for (const Json& event : events) {
    if (event["event"] == "item") ++times[event["input"]];
  }
  return times;
}

RunSummary summary_of(size_t done) {
  RunSummary summary;
  summary.total = summary.done = done;
  return summary;
}

double seconds_of(const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

std::unique_ptr<EventOutlet> outlet_to(const HttpServer& server) {
  return open_event_outlet({server.url("/events?key=secret")}, quick);
}

}  // namespace

TEST_CASE("events: one of each picture, one before and one after, in arrays of at most fifty") {
  HttpServer server([](const HttpRequest&) { return HttpReply{.status = 204}; }, true);
  Recorder recorder;
  EventListener listener(recorder, outlet_to(server));
  listener.on_start(130, 120);
  for (int i = 0; i < 5; ++i) listener.on_outcome(outcome(1000 + i, Outcome::Status::skipped));
  for (int i = 0; i < 119; ++i) listener.on_outcome(outcome(i));
  listener.on_outcome(outcome(119, Outcome::Status::failed));
  listener.on_outcome(outcome(2000, Outcome::Status::not_started));
  listener.on_end(summary_of(119));
  const std::vector<Json> events = events_in(server);
  REQUIRE(events.size() == 122);
  const auto times = items_of(events);
  CHECK(times.size() == 120);
  for (const auto& [input, count] : times) CHECK(count == 1);
  for (size_t i = 0; i < events.size(); ++i) {
    CHECK(events[i]["number"] == i + 1);
    CHECK(events[i]["run"] == events[0]["run"]);
    CHECK(events[i]["time"].get<std::string>().ends_with("Z"));
  }
  CHECK(events.front()["event"] == "started");
  CHECK(events.front()["total"] == 130);
  CHECK(events.front()["due"] == 120);
  CHECK(events[1]["status"] == "done");
  CHECK(events[1]["output"] == "out/0.png");
  CHECK(events[1]["seconds"] == 0.25);
  CHECK(events[1]["reason"].is_null());
  CHECK(events[1]["facts"]["model"] == "patch");
  CHECK(events[120]["status"] == "failed");
  CHECK(events[120]["reason"] == "damaged");
  CHECK(events.back()["event"] == "finished");
  CHECK(events.back()["done"] == 119);
  CHECK(events.back()["dropped"] == 0);
  for (const HttpRequest& request : server.requests()) {
    CHECK(request.method == "POST");
    CHECK(request.header("content-type") == "application/json");
    CHECK(request.header("authorization").empty());
    CHECK(Json::parse(request.body).size() <= 50);
  }
  CHECK(recorder.outcomes.size() == 126);
  CHECK(recorder.starts == 1);
  CHECK(recorder.ends == 1);
}

TEST_CASE("events: a batch that is not full goes out after a while") {
  HttpServer server([](const HttpRequest&) { return HttpReply{}; });
  Recorder recorder;
  EventListener listener(recorder, outlet_to(server), {.batch_seconds = 0.2});
  listener.on_start(2, 2);
  listener.on_outcome(outcome(1));
  for (int i = 0; i < 200 && server.requests().empty(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(20));
  CHECK(events_in(server).size() == 2);
  listener.on_end(summary_of(1));
  CHECK(server.requests().size() == 2);
}

TEST_CASE("events: a receiver that fails and comes back has lost nothing") {
  std::atomic<int> calls{0};
  std::vector<Json> taken;  // only while the server answers
  HttpServer server([&](const HttpRequest& request) {
    const int call = ++calls;
    if (call % 3 == 1) return HttpReply{.status = 503};
    if (call % 3 == 2) return HttpReply{.reset = true};
    for (Json& event : Json::parse(request.body)) taken.push_back(std::move(event));
    return HttpReply{};
  });
  Recorder recorder;
  EventListener listener(recorder, outlet_to(server));
  listener.on_start(100, 100);
  for (int i = 0; i < 100; ++i) listener.on_outcome(outcome(i));
  listener.on_end(summary_of(100));
  const auto times = items_of(taken);
  CHECK(times.size() == 100);
  for (const auto& [input, count] : times) CHECK(count == 1);
  CHECK(taken.back()["event"] == "finished");
  CHECK(calls == 9);
}

TEST_CASE("events: a receiver that stands still holds nothing up, and what is dropped is told") {
  std::atomic<bool> stands{true};
  std::vector<Json> taken;
  HttpServer server([&](const HttpRequest& request) {
    if (stands) return HttpReply{.status = 500};
    for (Json& event : Json::parse(request.body)) taken.push_back(std::move(event));
    return HttpReply{};
  });
  Recorder recorder;
  constexpr Patience slow{.attempts = 6, .first_wait_seconds = 0.5, .slower_attempts = 6};
  EventListener listener(recorder, open_event_outlet({server.url()}, slow), {.batch_seconds = 0});
  listener.on_start(5000, 5000);
  while (server.requests().empty()) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  CHECK(seconds_of([&] {
          for (int i = 0; i < 5000; ++i) listener.on_outcome(outcome(i));
        }) < 1);
  stands = false;
  listener.on_end(summary_of(5000));
  const size_t waited = taken.size() - 1;  // "started" was on its way
  CHECK(waited == 1000);
  CHECK(taken.front()["event"] == "started");
  CHECK(taken[1]["input"] == "in/4001.png");  // the oldest were dropped
  CHECK(taken.back()["event"] == "finished");
  CHECK(taken.back()["dropped"] == 4001);
  CHECK(recorder.outcomes.size() == 5000);
}

TEST_CASE("events: a refusal is not asked again, and later ones still go out") {
  std::atomic<int> calls{0};
  HttpServer server([&](const HttpRequest&) { return HttpReply{.status = ++calls == 1 ? 413 : 200}; });
  Recorder recorder;
  EventListener listener(recorder, outlet_to(server), {.per_batch = 2});
  listener.on_start(3, 3);
  for (int i = 0; i < 3; ++i) listener.on_outcome(outcome(i));
  listener.on_end(summary_of(3));
  CHECK(calls == 3);
}

TEST_CASE("events: the end waits only so long") {
  HttpServer server([](const HttpRequest&) { return HttpReply{.delay = 60}; });
  Recorder recorder;
  EventListener listener(recorder, outlet_to(server), {.flush_seconds = 0.5});
  listener.on_start(1, 1);
  listener.on_outcome(outcome(1));
  const double seconds = seconds_of([&] { listener.on_end(summary_of(1)); });
  CHECK(seconds >= 0.4);
  CHECK(seconds < 5);
}

TEST_CASE("events: the token goes to the receiver") {
  HttpServer server([](const HttpRequest&) { return HttpReply{}; });
  setenv("INPAINT_EVENTS_TOKEN", " k-123\n", 1);
  {
    Recorder recorder;
    EventListener listener(recorder, outlet_to(server));
    listener.on_start(0, 0);
    listener.on_end(summary_of(0));
  }
  setenv("INPAINT_EVENTS_TOKEN", "k-1\r\nX-Other: 2", 1);
  const std::string told = message_of<SpecError>([&] { outlet_to(server); });
  unsetenv("INPAINT_EVENTS_TOKEN");
  CHECK(server.requests().at(0).header("authorization") == "Bearer k-123");
  CHECK(missing_of(told, {"INPAINT_EVENTS_TOKEN", "control character"}).empty());
  CHECK(told.find("k-1") == std::string::npos);
}

TEST_CASE("events: a file gets a line each, after what it holds") {
  const ScratchFolder folder;
  const std::string file = folder / "events.jsonl";
  write_file(file, "{\"event\":\"earlier\"}\n");
  {
    Recorder recorder;
    EventListener listener(recorder, open_event_outlet({"file:" + file}));
    listener.on_start(2, 2);
    listener.on_outcome(outcome(1));
    listener.on_outcome(outcome(2));
    listener.on_end(summary_of(2));
  }
  std::istringstream lines(file_text(file));
  Words kinds;
  for (std::string line; std::getline(lines, line);) kinds.push_back(Json::parse(line)["event"]);
  CHECK(kinds == Words{"earlier", "started", "item", "item", "finished"});
  const std::string told = message_of<SpecError>([&] { open_event_outlet({"file:" + (folder / "no/e.jsonl")}); });
  CHECK(missing_of(told, {"--events", "no/e.jsonl", "cannot be written"}).empty());
  mkfifo((folder / "pipe").c_str(), 0600);
  CHECK(message_of<SpecError>([&] { open_event_outlet({"file:" + (folder / "pipe")}); }).find("cannot be written") !=
        std::string::npos);
}

TEST_CASE("events: where they cannot go is said, and no secret of it") {
  using EventCodec = Codec<EventTarget>;
  CHECK(EventCodec::parse("https://h/e?key=1").text == "https://h/e?key=1");
  CHECK(EventCodec::parse("file:/tmp/e").path() == "/tmp/e");
  for (const char* wrong : {"file:", "ftp://h/e?key=hunter2", "htps://anna:hunter2@h/e", "https://anna:hunter2@h/e",
                            "https://ho st/?key=hunter2", "events.jsonl"}) {
    CAPTURE(wrong);
    const std::string told = message_of<SpecError>([&] { EventCodec::parse(wrong); });
    CHECK(told.find("--events") == 0);
    CHECK(told.find("hunter2") == std::string::npos);
  }
}

}  // namespace inpaint::test
