// Pictures behind addresses, and events of a run, against a server on this machine.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <atomic>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <opencv2/core.hpp>
#include <sstream>

#include "http_server.h"
#include "support.h"

namespace inpaint::test {
namespace {

using nlohmann::json;
using Words = std::vector<std::string>;

std::vector<json> json_lines(const std::string& text) {
  std::vector<json> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(json::parse(line));
  return lines;
}

// Passes pictures through as they are.
Words pass(const Words& inputs, const std::string& output, const Words& more = {}) {
  Words all = {"mask"};
  all.insert(all.end(), inputs.begin(), inputs.end());
  for (const char* word : {"-o", output.c_str(), "--rect", "0,0,4,4", "--write", "image"}) all.push_back(word);
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

bool holds(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

bool same_pictures(const Image& a, const Image& b) { return cv::norm(a.pixels(), b.pixels(), cv::NORM_INF) == 0; }

std::string png_bytes(int seed = 0) {
  Notes notes;
  const Bytes bytes = encode_image(painted_picture(48, 36, seed), {.format = Format::png}, notes);
  return {bytes.begin(), bytes.end()};
}

// A shop's server: pictures under any name but some.
HttpReply shop(const HttpRequest& request) {
  const std::string path = request.path.substr(0, request.path.find('?'));
  if (path == "/gone.png") return {.status = 404};
  if (path == "/login.png") return {.headers = {{"Content-Type", "text/html"}}, .body = "<html>log in</html>"};
  if (path == "/away.png") return {.status = 302, .headers = {{"Location", "http://169.254.169.254/key?a=1"}}};
  if (path == "/large.png") return {.body = std::string(1'000'000, 'x')};
  if (path == "/endless.png") return {.body = std::string(1'000'000, 'x'), .tells_length = false};
  return file_reply(request, png_bytes(1));
}

}  // namespace

TEST_CASE("web: addresses and files in one command; again, nothing is to be done; a signature is told nowhere") {
  const ScratchFolder folder;
  write_picture(folder / "here.png", painted_picture(48, 36, 2), Format::png);
  HttpServer server(shop);
  write_file(folder / "list.txt", server.url("/listed?sig=hunter2") + "\n");
  const Words command = pass({folder / "here.png", server.url("/a%20b.png?sig=hunter2"), "@" + (folder / "list.txt")},
                             folder / "out", {"--json", "-v", "--allow-private-addresses"});
  const RunResult first = run_inpaint(command);
  INFO(first.err);
  CHECK(first.exit_code == 0);
  CHECK(same_pictures(load_picture(folder / "out/here.png"), painted_picture(48, 36, 2)));
  CHECK(same_pictures(load_picture(folder / "out/a b.png"), painted_picture(48, 36, 1)));
  CHECK(same_pictures(load_picture(folder / "out/listed.png"), painted_picture(48, 36, 1)));
  std::map<std::string, std::string> status_of;
  for (const json& line : json_lines(first.out)) {
    if (line.contains("input")) status_of[line["input"]] = line["status"];
  }
  CHECK(status_of[server.url("/a%20b.png?...")] == "done");
  CHECK(status_of[server.url("/listed?...")] == "done");
  const size_t sent = server.body_bytes();
  const RunResult second = run_inpaint(command);
  CHECK(second.exit_code == 0);
  CHECK(holds(second.err, "3 done already"));
  CHECK(server.body_bytes() - sent <= 64);  // no more than first bytes, to tell a format
  const RunResult history = run_inpaint({"history", folder / "out", "--json"});
  CHECK(holds(history.out, server.url("/a%20b.png?...")));
  std::string everything = first.out + first.err + second.out + second.err + history.out;
  for (const std::string& file : files_below(folder / "out")) everything += file_text(folder / ("out/" + file));
  CHECK_FALSE(holds(everything, "hunter2"));
}

TEST_CASE("web: one picture into a file, or on standard output") {
  const ScratchFolder folder;
  HttpServer server(shop);
  const RunResult file = run_inpaint(pass({server.url("/a.png")}, folder / "b.webp"));
  CHECK(file.exit_code == 0);
  CHECK(load_picture(folder / "b.webp").width() == 48);
  CHECK(server.requests().size() == 1);
  const RunResult out = run_inpaint(pass({server.url("/a.png")}, "-"), "", "> " + (folder / "c.png"));
  CHECK(out.exit_code == 0);
  CHECK(same_pictures(load_picture(folder / "c.png"), painted_picture(48, 36, 1)));
  write_file(folder / "spec.yaml", "input: " + server.url("/d.png") + "\noutput: {path: " + (folder / "out") +
                                       ", write: image}\nstages:\n  - mask: {rect: '0,0,4,4'}\n");
  const RunResult spec = run_inpaint({"run", folder / "spec.yaml"});
  INFO(spec.err);
  CHECK(spec.exit_code == 0);
  CHECK(same_pictures(load_picture(folder / "out/d.png"), painted_picture(48, 36, 1)));
}

TEST_CASE("web: what goes wrong is said of its picture, and the others go on") {
  const ScratchFolder folder;
  HttpServer server(shop);
  Words inputs;
  for (const char* name : {"gone", "login", "away", "large", "endless", "good"})
    inputs.push_back(server.url(fmt::format("/{}.png", name)));
  const RunResult result = run_inpaint(pass(inputs, folder / "out", {"--max-download", "0.1M"}));
  check_failed(result, 1,
               {"/gone.png: HTTP 404", "/login.png: the server answered with a web page (text/html",
                "/away.png: redirected to http://169.254.169.254/key?...: 169.254.169.254 is a link-local address",
                "/large.png: the answer is larger than 100.0 kB; --max-download raises the limit",
                "/endless.png: the answer is larger than 100.0 kB", "1 done, 5 failed"});
  CHECK(same_pictures(load_picture(folder / "out/good.png"), painted_picture(48, 36, 1)));
}

TEST_CASE("web: a server that fails for a moment is asked again") {
  const ScratchFolder folder;
  std::atomic<int> calls{0};
  HttpServer server(
      [&](const HttpRequest& request) { return ++calls == 1 ? HttpReply{.status = 503} : shop(request); });
  CHECK(run_inpaint(pass({server.url("/a.png")}, folder / "b.png")).exit_code == 0);
  CHECK(calls == 2);
}

TEST_CASE("web: refused before anything is asked") {
  const ScratchFolder folder;
  HttpServer server(shop);
  const std::string port = server.url().substr(server.url().rfind(':'));
  const RunResult secret = run_inpaint(pass({"http://anna:hunter2@127.0.0.1" + port + "/a.png"}, folder / "out"));
  check_failed(secret, 2, {"INPUT", "http://***@127.0.0.1", "user or password", "leave it out"});
  CHECK_FALSE(holds(secret.err, "hunter2"));
  check_failed(run_inpaint(pass({"https://"}, folder / "out")), 2, {"is no address"});
  check_failed(run_inpaint(pass({server.url("/a.png")}, folder / "out", {"--max-download", "0"})), 2,
               {"--max-download", "a number of bytes above 0"});
  write_file(folder / "list.txt", server.url("/a.png") + "\n");
  check_failed(run_inpaint(pass({"@" + (folder / "list.txt")}, folder / "out")), 1,
               {"127.0.0.1 is a loopback address, refused without --allow-private-addresses"});
  CHECK(server.requests().empty());
}

TEST_CASE("events: one of each picture; neither key nor query is told") {
  const ScratchFolder folder;
  for (int i = 0; i < 60; ++i)
    write_picture(folder / fmt::format("in/{}.png", i), painted_picture(20, 16, i), Format::png);
  write_file(folder / "in/broken.png", "no picture");
  HttpServer server([](const HttpRequest&) { return HttpReply{}; }, true);
  const RunResult result =
      run_inpaint(pass({folder / "in"}, folder / "out", {"--json", "-v", "--events", server.url("/e?key=hunter2")}),
                  "INPAINT_EVENTS_TOKEN=hunter3");
  CHECK(result.exit_code == 1);
  std::map<std::string, int> times;
  std::vector<json> events;
  for (const HttpRequest& request : server.requests()) {
    CHECK(request.header("authorization") == "Bearer hunter3");
    CHECK(request.path == "/e?key=hunter2");
    for (const json& event : json::parse(request.body)) {
      if (event["event"] == "item") ++times[event["input"]];
      events.push_back(event);
    }
  }
  CHECK(times.size() == 61);
  for (const auto& [input, count] : times) CHECK(count == 1);
  REQUIRE(events.size() == 63);
  CHECK(events.back()["done"] == 60);
  CHECK(events.back()["failed"] == 1);
  std::string everything = result.out + result.err;
  for (const std::string& file : files_below(folder / "out")) everything += file_text(folder / ("out/" + file));
  CHECK_FALSE(holds(everything, "hunter"));
}

TEST_CASE("events: a receiver that is down stops nothing") {
  const ScratchFolder folder;
  write_picture(folder / "in/a.png", painted_picture(20, 16), Format::png);
  std::string url;
  {
    const HttpServer gone([](const HttpRequest&) { return HttpReply{}; });
    url = gone.url("/e?key=hunter2");
  }
  const RunResult result = run_inpaint(pass({folder / "in"}, folder / "out", {"--events", url}));
  CHECK(result.exit_code == 0);
  CHECK(load_picture(folder / "out/a.png").width() == 20);
  CHECK(holds(result.err, "warning: --events: 3 events not delivered to http://127.0.0.1"));
  CHECK(holds(result.err, "/e?...: not in time; "));
  CHECK_FALSE(holds(result.err, "hunter"));
}

TEST_CASE("events: into a file; where that cannot be, nothing begins") {
  const ScratchFolder folder;
  write_picture(folder / "in/a.png", painted_picture(20, 16), Format::png);
  const std::string file = folder / "events.jsonl";
  const Words command = pass({folder / "in"}, folder / "out", {"--events", "file:" + file});
  CHECK(run_inpaint(command).exit_code == 0);
  CHECK(run_inpaint(command).exit_code == 0);
  Words kinds;
  for (const json& line : json_lines(file_text(file))) kinds.push_back(line["event"]);
  CHECK(kinds == Words{"started", "item", "finished", "started", "finished"});
  check_failed(run_inpaint(pass({folder / "in"}, folder / "new", {"--events", "file:" + (folder / "no/e.jsonl")})), 2,
               {"--events", "no/e.jsonl", "cannot be written"});
  check_failed(run_inpaint(pass({folder / "in"}, folder / "new", {"--events", "https//h"})), 2,
               {"--events", "expected https://HOST/PATH or file:PATH"});
  CHECK_FALSE(std::filesystem::exists(folder / "new"));
}

}  // namespace inpaint::test
