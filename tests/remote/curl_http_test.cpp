#include "remote/curl_http.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <atomic>
#include <chrono>
#include <future>
#include <set>
#include <thread>

#include "http_server.h"

namespace inpaint::test {
namespace {

using Request = inpaint::HttpRequest;

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

HttpAnswer ask(Http& http, Request request) {
  std::promise<HttpAnswer> promise;
  http.send(std::move(request), [&](HttpAnswer answer) { promise.set_value(std::move(answer)); });
  return promise.get_future().get();
}

HttpResponse response_of(const HttpAnswer& answer) {
  if (const auto* failure = std::get_if<HttpFailure>(&answer)) FAIL(failure->reason);
  return std::get<HttpResponse>(answer);
}

HttpFailure failure_of(const HttpAnswer& answer) {
  REQUIRE(std::holds_alternative<HttpFailure>(answer));
  return std::get<HttpFailure>(answer);
}

}  // namespace

TEST_CASE("http: a request goes out as it is, and its answer comes back") {
  HttpServer server([](const HttpRequest&) {
    return HttpReply{.status = 422, .headers = {{"X-Credits", "1.5"}}, .body = "no"};
  });
  CurlHttp http;
  Request request{.method = "POST", .url = server.url("/v1/x?a=1"), .headers = {{"Authorization", "Bearer k"}}};
  request.body = std::string("a\0b", 3);
  const HttpResponse response = response_of(ask(http, request));
  CHECK(response.status == 422);
  CHECK(response.body == "no");
  CHECK(response.header("x-credits") == "1.5");
  CHECK(response.header("none").empty());
  const HttpRequest seen = server.requests().at(0);
  CHECK(seen.method == "POST");
  CHECK(seen.path == "/v1/x?a=1");
  CHECK(seen.header("authorization") == "Bearer k");
  CHECK(seen.body == request.body);
  CHECK(seen.header("expect").empty());
}

TEST_CASE("http: a request that is lost on a kept connection is not sent a second time") {
  std::atomic<int> asked{0};
  HttpServer server([&](const HttpRequest&) { return HttpReply{.reset = ++asked == 2}; }, true);
  CurlHttp http(1);
  for (const bool form : {false, true}) {
    asked = 0;
    Request request{.method = "POST", .url = server.url("/paid")};
    form ? request.parts.push_back({"a", "b"}) : static_cast<void>(request.body = "a");
    CHECK(response_of(ask(http, request)).status == 200);
    const HttpFailure failure = failure_of(ask(http, request));
    CHECK(failure.kind == HttpFailure::Kind::broken);
    CHECK(failure.maybe_received);
    CHECK(asked == 2);
  }
}

TEST_CASE("http: parts make a form") {
  HttpServer server([](const HttpRequest&) { return HttpReply{}; });
  CurlHttp http;
  Request request{.method = "POST", .url = server.url()};
  request.parts = {{"prompt", "a cat"}, {"image", "\x89PNG", "image.png", "image/png"}};
  CHECK(response_of(ask(http, request)).status == 200);
  const HttpRequest seen = server.requests().at(0);
  CHECK(seen.header("content-type").starts_with("multipart/form-data; boundary="));
  CHECK(seen.body.find("name=\"prompt\"\r\n\r\na cat\r\n") != std::string::npos);
  CHECK(seen.body.find("name=\"image\"; filename=\"image.png\"\r\nContent-Type: image/png\r\n\r\n\x89PNG\r\n") !=
        std::string::npos);
}

TEST_CASE("http: requests run beside one another on kept connections") {
  HttpServer server([](const HttpRequest&) { return HttpReply{.body = "ok", .delay = 0.2}; }, true);
  CurlHttp http;
  const auto start = std::chrono::steady_clock::now();
  for (int round = 0; round < 2; ++round) {
    std::vector<std::promise<HttpAnswer>> promises(8);
    for (auto& promise : promises)
      http.send({.url = server.url()}, [&promise](HttpAnswer answer) { promise.set_value(std::move(answer)); });
    for (auto& promise : promises) CHECK(response_of(promise.get_future().get()).body == "ok");
  }
  CHECK(seconds_since(start) < 1.6);  // one after the other: 3.2
  std::set<int> connections;
  for (const HttpRequest& request : server.requests()) connections.insert(request.connection);
  CHECK(connections.size() < 12);  // of 16 requests
}

TEST_CASE("http: what goes wrong is told apart") {
  CurlHttp http;
  SUBCASE("nobody listens") {
    std::string url;
    {
      const HttpServer gone([](const HttpRequest&) { return HttpReply{}; });
      url = gone.url();
    }
    const HttpFailure failure = failure_of(ask(http, {.url = url}));
    CHECK(failure.kind == HttpFailure::Kind::unreachable);
    CHECK_FALSE(failure.maybe_received);
  }
  SUBCASE("no answer in time") {
    HttpServer server([](const HttpRequest&) { return HttpReply{.delay = 5}; });
    const auto start = std::chrono::steady_clock::now();
    const HttpFailure failure = failure_of(ask(http, {.url = server.url(), .first_byte_seconds = 0.3}));
    CHECK(failure.kind == HttpFailure::Kind::timeout);
    CHECK(failure.reason == "no answer within 0.3 s");
    CHECK(failure.maybe_received);
    CHECK(seconds_since(start) < 3);
  }
  SUBCASE("the answer drips too slowly") {
    HttpServer server(
        [](const HttpRequest&) { return HttpReply{.body = std::string(1000, 'x'), .bytes_per_second = 50}; });
    const HttpFailure failure = failure_of(ask(http, {.url = server.url(), .total_seconds = 0.5}));
    CHECK(failure.kind == HttpFailure::Kind::timeout);
  }
  SUBCASE("the answer is cut off") {
    HttpServer server([](const HttpRequest&) { return HttpReply{.body = std::string(1000, 'x'), .cut_after = 500}; });
    const HttpFailure failure = failure_of(ask(http, {.url = server.url()}));
    CHECK(failure.kind == HttpFailure::Kind::broken);
    CHECK(failure.maybe_received);
  }
  SUBCASE("the connection is reset") {
    HttpServer server([](const HttpRequest&) { return HttpReply{.reset = true}; });
    const HttpFailure failure = failure_of(ask(http, {.method = "POST", .url = server.url(), .body = "x"}));
    CHECK(failure.kind == HttpFailure::Kind::broken);
    CHECK(failure.maybe_received);
  }
  SUBCASE("the answer is too large") {
    HttpServer server([](const HttpRequest&) { return HttpReply{.body = std::string(1 << 20, 'x')}; });
    const HttpFailure failure = failure_of(ask(http, {.url = server.url(), .most_bytes = 1000}));
    CHECK(failure.kind == HttpFailure::Kind::too_large);
    CHECK(failure.reason == "the answer is larger than 1.0 kB");
  }
  SUBCASE("the answer is larger than it says") {
    HttpServer server(
        [](const HttpRequest&) { return HttpReply{.body = std::string(1 << 20, 'x'), .tells_length = false}; });
    const HttpFailure failure = failure_of(ask(http, {.url = server.url(), .most_bytes = 1000}));
    CHECK(failure.kind == HttpFailure::Kind::too_large);
  }
  SUBCASE("the answer stalls") {
    HttpServer server(
        [](const HttpRequest&) { return HttpReply{.body = std::string(5000, 'x'), .bytes_per_second = 100}; });
    const auto start = std::chrono::steady_clock::now();
    const HttpFailure failure = failure_of(ask(http, {.url = server.url(), .stall_seconds = 1}));
    CHECK(failure.kind == HttpFailure::Kind::timeout);
    CHECK(seconds_since(start) < 10);
  }
  SUBCASE("a redirection is an answer") {
    HttpServer server([](const HttpRequest&) {
      return HttpReply{.status = 302, .headers = {{"Location", "http://169.254.169.254/latest"}}};
    });
    const HttpResponse response = response_of(ask(http, {.url = server.url()}));
    CHECK(response.status == 302);
    CHECK(response.header("location") == "http://169.254.169.254/latest");
    CHECK(server.requests().size() == 1);
  }
  SUBCASE("an address of another kind") {
    CHECK_THROWS_AS(ask(http, {.url = "file:///etc/passwd"}), std::invalid_argument);
  }
}

TEST_CASE("http: what may have been worked on is not sent again unasked, also on a kept connection") {
  std::atomic<int> asked{0};
  HttpServer server([&](const HttpRequest&) { return HttpReply{.body = "ok", .reset = ++asked == 2}; }, true);
  CurlHttp http;
  CHECK(response_of(ask(http, {.method = "POST", .url = server.url(), .body = "first"})).body == "ok");
  const HttpFailure failure = failure_of(ask(http, {.method = "POST", .url = server.url(), .body = "second"}));
  CHECK(failure.kind == HttpFailure::Kind::broken);
  CHECK(failure.maybe_received);
  CHECK(server.requests().size() == 2);
  CHECK(response_of(ask(http, {.method = "POST", .url = server.url(), .body = "third"})).body == "ok");
}

TEST_CASE("http: too much is refused before it is sent") {
  HttpServer server(
      [](const HttpRequest&) { return HttpReply{.body = std::string(1 << 20, 'x'), .bytes_per_second = 10'000}; });
  CurlHttp http;
  const auto start = std::chrono::steady_clock::now();
  CHECK(failure_of(ask(http, {.url = server.url(), .most_bytes = 100'000})).kind == HttpFailure::Kind::too_large);
  CHECK(seconds_since(start) < 3);  // 100 000 bytes take 10 s
}

TEST_CASE("http: the beginning of an answer can be enough") {
  HttpServer server([](const HttpRequest&) {
    return HttpReply{.body = "0123456789" + std::string(1 << 20, 'x'), .bytes_per_second = 50'000};
  });
  CurlHttp http;
  const auto start = std::chrono::steady_clock::now();
  const HttpResponse response = response_of(ask(http, {.url = server.url(), .most_bytes = 10, .beginning_only = true}));
  CHECK(response.status == 200);
  CHECK(response.body == "0123456789");
  CHECK(seconds_since(start) < 5);  // all of it takes 20 s
}

TEST_CASE("http: public addresses only") {
  HttpServer server([](const HttpRequest&) { return HttpReply{.body = "secret"}; });
  const std::string port = server.url().substr(server.url().rfind(':'));
  CurlHttp http;
  const auto refused = [&](const std::string& url) {
    const HttpFailure failure =
        failure_of(ask(http, {.url = url, .connect_seconds = 2, .public_addresses_only = true}));
    CHECK(failure.kind == HttpFailure::Kind::forbidden);
    CHECK_FALSE(failure.maybe_received);
    return failure.reason;
  };
  SUBCASE("an address in figures") {
    CHECK(refused(server.url()) == "127.0.0.1 is a loopback address");
    CHECK(refused("http://2130706433" + port) == "127.0.0.1 is a loopback address");
    CHECK(refused("http://169.254.169.254/") == "169.254.169.254 is a link-local address");
    CHECK(refused("http://[::ffff:127.0.0.1]" + port).find("a loopback address") != std::string::npos);
  }
  SUBCASE("a name that resolves to one") {
    CHECK(refused("http://localhost" + port).find("a loopback address") != std::string::npos);
  }
  SUBCASE("a proxy is not asked") {
    setenv("http_proxy", "http://proxy.invalid:1", 1);
    CHECK(refused("http://10.1.2.3/") == "10.1.2.3 is a private address");
    unsetenv("http_proxy");
  }
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  CHECK(server.connections() == 0);
}

TEST_CASE("http: public addresses only, also on a connection that another request has opened") {
  HttpServer server([](const HttpRequest&) { return HttpReply{.body = "secret"}; }, true);
  CurlHttp http(1);
  CHECK(response_of(ask(http, {.url = server.url("/first")})).body == "secret");
  const HttpFailure failure = failure_of(ask(http, {.url = server.url("/second"), .public_addresses_only = true}));
  CHECK(failure.kind == HttpFailure::Kind::forbidden);
  CHECK(failure.reason == "127.0.0.1 is a loopback address");
  CHECK(server.requests().size() == 1);
}

TEST_CASE("http: cancelling ends transfers at once") {
  HttpServer server([](const HttpRequest&) { return HttpReply{.delay = 10}; });
  CurlHttp http;
  std::promise<HttpAnswer> promise;
  http.send({.url = server.url()}, [&](HttpAnswer answer) { promise.set_value(std::move(answer)); });
  while (server.requests().empty()) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  const auto start = std::chrono::steady_clock::now();
  http.cancel();
  CHECK(failure_of(promise.get_future().get()).kind == HttpFailure::Kind::cancelled);
  CHECK(seconds_since(start) < 1);
  CHECK(failure_of(ask(http, {.url = server.url()})).kind == HttpFailure::Kind::cancelled);
}

TEST_CASE("http: calls come after their time, in order") {
  CurlHttp http;
  std::promise<double> second;
  std::string order;
  const auto start = std::chrono::steady_clock::now();
  http.after(0.3, [&] {
    order += "b";
    second.set_value(seconds_since(start));
  });
  http.after(0.1, [&] { order += "a"; });
  CHECK(second.get_future().get() >= 0.3);
  CHECK(order == "ab");
}

}  // namespace inpaint::test
