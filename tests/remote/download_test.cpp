// Downloads from a real local server: what is asked for, what is kept, what is refused.
#include "remote/download.h"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <sys/mount.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <random>
#include <thread>

#include "core/error.h"
#include "http_server.h"
#include "support.h"

namespace inpaint::test {
namespace {

std::string random_text(size_t size, unsigned seed) {
  std::mt19937 random(seed);
  std::string text(size, '\0');
  for (char& c : text) c = static_cast<char>(random());
  return text;
}

// A file at a server, and where it shall go.
struct Case {
  ScratchFolder folder;
  std::string content = random_text(300000, 1);
  Download wanted;
  DownloadOptions options;

  explicit Case(const HttpServer& server, const std::string& path = "/net.bin") {
    write_file(folder / "original", content);
    wanted = {server.url(path), folder / "store/net.bin", file_checksums(folder / "original", true, true),
              static_cast<int64_t>(content.size())};
    options.first_wait_seconds = 0.01;
  }
  std::string part() const { return wanted.path + ".part"; }
  std::string refusal() const {
    try {
      download(wanted, options);
    } catch (const MissingError& error) {
      return error.what();
    }
    return "";
  }
  std::vector<std::string> stored() const { return files_below(folder / "store"); }
};

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

using Status = Downloaded::Status;

}  // namespace

TEST_CASE("a file is fetched, and nothing else stays") {
  std::string content;
  const HttpServer server([&](const HttpRequest& request) { return file_reply(request, content); });
  Case c(server);
  content = c.content;
  int64_t last = 0, of = 0;
  c.options.progress = [&](int64_t bytes, std::optional<int64_t> total) {
    CHECK(bytes >= last);
    last = bytes;
    of = total.value_or(0);
  };
  const Downloaded result = download(c.wanted, c.options);
  CHECK(result.status == Status::fetched);
  CHECK(result.received == 300000);
  CHECK(last == 300000);
  CHECK(of == 300000);
  CHECK(file_text(c.wanted.path) == content);
  CHECK(c.stored() == std::vector<std::string>{"net.bin"});
  CHECK(download(c.wanted, c.options).status == Status::already_there);
  CHECK(server.requests().size() == 1);
}

TEST_CASE("a broken connection is taken up where it broke") {
  std::string content;
  int count = 0;
  const HttpServer server([&](const HttpRequest& request) {
    HttpReply reply = file_reply(request, content);
    if (++count < 3) reply.cut_after = 100000;
    return reply;
  });
  Case c(server);
  content = c.content;
  CHECK(download(c.wanted, c.options).received == 300000);
  CHECK(file_text(c.wanted.path) == content);
  const auto requests = server.requests();
  REQUIRE(requests.size() == 3);
  CHECK(requests[0].header("range").empty());
  CHECK(requests[1].header("range") == "bytes=100000-");
  CHECK(requests[2].header("range") == "bytes=200000-");
  CHECK(requests[2].header("if-range") == "\"v1\"");
}

TEST_CASE("what came before is kept, and the rest is fetched by the next call") {
  std::string content;
  bool breaks = true;
  const HttpServer server([&](const HttpRequest& request) {
    HttpReply reply = file_reply(request, content);
    if (breaks) reply.cut_after = request.header("range").empty() ? 120000 : 0;
    return reply;
  });
  Case c(server);
  content = c.content;
  c.options.attempts = 2;
  const std::string error = c.refusal();
  CAPTURE(error);
  CHECK(contains(error, c.wanted.url));
  CHECK(contains(error, "120.0 kB are kept"));
  CHECK(file_text(c.part()) == content.substr(0, 120000));
  CHECK(!std::filesystem::exists(c.wanted.path));
  breaks = false;
  CHECK(download(c.wanted, c.options).received == 180000);
  CHECK(file_text(c.wanted.path) == content);
  CHECK(c.stored() == std::vector<std::string>{"net.bin"});
}

TEST_CASE("a file that changed at the server is fetched anew") {
  std::string content, etag = "\"v1\"";
  bool breaks = true;
  const HttpServer server([&](const HttpRequest& request) {
    HttpReply reply = file_reply(request, content, etag);
    if (breaks) reply.cut_after = 50000;
    return reply;
  });
  Case c(server);
  content = random_text(300000, 2);
  c.options.attempts = 1;
  c.refusal();
  REQUIRE(file_text(c.part()) == content.substr(0, 50000));
  content = c.content;
  etag = "\"v2\"";
  breaks = false;
  CHECK(download(c.wanted, c.options).received == 300000);
  CHECK(server.requests().back().header("if-range") == "\"v1\"");
  CHECK(file_text(c.wanted.path) == content);
}

TEST_CASE("without an ETag a remainder that does not fit is thrown away and all of it fetched") {
  std::string content;
  const HttpServer server([&](const HttpRequest& request) {
    HttpReply reply = file_reply(request, content);
    reply.headers.erase("ETag");
    return reply;
  });
  Case c(server);
  content = c.content;
  write_file(c.part(), std::string(1000, 'x'));
  CHECK(download(c.wanted, c.options).received == 299000 + 300000);
  CHECK(file_text(c.wanted.path) == content);
  REQUIRE(server.requests().size() == 2);
  CHECK(server.requests()[0].header("range") == "bytes=1000-");
  CHECK(server.requests()[1].header("range").empty());
}

TEST_CASE("a server that knows no ranges sends everything again") {
  std::string content;
  const HttpServer server([&](const HttpRequest&) { return HttpReply{.body = content}; });
  Case c(server);
  content = c.content;
  write_file(c.part(), content.substr(0, 1000));
  CHECK(download(c.wanted, c.options).received == 300000);
  CHECK(file_text(c.wanted.path) == content);
}

TEST_CASE("a part that is whole already is only checked; of unknown size the server is asked") {
  std::string content;
  const HttpServer server([&](const HttpRequest& request) { return file_reply(request, content); });
  Case c(server);
  content = c.content;
  write_file(c.part(), content);
  CHECK(download(c.wanted, c.options).received == 0);
  CHECK(server.requests().empty());
  std::filesystem::rename(c.wanted.path, c.part());
  c.wanted.size.reset();
  CHECK(download(c.wanted, c.options).received == 0);
  CHECK(server.requests().size() == 1);
  CHECK(file_text(c.wanted.path) == content);
}

TEST_CASE("a wrong checksum removes what came and names both sums") {
  const std::string other = random_text(300000, 3);
  const HttpServer server([&](const HttpRequest& request) { return file_reply(request, other); });
  const Case c(server);
  write_file(c.folder / "other", other);
  const std::string error = c.refusal();
  CAPTURE(error);
  CHECK(contains(error, file_checksums(c.folder / "other", false, true).sha256));
  CHECK(contains(error, c.wanted.checksums.sha256));
  CHECK(c.stored().empty());
}

TEST_CASE("a file of another size is refused before it is fetched") {
  const std::string other = random_text(5000000, 3);
  const HttpServer server([&](const HttpRequest& request) { return file_reply(request, other); });
  const Case c(server);
  const std::string error = c.refusal();
  CAPTURE(error);
  CHECK(contains(error, "5000000 bytes instead of 300000"));
  CHECK(c.stored().empty());
}

TEST_CASE("server errors are tried again, other refusals are not") {
  std::string content;
  std::vector<int> answers;
  const HttpServer server([&](const HttpRequest& request) {
    if (answers.empty()) return file_reply(request, content);
    HttpReply reply{.status = answers.front(), .headers = {{"Retry-After", "0"}}, .body = "not now"};
    answers.erase(answers.begin());
    return reply;
  });
  Case c(server);
  content = c.content;
  SUBCASE("503 and 429, then the file") {
    answers = {503, 429, 500};
    CHECK(download(c.wanted, c.options).received == 300000);
    CHECK(server.requests().size() == 4);
  }
  SUBCASE("503 for ever") {
    answers = {503, 503, 503, 503, 503, 503};
    CHECK(contains(c.refusal(), "HTTP 503, 5 times in a row"));
    CHECK(server.requests().size() == 5);
    CHECK(c.stored().empty());
  }
  SUBCASE("404") {
    answers = {404};
    const std::string error = c.refusal();
    CHECK(contains(error, c.wanted.url));
    CHECK(contains(error, "no such file (HTTP 404)"));
    CHECK(server.requests().size() == 1);
    CHECK(c.stored().empty());
  }
  SUBCASE("403") {
    answers = {403};
    CHECK(contains(c.refusal(), "HTTP 403"));
    CHECK(server.requests().size() == 1);
  }
}

TEST_CASE("redirections are followed, five at most, to http and https only") {
  std::string content;
  const HttpServer server([&](const HttpRequest& request) {
    const int step = request.path.starts_with("/hop") ? std::stoi(request.path.substr(4)) : -1;
    if (request.path == "/file") return HttpReply{.status = 302, .headers = {{"Location", "file:///etc/hostname"}}};
    if (step > 0)
      return HttpReply{.status = 302, .headers = {{"Location", fmt::format("/hop{}", step - 1)}}, .body = "moved"};
    return file_reply(request, content);
  });
  Case c(server, "/hop5");
  content = c.content;
  CHECK(download(c.wanted, c.options).received == 300000);
  Case far(server, "/hop6");
  CHECK(contains(far.refusal(), "more than 5 redirections"));
  Case local(server, "/file");
  CHECK(local.refusal() != "");
  CHECK(local.stored().empty());
}

TEST_CASE("a server that falls silent is left, and a slow one is, too, when the whole time is over") {
  std::string content;
  double speed = 0, delay = 0;
  const HttpServer server([&](const HttpRequest& request) {
    HttpReply reply = file_reply(request, content);
    reply.bytes_per_second = speed;
    reply.delay = delay;
    return reply;
  });
  Case c(server);
  content = c.content;
  SUBCASE("stall") {
    delay = 30;
    c.options.stall_seconds = 1;
    c.options.attempts = 1;
    CHECK(contains(c.refusal(), "1 times in a row"));
  }
  SUBCASE("total") {
    speed = 50000;
    c.options.total_seconds = 0.5;
    CHECK(contains(c.refusal(), "not whole within 0.5 s"));
    CHECK(std::filesystem::file_size(c.part()) > 0);
  }
}

TEST_CASE("it stops when cancelled, and what came is kept") {
  std::string content;
  const HttpServer server([&](const HttpRequest& request) {
    HttpReply reply = file_reply(request, content);
    reply.bytes_per_second = 100000;
    return reply;
  });
  Case c(server);
  content = c.content;
  Cancel cancel;
  c.options.cancel = &cancel;
  c.options.progress = [&](int64_t bytes, std::optional<int64_t>) {
    if (bytes > 20000) cancel.request();
  };
  CHECK(download(c.wanted, c.options).status == Status::cancelled);
  CHECK(std::filesystem::file_size(c.part()) >= 20000);
  CHECK(!std::filesystem::exists(c.wanted.path));
}

TEST_CASE("two at once fetch it once") {
  std::string content;
  const HttpServer server([&](const HttpRequest& request) {
    HttpReply reply = file_reply(request, content);
    reply.bytes_per_second = 1000000;
    return reply;
  });
  Case c(server);
  content = c.content;
  std::vector<Downloaded> results(4);
  std::vector<std::thread> threads;
  for (Downloaded& result : results) threads.emplace_back([&] { result = download(c.wanted, c.options); });
  for (std::thread& thread : threads) thread.join();
  CHECK(std::count_if(results.begin(), results.end(),
                      [](const Downloaded& result) { return result.status == Status::fetched; }) == 1);
  CHECK(server.body_bytes() == 300000);
  CHECK(file_text(c.wanted.path) == content);
  CHECK(c.stored() == std::vector<std::string>{"net.bin"});
}

TEST_CASE("an address that nobody answers, and one of another kind, are refused") {
  std::string gone;
  {
    const HttpServer server([](const HttpRequest&) { return HttpReply{}; });
    gone = server.url("/net.bin");
  }
  const HttpServer server([](const HttpRequest&) { return HttpReply{}; });
  Case c(server);
  c.wanted.url = gone;
  CHECK(contains(c.refusal(), gone));
  c.wanted.url = "ftp://127.0.0.1/net.bin";
  CHECK(contains(c.refusal(), "expected an https, http or file address"));
  c.wanted.url = "file://" + c.folder.path().string() + "/nowhere";
  CHECK(contains(c.refusal(), "no such file"));
  CHECK(c.stored().empty());
  c.wanted.checksums = {};
  CHECK_THROWS_AS(download(c.wanted, c.options), SpecError);
}

TEST_CASE("a folder serves as well as a server") {
  const HttpServer server([](const HttpRequest&) { return HttpReply{}; });
  Case c(server);
  c.wanted.url = "file://" + (c.folder / "original");
  write_file(c.part(), "something older");
  CHECK(download(c.wanted, c.options).received == 300000);
  CHECK(file_text(c.wanted.path) == c.content);
}

TEST_CASE("a full disk is told, and what came is kept for when there is space") {
  std::string content;
  const HttpServer server([&](const HttpRequest& request) { return file_reply(request, content); });
  Case c(server);
  content = c.content;
  const std::string disk = c.folder / "disk";
  std::filesystem::create_directory(disk);
  if (::mount("none", disk.c_str(), "tmpfs", 0, "size=128k") != 0) {
    MESSAGE("skipped: no small disk may be mounted here");
    return;
  }
  c.wanted.path = disk + "/net.bin";
  const std::string error = c.refusal();
  const auto kept = std::filesystem::file_size(c.part());
  ::mount("none", disk.c_str(), "tmpfs", MS_REMOUNT, "size=4m");
  const int64_t received = download(c.wanted, c.options).received;
  const std::string text = file_text(c.wanted.path);
  ::umount(disk.c_str());
  CAPTURE(error);
  CHECK(contains(error, "No space left"));
  CHECK(contains(error, "make space"));
  CHECK(kept > 50000);
  CHECK(received == 300000 - static_cast<int64_t>(kept));
  CHECK(text == content);
}

}  // namespace inpaint::test
