#include "pipeline/web_source.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <opencv2/core.hpp>
#include <set>
#include <thread>

#include "http_server.h"
#include "pipeline/helpers.h"
#include "pipeline/plan.h"

namespace inpaint::test {
namespace {

const std::string png_head = "\x89PNG\r\n\x1a\n" + std::string(100, 'x');

std::string encoded(const Image& image, Format format = Format::png) {
  Notes notes;
  const Bytes bytes = encode_image(image, {.format = format}, notes);
  return {bytes.begin(), bytes.end()};
}

FetchRules quick_rules() {
  FetchRules rules;
  rules.patience.first_wait_seconds = 0.02;
  return rules;
}

WebSource source_of(const Words& inputs) {
  return WebSource(std::make_unique<FileSource>(inputs), quick_rules(), nullptr);
}

size_t count(const HttpServer& server, const std::string& method) {
  const auto requests = server.requests();
  return static_cast<size_t>(
      std::count_if(requests.begin(), requests.end(), [&](const HttpRequest& r) { return r.method == method; }));
}

std::string failure_to_read(const std::string& url) {
  WebSource source = source_of({url});
  const auto items = source.list();
  return message_of<ItemError>([&] { source.read(items.at(0)); });
}

// Pictures pass through as they are, into a folder.
struct WebRun {
  std::string folder;
  Words more = {};
  Recorder run(const Words& inputs, const Cancel& cancel = Cancel()) const {
    Spec spec;
    spec.stages = {stage_spec("mask", {"rect=0,0,4,4"})};
    for (const std::string& input : inputs) spec.input.push_back({"paths", input, "INPUT"});
    spec.output = {{"path", folder, "-o"}, {"write", "image", "--write"}};
    for (const std::string& option : more) spec.run.push_back({option, "true", "--" + option});
    const Pipeline pipeline(spec);
    const Plan plan = make_plan(pipeline, &cancel);
    open_output(plan);
    Recorder recorder;
    run_plan(pipeline, plan, recorder, cancel);
    return recorder;
  }
};

}  // namespace

TEST_CASE("web: addresses are listed among files, in order") {
  const ScratchFolder folder;
  write_file(folder / "a.png", png_head);
  write_file(folder / "list.txt",
             "# some\nhttps://h.example/x/b.jpg?sig=1\n" + (folder / "a.png") + "\nhttp://h.example/c.webp\n");
  const auto items = FileSource({"@" + (folder / "list.txt"), "HTTPS://h.example/y/d.tif"}).list();
  REQUIRE(items.size() == 4);
  std::set<std::string> rels;
  for (const SourceItem& item : items) rels.insert(item.rel);
  CHECK(rels == std::set<std::string>{"a.png", "b.jpg", "c.webp", "d.tif"});
  CHECK(items[0].location == "https://h.example/x/b.jpg?...");
  CHECK(items[0].url == "https://h.example/x/b.jpg?sig=1");
  CHECK_FALSE(items[0].named);
  CHECK(items[3].named);
  CHECK(FileSource({"http://h.example/e.png?a[1]=*"}).list().at(0).rel == "e.png");  // no glob
  write_file(folder / "bad.txt", "https://h.example/x.jpg\nhttps://anna:hunter2@h.example/x.jpg\n");
  const std::string told = message_of<SpecError>([&] { FileSource({"@" + (folder / "bad.txt")}).list(); });
  CHECK(missing_of(told, {"bad.txt:2", "user or password", "leave it out"}).empty());
  CHECK(told.find("hunter2") == std::string::npos);
}

TEST_CASE("web: a name that tells no format gets an extension by content") {
  HttpServer server([](const HttpRequest& request) {
    if (request.path == "/typed") return HttpReply{.headers = {{"Content-Type", "image/jpeg"}}, .body = "x"};
    if (request.path == "/page") return HttpReply{.headers = {{"Content-Type", "text/html"}}, .body = "<html>"};
    if (request.path == "/signed" && request.method == "HEAD") return HttpReply{.status = 403};
    return file_reply(request, png_head);
  });
  auto source = source_of({server.url("/typed"), server.url("/300"), server.url("/get.php"), server.url("/signed"),
                           server.url("/page"), server.url("/e.webp")});
  Words rels;
  for (const SourceItem& item : source.list()) rels.push_back(item.rel);
  CHECK(rels == Words{"typed.jpg", "300.png", "get.php.png", "signed.png", "page", "e.webp"});
  for (const HttpRequest& request : server.requests()) {
    CHECK_FALSE(request.path == "/e.webp");
    if (request.method == "GET") CHECK(request.header("range") == "bytes=0-31");
  }
}

TEST_CASE("web: what is no picture is said") {
  HttpServer server([](const HttpRequest& request) {
    HttpReply reply;
    if (request.path == "/page.jpg") {
      reply.headers["Content-Type"] = "text/html; charset=utf-8";
      reply.body = "<!DOCTYPE html><title>Log in</title>";
    } else if (request.path == "/error.jpg") {
      reply.headers["Content-Type"] = "application/json";
      reply.body = R"({"error": {"message": "no more today"}})";
    } else if (request.path == "/film.jpg") {
      reply.headers["Content-Type"] = "video/mp4";
      reply.body = std::string(5000, '\x01');
    } else if (request.path == "/gone.jpg") {
      reply.status = 404;
    }
    return reply;
  });
  CHECK(missing_of(failure_to_read(server.url("/page.jpg")), {"a web page (text/html, 36 bytes)", "no picture", "jpeg"})
            .empty());
  CHECK(
      missing_of(failure_to_read(server.url("/error.jpg")), {"application/json", "no picture: no more today"}).empty());
  CHECK(missing_of(failure_to_read(server.url("/film.jpg")), {"something else (video/mp4, 5.0 kB)"}).empty());
  CHECK(failure_to_read(server.url("/nothing.jpg")) == "the server answered with nothing");
  CHECK(failure_to_read(server.url("/gone.jpg")) == "HTTP 404");
}

TEST_CASE("web: what is done is not fetched again, whatever the server tells of it") {
  const ScratchFolder folder;
  std::atomic<int> version{1};
  std::string how;
  bool head = true;
  HttpServer server([&](const HttpRequest& request) {
    if (request.method == "HEAD" && !head) return HttpReply{.status = 403};
    HttpReply reply = file_reply(request, encoded(painted_picture(40, 30, version)), fmt::format("\"v{}\"", version));
    if (how != "etag") reply.headers.erase("ETag");
    if (how == "date") reply.headers["Last-Modified"] = fmt::format("Wed, 0{} Jan 2025 00:00:00 GMT", version);
    return reply;
  });
  const WebRun web{folder / "out"};
  const std::string url = server.url("/a.png?sig=secret");
  size_t gets_for_skip = 0;
  SUBCASE("an ETag") { how = "etag"; }
  SUBCASE("a date and a length") { how = "date"; }
  SUBCASE("an ETag, though HEAD is refused") {
    how = "etag";
    head = false;
    gets_for_skip = 1;  // of the first bytes
  }
  SUBCASE("nothing: then its content is compared") {
    how = "nothing";
    gets_for_skip = 1;
  }
  CHECK(web.run({url}).count(Outcome::Status::done) == 1);
  CHECK(count(server, "HEAD") == 0);
  CHECK(count(server, "GET") == 1);
  const size_t before = server.body_bytes();
  CHECK(web.run({url + "2"}).count(Outcome::Status::skipped) == 1);  // signed anew
  CHECK(count(server, "GET") == 1 + gets_for_skip);
  if (how != "nothing") CHECK(server.body_bytes() - before <= 32);
  version = 2;
  CHECK(web.run({url}).count(Outcome::Status::done) == 1);
  CHECK(web.run({url}).count(Outcome::Status::skipped) == 1);
  CHECK(load_picture(folder / "out/a.png").width() == 40);
  for (const std::string& file : files_below(folder / "out"))
    CHECK(file_text(folder / ("out/" + file)).find("secret") == std::string::npos);
}

TEST_CASE("web: pictures from files and from addresses in one run, several at once") {
  const ScratchFolder folder;
  write_picture(folder / "here.png", painted_picture(40, 30), Format::png);
  HttpServer server(
      [&](const HttpRequest& request) {
        const int seed = std::stoi(request.path.substr(1));
        return HttpReply{.body = encoded(painted_picture(40, 30, seed)), .delay = seed == 3 ? 0.3 : 0.0};
      },
      true);
  Words inputs = {folder / "here.png"};
  for (int i = 0; i < 20; ++i) inputs.push_back(server.url(fmt::format("/{}.png", i)));
  const Recorder told = WebRun{folder / "out"}.run(inputs);
  CHECK(told.count(Outcome::Status::done) == 21);
  CHECK(count(server, "GET") == 20);
  Notes notes;
  for (int i = 0; i < 20; ++i) {
    const Image there = load_picture(folder / fmt::format("out/{}.png", i)), sent = painted_picture(40, 30, i);
    CHECK(cv::norm(there.pixels(), sent.pixels(), cv::NORM_INF) == 0);
  }
}

TEST_CASE("web: two addresses that would be one file are told without their queries") {
  const ScratchFolder folder;
  const std::string told = message_of<SpecError>([&] {
    WebRun{folder / "out"}.run({"https://h.example/a.png?key=1", "https://h.example/b/a.png?key=2"});
  });
  CHECK(missing_of(told, {"https://h.example/a.png?...", "https://h.example/b/a.png?...", "both"}).empty());
  CHECK(told.find("key=") == std::string::npos);
}

TEST_CASE("web: an interruption leaves what is being fetched for another run") {
  const ScratchFolder folder;
  HttpServer server([](const HttpRequest&) { return HttpReply{.delay = 30}; });
  Cancel cancel;
  std::thread stop([&] {
    while (server.requests().empty()) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    cancel.request();
  });
  const auto start = std::chrono::steady_clock::now();
  const Recorder told = WebRun{folder / "out"}.run({server.url("/a.png"), server.url("/b.png")}, cancel);
  stop.join();
  CHECK(told.count(Outcome::Status::not_started) == 2);
  CHECK(told.count(Outcome::Status::failed) == 0);
  CHECK(told.summary.interrupted);
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(10));
}

}  // namespace inpaint::test
