// Services that fail, against real servers on this machine: what is tried again, what is not, what it costs.
#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <map>
#include <mutex>
#include <random>
#include <set>

#include "cli/endpoint_support.h"
#include "tls_server.h"

namespace inpaint::test {
namespace {

using Json = nlohmann::json;

class Stopwatch {
 public:
  double seconds() const { return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count(); }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

// Answers its first request as told, all others well.
class FirstFails {
 public:
  explicit FirstFails(HttpReply first) : first_(std::move(first)) {}
  HttpReply operator()(const HttpRequest& request) { return asked_++ == 0 ? first_ : left_half_kept(request); }

 private:
  HttpReply first_;
  int asked_ = 0;
};

}  // namespace

TEST_CASE("what is no answer is a failure of that picture and never written") {
  std::atomic<int> n{0};
  const HttpServer server(
      [&](const HttpRequest& request) -> HttpReply {
        const int side = 48;
        switch (n++) {
          case 0: return {.body = R"({"error":"out of memory"})"};
          case 1: return {.headers = {{"Content-Type", "text/html"}}, .body = "<html>Sorry</html>"};
          case 2: return {.body = png(Image(cv::Mat(side, 3 * side, CV_8UC4, cv::Scalar::all(9))))};
          case 3: {
            HttpReply reply = left_half_kept(request);
            reply.body.resize(reply.body.size() / 2);
            return reply;
          }
          case 4: return {.status = 400, .body = R"({"errors":[{"title":"unknown_foreground"}]})"};
          default: return left_half_kept(request);
        }
      },
      true);
  const Pictures pictures(6);
  const RunResult run = run_inpaint(
      with(cutting(server, pictures.in(), pictures.out()), {"--json", "--set", "endpoint.limits.concurrency=1"}),
      with_key);
  CHECK(run.exit_code == 1);
  int failed = 0, done = 0;
  for (const Json& line : lines_of(run.out)) {
    failed += line.value("status", "") == "failed";
    done += line.value("status", "") == "done";
  }
  CHECK(failed == 5);
  CHECK(done == 1);
  for (const char* word : {"out of memory", "text/html", "proportions", "unknown_foreground"}) {
    CAPTURE(word);
    CHECK(run.err.find(word) != std::string::npos);
  }
  CHECK(pictures_below(pictures.out()) == 1);
  CHECK(run.out.find(secret) + run.err.find(secret) == 2 * std::string::npos);
}

TEST_CASE("many requests wait at once, without a thread for each; faults are tried again") {
  std::atomic<int> n{0};
  const HttpServer server(
      [&](const HttpRequest& request) -> HttpReply {
        const int k = n++;
        if (k % 20 == 7) return {.status = 429, .headers = {{"Retry-After", "0"}}};
        if (k % 20 == 13) return {.status = 503};
        HttpReply reply = left_half_kept(request);
        reply.delay = 0.2;
        return reply;
      },
      true);
  const Pictures pictures(80);
  const auto start = std::chrono::steady_clock::now();
  const RunResult run = run_inpaint(
      with(cutting(server, pictures.in(), pictures.out()), {"--set", "endpoint.limits.concurrency=16", "--jobs", "1"}),
      with_key);
  CHECK(run.exit_code == 0);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  CHECK(seconds < 80 * 0.2 * 0.9);  // one after the other would take longer
  CHECK(pictures_below(pictures.out()) == 80);
}

TEST_CASE("an overloaded service is asked again, as late as it wishes") {
  for (const int status : {429, 503}) {
    CAPTURE(status);
    const HttpServer server(FirstFails({.status = status, .headers = {{"Retry-After", "2"}}}), true);
    const Pictures pictures(2);
    const Stopwatch watch;
    const RunResult run = run_inpaint(
        with(cutting(server, pictures.in(), pictures.out()), {"--set", "endpoint.limits.concurrency=1"}), with_key);
    CHECK(run.exit_code == 0);
    CHECK(watch.seconds() >= 2);
    CHECK(server.requests().size() == 3);
    CHECK(pictures_below(pictures.out()) == 2);
  }
}

TEST_CASE("an answer that breaks off, drips, is far too large or leads elsewhere fails its picture alone") {
  const auto run_with = [](HttpReply first, const std::vector<std::string>& words) {
    const HttpServer server(FirstFails(std::move(first)), true);
    const Pictures pictures(3);
    const Stopwatch watch;
    const RunResult run = run_inpaint(with(cutting(server, pictures.in(), pictures.out()),
                                           {"--set", "endpoint.timeouts.total=2", "--json", "--jobs", "1"}),
                                      with_key);
    check_failed(run, 1, words);
    CHECK(watch.seconds() < 6);
    CHECK(server.requests().size() == 3);  // not asked again
    CHECK(pictures_below(pictures.out()) == 2);
    CHECK(lines_of(run.out).back()["summary"]["done"] == 2);
    CHECK(run.peak_megabytes < 300);
  };
  const std::string picture = png(painted_picture(48, 48));
  const std::string may_be_paid = "--retry-paid";
  SUBCASE("breaks off") { run_with({.body = picture, .cut_after = picture.size() / 2}, {"remaining", may_be_paid}); }
  SUBCASE("drips") { run_with({.body = picture, .bytes_per_second = 100}, {"timed out", may_be_paid}); }
  SUBCASE("says that it is ten times too large") {
    run_with({.headers = {{"Content-Length", std::to_string(int64_t{5} << 30)}}}, {"larger than 67.2 MB"});
  }
  SUBCASE("is ten times too large") {
    run_with({.body = std::string(1 << 20, 'x'), .tells_length = false, .times = 640}, {"larger than 67.2 MB"});
  }
  SUBCASE("leads elsewhere") {
    run_with({.status = 302, .headers = {{"Location", "http://169.254.169.254/latest?token=x"}}},
             {"HTTP 302", "http://169.254.169.254/latest?...", "correct the address"});
  }
}

TEST_CASE("a paid request that may have been worked on is repeated with --retry-paid only") {
  const Pictures pictures(4);
  const auto command = [&](const HttpServer& server) {
    return with(cutting(server, pictures.in(), pictures.out()),
                {"--set", "endpoint.limits.concurrency=1", "--jobs", "1", "--json"});
  };
  for (const bool kept_connection : {false, true}) {
    CAPTURE(kept_connection);
    int asked = 0;
    const HttpServer server(
        [&](const HttpRequest& request) {
          HttpReply reply = left_half_kept(request);
          reply.reset = ++asked == 2;
          return reply;
        },
        kept_connection);
    const RunResult run = run_inpaint(with(command(server), {"--redo"}), with_key);
    check_failed(run, 1, {"001.png", "may have done the work and charged for it (--retry-paid asks again)"});
    CHECK(server.requests().size() == 4);
    CHECK(lines_of(run.out).back()["summary"]["done"] == 3);
    asked = 0;
    CHECK(run_inpaint(with(command(server), {"--redo", "--retry-paid"}), with_key).exit_code == 0);
    CHECK(server.requests().size() == 4 + 5);
  }
}

TEST_CASE("a service that repeats the key in its words does not make it known") {
  const HttpServer server([](const HttpRequest& request) -> HttpReply {
    const std::string key = request.header("x-api-key");
    return {.status = 401, .headers = {{"X-Key", key}}, .body = R"({"error":"no such key: )" + key + "\"}"};
  });
  const Pictures pictures(1);
  const RunResult run = run_inpaint(
      with(cutting(server, pictures.in(), pictures.out()),
           {"--json", "--record", pictures.folder / "tape", "--events", "file:" + (pictures.folder / "events")}),
      with_key);
  check_failed(run, 3, {"no such key: [removed]"});
  CHECK((run.out + run.err).find(secret) == std::string::npos);
  CHECK_FALSE(holds(pictures.folder.path().string(), secret));
  const RunResult ping = run_inpaint(
      {"endpoints", "ping", "removebg", "--json", "--set", "endpoint.url=" + server.url("/v1.0/removebg")}, with_key);
  CHECK(ping.exit_code == 3);
  CHECK((ping.out + ping.err).find(secret) == std::string::npos);
}

TEST_CASE("a thousand requests, one in twenty at fault: none is lost, none paid twice, the next run does the rest") {
  constexpr int count = 1000;
  const ScratchFolder folder;
  for (int i = 0; i < count; ++i) {
    cv::Mat pixels = painted_picture(32, 32, i).pixels().clone();
    pixels.at<cv::Vec3b>(0, 0) = cv::Vec3b(static_cast<uint8_t>(i / 256), static_cast<uint8_t>(i % 256), 0);
    write_picture(folder / fmt::format("in/{}.png", i), Image(pixels), Format::png);
  }
  std::mt19937 random(7);
  std::map<int, int> charges;  // by picture
  std::set<int> ambiguous, later;
  int refused = 0;
  bool faulty = true;
  const HttpServer server(
      [&](const HttpRequest& request) -> HttpReply {
        const std::string sent = sent_picture(request);
        const auto mark = decoded(Bytes(sent.begin(), sent.end())).pixels().at<cv::Vec3b>(0, 0);
        const int picture = mark[0] * 256 + mark[1];
        if (!faulty) later.insert(picture);
        const auto fault = faulty && random() % 20 == 0 ? random() % 6 : 6;
        refused += fault < 3;
        switch (fault) {
          case 0: return {.status = 503};
          case 1: return {.status = 500};
          case 2: return {.status = 429, .headers = {{"Retry-After", "0"}}};
          case 3: ambiguous.insert(picture); return {.reset = true};  // before the work
          default: ++charges[picture];
        }
        HttpReply reply = left_half_kept(request);
        if (fault < 6) ambiguous.insert(picture);
        if (fault == 4) reply.reset = true;
        if (fault == 5) reply.cut_after = reply.body.size() / 2;
        return reply;
      },
      true);
  const auto command =
      with(cutting(server, folder / "in", folder / "out"),
           {"--json", "--set", "endpoint.limits.concurrency=32", "--set", "endpoint.limits.per-minute=0"});
  const RunResult run = run_inpaint(command, with_key);
  CHECK(run.exit_code == 1);
  REQUIRE(refused > 10);
  REQUIRE(ambiguous.size() > 10);
  std::set<int> done, failed;
  for (const Json& line : lines_of(run.out)) {
    if (!line.contains("input")) continue;
    const std::string path = line["input"];
    const int picture = std::stoi(path.substr(path.rfind('/') + 1));
    (line["status"] == "done" ? done : failed).insert(picture);
    if (line["status"] == "done") continue;
    CHECK(line["reason"].get<std::string>().find("--retry-paid") != std::string::npos);
    CHECK(run.err.find(path) != std::string::npos);
  }
  CHECK(done.size() + failed.size() == count);
  CHECK(failed == ambiguous);
  for (const int picture : done) CHECK(charges[picture] == 1);
  for (const int picture : failed) CHECK(charges[picture] <= 1);
  CHECK(pictures_below(folder / "out") == done.size());

  faulty = false;
  const size_t asked = server.requests().size();
  CHECK(run_inpaint(command, with_key).exit_code == 0);
  CHECK(server.requests().size() - asked == failed.size());
  CHECK(later == failed);
  CHECK(pictures_below(folder / "out") == count);
}

TEST_CASE("a certificate that is not trusted stops the endpoint, and the cure is told") {
  const HttpServer server(left_half_kept);
  const Pictures pictures(3);
  const auto run_at = [&](const Certificate& certificate, const std::string& trusted) {
    const TlsServer tls(server, certificate);
    write_file(pictures.folder / "own.pem", certificate.certificate);
    return run_inpaint(with(cutting_at(tls.url(), pictures.in(), pictures.out()), {"--json"}),
                       with_key + (trusted.empty() ? " env -u SSL_CERT_FILE" : " SSL_CERT_FILE=" + trusted));
  };
  const auto check_blocked = [&](const RunResult& run, const std::vector<std::string>& words) {
    check_failed(run, 3, words);
    CHECK(lines_of(run.out).back()["summary"]["blocked"] == 3);
    CHECK(server.requests().empty());
  };
  const std::string own = pictures.folder / "own.pem";
  check_blocked(run_at(make_certificate(), ""), {"self-signed certificate", "SSL_CERT_FILE"});
  check_blocked(run_at(make_certificate({.name = "DNS:other.example"}), own), {"127.0.0.1", "name in the address"});
  check_blocked(run_at(make_certificate({.expired = true}), own), {"expired", "clock"});
  CHECK(run_at(make_certificate(), own).exit_code == 0);
  CHECK(server.requests().size() == 3);
  CHECK(pictures_below(pictures.out()) == 3);
}

}  // namespace inpaint::test
