#include "remote/fetch.h"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <netdb.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "http_server.h"
#include "remote/address.h"
#include "remote/curl_http.h"

namespace inpaint::test {
namespace {

using Request = inpaint::HttpRequest;

FetchRules quick_rules() {
  FetchRules rules;
  rules.patience.first_wait_seconds = 0.05;
  return rules;
}

FetchRequest named(const std::string& url) { return {.url = parse_url(url, "INPUT"), .named_by_user = true}; }

FetchResult fetched(const std::string& url, const FetchRules& rules = quick_rules()) {
  return Fetcher(std::make_unique<CurlHttp>(), rules).fetch(named(url));
}

std::string body_of(const FetchResult& result) {
  if (const auto* failure = std::get_if<FetchFailure>(&result)) FAIL(failure->reason);
  return std::get<HttpResponse>(result).body;
}

std::string reason_of(const FetchResult& result) {
  const auto* failure = std::get_if<FetchFailure>(&result);
  return failure ? failure->reason : "it came";
}

bool holds(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

HttpReply redirection(const std::string& to) { return {.status = 302, .headers = {{"Location", to}}}; }

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

// Answers on the spot, over https too.
class InstantHttp : public Http {
 public:
  using Service = std::function<HttpResponse(const std::string& url)>;
  explicit InstantHttp(Service service) : service_(std::move(service)) {}
  void send(Request request, std::function<void(HttpAnswer)> done) override { done(service_(request.url)); }
  double now() const override { return 0; }
  void after(double, std::function<void()> call) override { call(); }
  void cancel() override {}

 private:
  Service service_;
};

// A name of this machine, other than localhost, that resolves to no public address; "" if there is none.
std::string private_name() {
  char name[256] = {};
  addrinfo* found = nullptr;
  if (gethostname(name, sizeof name - 1) != 0 || getaddrinfo(name, nullptr, nullptr, &found) != 0) return "";
  const bool is_private = !private_kind(*found->ai_addr, found->ai_addrlen).empty();
  freeaddrinfo(found);
  return is_private ? name : "";
}

}  // namespace

TEST_CASE("fetch: what is there comes, what is not fails at once") {
  HttpServer server([](const HttpRequest& request) {
    if (request.path == "/gone") return HttpReply{.status = 404, .body = R"({"message": "no such key"})"};
    if (request.path == "/closed") return HttpReply{.status = 403, .body = "<html>login</html>"};
    return HttpReply{.body = "bytes of " + request.path};
  });
  CHECK(body_of(fetched(server.url("/a?sig=1"))) == "bytes of /a?sig=1");
  CHECK(reason_of(fetched(server.url("/gone"))) == "HTTP 404: no such key");
  const FetchResult closed = fetched(server.url("/closed"));
  CHECK(reason_of(closed) == "HTTP 403");
  CHECK(std::get<FetchFailure>(closed).status == 403);
  CHECK(server.requests().size() == 3);
}

TEST_CASE("fetch: what passes is tried again, with growing waits") {
  std::atomic<int> calls{0};
  SUBCASE("server errors") {
    HttpServer server([&](const HttpRequest&) {
      return ++calls < 4 ? HttpReply{.status = calls == 1 ? 503 : 500} : HttpReply{.body = "ok"};
    });
    const auto start = std::chrono::steady_clock::now();
    CHECK(body_of(fetched(server.url())) == "ok");
    CHECK(calls == 4);
    CHECK(seconds_since(start) >= 0.05 + 0.1 + 0.2);
  }
  SUBCASE("not for ever") {
    HttpServer server([&](const HttpRequest&) { return ++calls, HttpReply{.status = 502}; });
    CHECK(reason_of(fetched(server.url())) == "HTTP 502, 5 times");
    CHECK(calls == 5);
  }
  SUBCASE("too many requests: as long as the server says") {
    HttpServer server([&](const HttpRequest&) {
      return ++calls < 2 ? HttpReply{.status = 429, .headers = {{"Retry-After", "1"}}} : HttpReply{.body = "ok"};
    });
    const auto start = std::chrono::steady_clock::now();
    CHECK(body_of(fetched(server.url())) == "ok");
    CHECK(seconds_since(start) >= 1);
  }
  SUBCASE("an hour is not waited for") {
    HttpServer server([&](const HttpRequest&) {
      return ++calls, HttpReply{.status = 429, .headers = {{"Retry-After", "3600"}}};
    });
    CHECK(reason_of(fetched(server.url())) == "HTTP 429; it asks to come back in 3600 s");
    CHECK(calls == 1);
  }
  SUBCASE("broken connections") {
    HttpServer server([&](const HttpRequest&) {
      if (++calls == 1) return HttpReply{.reset = true};
      if (calls == 2) return HttpReply{.body = std::string(1000, 'x'), .cut_after = 500};
      return HttpReply{.body = "whole"};
    });
    CHECK(body_of(fetched(server.url())) == "whole");
    CHECK(calls == 3);
  }
  SUBCASE("a body that is always cut off never counts as whole") {
    HttpServer server(
        [&](const HttpRequest&) { return ++calls, HttpReply{.body = std::string(1000, 'x'), .cut_after = 500}; });
    CHECK(holds(reason_of(fetched(server.url())), "5 times"));
    CHECK(calls == 5);
  }
  SUBCASE("drips") {
    HttpServer server([&](const HttpRequest&) {
      return ++calls < 2 ? HttpReply{.body = std::string(5000, 'x'), .bytes_per_second = 50} : HttpReply{.body = "ok"};
    });
    FetchRules rules = quick_rules();
    rules.total_seconds = 1;
    CHECK(body_of(fetched(server.url(), rules)) == "ok");
  }
}

TEST_CASE("fetch: no more than allowed comes") {
  std::atomic<int> calls{0};
  bool tells_length = true;
  HttpServer server([&](const HttpRequest&) {
    ++calls;
    return HttpReply{.body = std::string(100'000, 'x'), .tells_length = tells_length};
  });
  FetchRules rules = quick_rules();
  rules.most_bytes = 10'000;
  SUBCASE("the server tells the length") {}
  SUBCASE("it does not") { tells_length = false; }
  CHECK(reason_of(fetched(server.url(), rules)) ==
        "the answer is larger than 10.0 kB; --max-download raises the limit");
  CHECK(calls == 1);
  rules.most_bytes = 100'000;
  CHECK(body_of(fetched(server.url(), rules)).size() == 100'000);
}

TEST_CASE("fetch: redirections are followed where that is safe") {
  std::string base, port;
  HttpServer server([&](const HttpRequest& request) {
    const std::string& path = request.path;
    if (path == "/once") return redirection("/picture?sig=2");
    if (path == "/metadata") return redirection("http://169.254.169.254/latest/meta-data/?token=1");
    if (path == "/mapped") return redirection("http://[::ffff:169.254.169.254]/");
    if (path == "/zero") return redirection("http://0.0.0.0" + port + "/picture");
    if (path == "/name") return redirection("http://localhost" + port + "/picture");
    if (path == "/host") return redirection("http://" + private_name() + port + "/picture");
    if (path == "/file") return redirection("file:///etc/passwd");
    if (path == "/nowhere") return HttpReply{.status = 301};
    if (path == "/circle") return redirection("/circle");
    if (path.starts_with("/down/")) {
      const int left = std::stoi(path.substr(6));
      return left == 0 ? HttpReply{.body = "deep"} : redirection(fmt::format("/down/{}", left - 1));
    }
    return HttpReply{.body = "picture"};
  });
  base = server.url();
  port = base.substr(base.rfind(':'));
  FetchRules open = quick_rules();
  open.allow_private_addresses = true;
  SUBCASE("where private addresses are allowed") {
    CHECK(body_of(fetched(server.url("/once"), open)) == "picture");
    CHECK(body_of(fetched(server.url("/name"), open)) == "picture");
    CHECK(body_of(fetched(server.url("/down/5"), open)) == "deep");
    CHECK(reason_of(fetched(server.url("/down/6"), open)) == "more than 5 redirections");
    CHECK(reason_of(fetched(server.url("/circle"), open)) == "more than 5 redirections");
    CHECK(holds(reason_of(fetched(server.url("/file"), open)), "no usable address"));
    CHECK(holds(reason_of(fetched(server.url("/nowhere"), open)), "no usable address"));
  }
  SUBCASE("else none leads to one, though the first may be one in figures") {
    CHECK(body_of(fetched(server.url("/picture"))) == "picture");
    const std::string metadata = reason_of(fetched(server.url("/metadata")));
    CHECK(metadata ==
          "redirected to http://169.254.169.254/latest/meta-data/?...: 169.254.169.254 is a link-local address, "
          "refused without --allow-private-addresses");
    for (const char* path : {"/once", "/mapped", "/zero", "/name", "/host"}) {
      if (path == std::string("/host") && private_name().empty()) continue;
      CAPTURE(path);
      const std::string reason = reason_of(fetched(server.url(path)));
      CHECK(holds(reason, "redirected to"));
      CHECK(holds(reason, "--allow-private-addresses"));
    }
    for (const HttpRequest& request : server.requests()) CHECK_FALSE(request.path == "/picture?sig=2");
  }
  SUBCASE("the user's own name that resolves to one needs leave, too") {
    const std::string name = private_name();
    if (!name.empty())
      CHECK(holds(reason_of(fetched("http://" + name + port + "/picture")), "--allow-private-addresses"));
  }
  SUBCASE("localhost is as good as figures, unless it stands in a list") {
    CHECK(body_of(fetched("http://localhost" + port + "/picture")) == "picture");
    FetchRequest listed = named(server.url("/picture"));
    listed.named_by_user = false;
    CHECK(holds(reason_of(Fetcher(std::make_unique<CurlHttp>(), quick_rules()).fetch(listed)),
                "127.0.0.1 is a loopback address"));
  }
}

TEST_CASE("fetch: never from https to http") {
  const auto service = [](const std::string& url) {
    if (url == "https://h/a") return HttpResponse{302, {{"Location", "http://h/b?sig=1"}}, ""};
    if (url == "https://h/b") return HttpResponse{302, {{"Location", "https://h/c"}}, ""};
    if (url == "http://h/d") return HttpResponse{302, {{"Location", "https://h/c"}}, ""};
    return HttpResponse{200, {}, "from " + url};
  };
  Fetcher fetcher(std::make_unique<InstantHttp>(service), quick_rules());
  CHECK(reason_of(fetcher.fetch(named("https://h/a"))) ==
        "it redirects from https to http://h/b?..., which is not safe");
  CHECK(body_of(fetcher.fetch(named("https://h/b"))) == "from https://h/c");
  CHECK(body_of(fetcher.fetch(named("http://h/d"))) == "from https://h/c");
}

TEST_CASE("fetch: many at once, and an end to all of them") {
  std::atomic<bool> slow{false};
  HttpServer server(
      [&](const HttpRequest& request) { return HttpReply{.body = request.path, .delay = slow ? 30.0 : 0.2}; }, true);
  Fetcher fetcher(std::make_unique<CurlHttp>(), quick_rules());
  std::vector<FetchRequest> requests;
  for (int i = 0; i < 12; ++i) requests.push_back(named(server.url(fmt::format("/{}", i))));
  auto start = std::chrono::steady_clock::now();
  const std::vector<FetchResult> results = fetcher.fetch_all(requests);
  for (int i = 0; i < 12; ++i) CHECK(body_of(results.at(i)) == fmt::format("/{}", i));
  CHECK(seconds_since(start) < 1.5);  // one after the other: 2.4
  slow = true;
  Cancel cancel;
  start = std::chrono::steady_clock::now();
  std::thread stop([&] {
    while (server.requests().size() < 13) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    cancel.request();
  });
  const FetchResult result = fetcher.fetch(requests.front(), &cancel);
  stop.join();
  REQUIRE(std::holds_alternative<FetchFailure>(result));
  CHECK(std::get<FetchFailure>(result).interrupted);
  CHECK(seconds_since(start) < 5);
}

}  // namespace inpaint::test
