#include "remote/secrets.h"

#include <doctest/doctest.h>

#include "remote/fake_http.h"

namespace inpaint::test {

TEST_CASE("keys are taken out of texts, each time they occur") {
  CHECK(without_secrets("a key1 b key2key1", {"key1", "key2"}) == "a [removed] b [removed][removed]");
  CHECK(without_secrets("nothing", {"key1"}) == "nothing");
}

TEST_CASE("a service that repeats a key, or sends it back, does not make it known; short ones are no secrets") {
  auto fake = std::make_unique<FakeHttp>([](const inpaint::HttpRequest&) {
    return reply(200, "with longer-key and k", {{"X-Was", "longer-key"}});
  });
  FakeHttp& service = *fake;
  DiscreetHttp http(std::move(fake), {"longer-key", "k"});
  HttpAnswer got;
  http.send({.url = "http://x"}, [&](HttpAnswer answer) { got = std::move(answer); });
  service.run();
  const auto& response = std::get<HttpResponse>(got);
  CHECK(response.body == "with [removed] and k");
  CHECK(response.header("x-was") == "[removed]");
}

}  // namespace inpaint::test
