#include "remote/verdict.h"

#include <doctest/doctest.h>

namespace inpaint::test {
namespace {

using Kind = Verdict::Kind;

const auto now = std::chrono::system_clock::from_time_t(1'700'000'000);  // 14 November 2023, 22:13:20

Verdict of(int status, const std::string& body = "", HttpHeaders headers = {}) {
  return judge(HttpResponse{status, std::move(headers), body}, now);
}

}  // namespace

TEST_CASE("statuses are judged by what another try would bring") {
  CHECK(of(200).kind == Kind::answer);
  CHECK(of(202).kind == Kind::answer);
  for (const int status : {400, 404, 413, 415, 422}) CHECK(of(status).kind == Kind::fail);
  for (const int status : {401, 402, 403}) CHECK(of(status).kind == Kind::stop);
  for (const int status : {408, 500, 502, 504, 530}) CHECK(of(status).kind == Kind::again);
  CHECK(of(302).kind == Kind::fail);
  CHECK(of(503).kind == Kind::again);
  CHECK(judge_starting(HttpResponse{503}).kind == Kind::cold);
  CHECK(judge_starting(HttpResponse{502}).kind == Kind::cold);
  CHECK(judge_starting(HttpResponse{500}).kind == Kind::again);
  CHECK(judge_starting(HttpResponse{200}).kind == Kind::answer);
  CHECK(of(429).kind == Kind::slower);
  CHECK(of(504).maybe_done);
  for (const int status : {408, 502, 520, 524}) CHECK(of(status).maybe_done);
  CHECK_FALSE(of(500).maybe_done);
  CHECK_FALSE(judge_starting(HttpResponse{502}).maybe_done);
}

TEST_CASE("a used-up quota is not too many requests") {
  CHECK(of(429, R"({"error": {"message": "You exceeded your current quota", "code": "insufficient_quota"}})").kind ==
        Kind::stop);
  CHECK(of(429, R"({"message": "You have exceeded the MONTHLY quota for Requests"})").kind == Kind::stop);
  CHECK(of(429, R"({"error": {"message": "Rate limit reached", "code": "rate_limit_exceeded"}})").kind == Kind::slower);
  CHECK(
      of(429,
         R"({"error": {"message": "Rate limit reached. You can raise it by adding a payment method to your account: x.com/account/billing", "type": "requests", "code": "rate_limit_exceeded"}})")
          .kind == Kind::slower);
  CHECK(of(400, R"({"__type": "ThrottlingException", "message": "Rate exceeded"})").kind == Kind::slower);
  CHECK(of(400, R"({"message": "bad"})", {{"x-amzn-ErrorType", "ThrottlingException:http://x"}}).kind == Kind::slower);
  CHECK(of(403, R"({"message": "You are not subscribed to this API."})").reason ==
        "HTTP 403: You are not subscribed to this API.");
}

TEST_CASE("a picture that a service forbids stops nothing else") {
  CHECK(of(403, R"({"id": "1", "name": "content_moderation", "errors": ["flagged"]})").kind == Kind::fail);
}

TEST_CASE("a model that failed behind SageMaker is asked again if the fault was its own") {
  CHECK(of(424, R"({"OriginalStatusCode": 500, "OriginalMessage": "CUDA out of memory"})").kind == Kind::again);
  CHECK(of(424, R"({"OriginalStatusCode": 500, "LogStreamArn": "arn:log"})").reason.ends_with("; its log: arn:log"));
  CHECK(of(424, R"({"OriginalStatusCode": 500})").most_attempts == 2);
  CHECK(of(424, R"({"OriginalStatusCode": null})").kind == Kind::fail);
  CHECK(of(424, R"({"OriginalStatusCode": "500"})").kind == Kind::fail);
  CHECK(of(424, R"({"OriginalStatusCode": 400, "Message": "bad input"})").kind == Kind::fail);
  CHECK(of(424).kind == Kind::fail);
}

TEST_CASE("waits are those that the service asks for") {
  CHECK(of(429, "", {{"Retry-After", "7"}}).wait_seconds == 7);
  CHECK(of(429, "", {{"retry-after", "Tue, 14 Nov 2023 22:13:50 GMT"}}).wait_seconds == 30);
  CHECK(of(429, "", {{"Retry-After", "Tue, 14 Nov 2023 22:00:00 GMT"}}).wait_seconds == 0);
  CHECK(of(429, "", {{"X-RateLimit-Reset", "1700000012"}}).wait_seconds == 12);
  CHECK(of(429, "", {{"X-RateLimit-Reset", "12"}}).wait_seconds == 12);
  CHECK(of(429, "", {{"x-ratelimit-reset-requests", "1m0.5s"}}).wait_seconds == 60.5);
  CHECK(of(429, "", {{"x-ratelimit-reset-requests", "20ms"}}).wait_seconds == 0.02);
  CHECK_FALSE(of(429, "", {{"x-ratelimit-reset-requests", "soon"}}).wait_seconds);
  CHECK(of(503, R"({"error": "Model X is currently loading", "estimated_time": 20.5})").wait_seconds == 20.5);
  CHECK(of(503, R"({"estimated_time": 20.5})", {{"Retry-After", "3"}}).wait_seconds == 3);
  CHECK_FALSE(of(503, "queue full").wait_seconds);
  CHECK(of(429, "", {{"Retry-After", "inf"}}).wait_seconds == 86400);
  CHECK(of(429, "", {{"Retry-After", "1e300"}}).wait_seconds == 86400);
  CHECK(of(429, "", {{"X-RateLimit-Reset", "1700000012000"}}).wait_seconds == 12);  // in milliseconds
}

TEST_CASE("the service's own words are found in every shape that is in use") {
  const auto text = [](const std::string& body, const std::string& type = "application/json") {
    return error_text({400, {{"Content-Type", type}}, body});
  };
  CHECK(text(R"({"error": "no image"})") == "no image");
  CHECK(text(R"({"error": {"message": "bad size", "type": "invalid_request_error"}})") == "bad size");
  CHECK(text(R"({"errors": [{"title": "Could not identify foreground", "detail": "see docs", "code": "x"}]})") ==
        "Could not identify foreground: see docs");
  CHECK(text(R"({"id": "1", "name": "bad_request", "errors": ["mask: too small"]})") == "mask: too small");
  CHECK(text(R"({"detail": [{"loc": ["body"], "msg": "field required"}]})") == "field required");
  CHECK(text(R"({"Message": "Endpoint not found"})") == "Endpoint not found");
  CHECK(text("upstream\nfailed", "text/plain") == "upstream failed");
  CHECK(text("<html><body>Bad gateway</body></html>", "text/html").empty());
  CHECK(text("").empty());
  CHECK(text(std::string(5000, 'a'), "text/plain").size() < 400);
  CHECK(text(std::string(200, 'a') + " " + std::string(200, 'b'), "text/plain") == std::string(200, 'a') + " ...");
}

TEST_CASE("a redirection is a failure that says where it points, without the query and in one line") {
  const auto to = [](const std::string& location) {
    return judge(HttpResponse{301, {{"Location", location}}, "moved"});
  };
  const Verdict verdict = to("https://new.example/v2?token=x");
  CHECK(verdict.kind == Kind::fail);
  CHECK(verdict.reason.starts_with("HTTP 301: it points to https://new.example/v2?...; "));
  CHECK(to("/a\x1b[31m").reason.find('\x1b') == std::string::npos);
  CHECK(judge(HttpResponse{304, {}, ""}).reason == "HTTP 304");
}

TEST_CASE("requests without an answer are judged by what may have happened") {
  using Why = HttpFailure::Kind;
  CHECK(judge(HttpFailure{Why::unreachable, "refused", false}).kind == Kind::again);
  CHECK(judge(HttpFailure{Why::untrusted, "self-signed", false}).kind == Kind::stop);
  CHECK(judge(HttpFailure{Why::too_large, "x", true}).kind == Kind::fail);
  CHECK(judge(HttpFailure{Why::cancelled, "x", true}).kind == Kind::fail);
  const Verdict late = judge(HttpFailure{Why::timeout, "no answer within 3 s", true});
  CHECK(late.kind == Kind::again);
  CHECK(late.maybe_done);
  CHECK(late.reason == "no answer within 3 s");
}

}  // namespace inpaint::test
