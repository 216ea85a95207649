#include "remote/channel.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "fake_http.h"

namespace inpaint::test {
namespace {

using Kind = CallFailure::Kind;

// Calls made through a channel, and how they ended.
struct Calls {
  Calls(FakeHttp::Service service, const EndpointLimits& limits = {}, const Patience& patience = {})
      : http(std::move(service)), channel(http, limits, patience, budget) {}

  void make(int count, const CallOptions& options = {}) {
    for (int i = 0; i < count; ++i)
      channel.call({.url = "http://service/" + std::to_string(results.size() + static_cast<size_t>(i))}, options,
                   [this](CallResult result) { results.push_back(std::move(result)); });
  }
  void run(int count, const CallOptions& options = {}) {
    make(count, options);
    http.run();
    REQUIRE(results.size() == static_cast<size_t>(count));
  }
  int done() const {
    return static_cast<int>(std::count_if(results.begin(), results.end(), [](const CallResult& result) {
      return std::holds_alternative<HttpResponse>(result);
    }));
  }
  CallFailure failure(size_t index = 0) const {
    REQUIRE(std::holds_alternative<CallFailure>(results.at(index)));
    return std::get<CallFailure>(results.at(index));
  }
  double sent(size_t index) const { return http.sent_at.at(index) - http.sent_at.at(0); }

  FakeHttp http;
  Budget budget;
  Channel channel;
  std::vector<CallResult> results;
};

// The first answers as told, then ok.
FakeHttp::Service first(std::vector<FakeHttp::Reply> replies) {
  return [replies, at = size_t{0}](const inpaint::HttpRequest&) mutable {
    return at < replies.size() ? replies[at++] : reply(200, "ok");
  };
}
FakeHttp::Service always(const FakeHttp::Reply& answer) {
  return [answer](const inpaint::HttpRequest&) { return answer; };
}
FakeHttp::Reply lost(HttpFailure::Kind kind, bool maybe_received) {
  return {HttpFailure{kind, "lost", maybe_received}, 0.5};
}

}  // namespace

TEST_CASE("channel: calls go out side by side, as many as the endpoint takes") {
  Calls calls(always(reply(200, "ok")), {.concurrency = 3});
  calls.run(10);
  CHECK(calls.done() == 10);
  CHECK(calls.http.most_at_once == 3);
  CHECK(calls.sent(9) == doctest::Approx(1.5));
}

TEST_CASE("channel: what fails for the moment is tried again, each time after twice as long") {
  Calls calls(first({reply(500), lost(HttpFailure::Kind::unreachable, false), reply(530)}));
  calls.run(1);
  CHECK(calls.done() == 1);
  CHECK(calls.sent(1) == doctest::Approx(0.5 + 1));
  CHECK(calls.sent(2) == doctest::Approx(1.5 + 0.5 + 2));
  CHECK(calls.sent(3) == doctest::Approx(4 + 0.5 + 4));
}

TEST_CASE("channel: tries end") {
  Calls calls(always(reply(500, R"({"error": "boom"})")), {}, {.attempts = 3});
  calls.run(1);
  CHECK(calls.failure().kind == Kind::failed);
  CHECK(calls.failure().reason == "HTTP 500: boom, 3 times");
  CHECK(calls.http.sent_at.size() == 3);
  Calls wrong(always(reply(422, R"({"error": "no mask"})")));
  wrong.run(1);
  CHECK(wrong.failure().reason == "HTTP 422: no mask");
  CHECK(wrong.http.sent_at.size() == 1);
}

TEST_CASE(
    "channel: sixty a minute are kept within any minute, over three of them, also if one takes a second to get there") {
  Calls calls(always(reply(200)), {.concurrency = 100, .per_minute = 60});
  calls.run(230);
  CHECK(calls.done() == 230);
  const std::vector<double>& sent = calls.http.sent_at;
  for (size_t i = 60; i < sent.size(); ++i) CHECK(sent[i] - sent[i - 60] >= 61);
  CHECK(calls.sent(229) == doctest::Approx(183));  // and no later than need be
}

TEST_CASE("channel: a service that says too many is left alone for exactly as long as it asks") {
  Calls calls(first({reply(429, "", {{"Retry-After", "7"}}), reply(429, "", {{"Retry-After", "7"}})}),
              {.concurrency = 2});
  calls.run(6);
  CHECK(calls.done() == 6);
  CHECK(calls.sent(1) == 0);
  CHECK(calls.sent(2) == doctest::Approx(0.5 + 7));
  CHECK(calls.sent(3) == doctest::Approx(7.5 + 0.5));  // one at a time now
  CHECK(calls.http.sent_at.size() == 8);
}

TEST_CASE("channel: a service that asks for no wait is not asked without end, nor without pause") {
  Calls calls(always(reply(429, "", {{"Retry-After", "0"}}, 0)), {}, {.slower_attempts = 8});
  calls.run(1);
  CHECK(calls.failure().reason == "HTTP 429, 8 times");
  CHECK(calls.http.now() - calls.http.sent_at[0] == doctest::Approx(1 + 2 + 4 + 8));
}

TEST_CASE("channel: what throws on the thread of the door fails one call, and the budget gets its money back") {
  int asked = 0;
  const CallOptions options{.sign = [&](inpaint::HttpRequest&) {
    if (++asked == 1) throw std::runtime_error("no clock");
  }};
  Calls calls(always(reply(200, "ok")), {.price = 1});
  calls.run(2, options);
  CHECK(calls.done() == 1);
  CHECK(calls.budget.spent == 1);
  const CallOptions judges{.judge = [](const HttpAnswer&) -> Verdict { throw std::runtime_error("no sense"); }};
  Calls others(always(reply(200, "ok")), {.price = 1});
  others.run(1, judges);
  CHECK(others.failure().reason == "no sense");
}

TEST_CASE("channel: a gateway that gave up on a paid request may have had it done") {
  for (const int status : {408, 502, 504, 520, 524}) {
    Calls calls(always(reply(status)), {.price = 1});
    calls.run(1);
    CHECK(calls.http.sent_at.size() == 1);
    CHECK(calls.failure().maybe_charged);
    Calls again(always(reply(status)), {.price = 1}, {.retry_paid = true});
    again.run(1);
    CHECK(again.http.sent_at.size() == 5);
  }
}

TEST_CASE("channel: money adds up without losing a call to rounding") {
  Calls calls(always(reply(200, "ok")), {.price = 0.1});
  calls.budget.most_spent = 0.3;
  calls.run(5);
  CHECK(calls.done() == 3);
}

TEST_CASE("channel: a service that starts is waited for, up to a limit") {
  const CallOptions sleeps{.judge = judge_starting};
  Calls calls(first({reply(503, R"({"estimated_time": 20})"), reply(503), reply(503)}), {.concurrency = 1});
  calls.run(2, sleeps);
  CHECK(calls.done() == 2);
  CHECK(calls.sent(1) == doctest::Approx(20.5));
  CHECK(calls.sent(2) == doctest::Approx(20.5 + 0.5 + 10));
  CHECK(calls.sent(3) == doctest::Approx(31 + 0.5 + 20));
  Calls never(always(reply(503)), {}, {.cold_start_seconds = 100});
  never.run(1, sleeps);
  CHECK(never.failure().reason == "HTTP 503; not started within 100 s (--cold-start)");
  CHECK(never.http.now() - never.http.sent_at[0] == doctest::Approx(101));  // asked at the end, too
}

TEST_CASE("channel: keys and quotas stop the endpoint, and the rest is blocked") {
  Calls calls(first({reply(200), reply(402, R"({"errors": [{"title": "Insufficient credits"}]})")}),
              {.concurrency = 1});
  calls.run(5);
  CHECK(calls.done() == 1);
  CHECK(calls.http.sent_at.size() == 2);
  for (size_t i = 1; i < 5; ++i) {
    CHECK(calls.failure(i).kind == Kind::blocked);
    CHECK(calls.failure(i).reason == "HTTP 402: Insufficient credits");
  }
}

TEST_CASE("channel: what may have been paid for is not asked for twice unless told to") {
  const auto late = lost(HttpFailure::Kind::timeout, true);
  Calls calls(first({late}), {.price = 0.1});
  calls.run(1);
  CHECK(calls.failure().maybe_charged);
  CHECK(calls.failure().reason ==
        "lost; the service may have done the work and charged for it (--retry-paid asks again)");
  CHECK(calls.budget.spent == doctest::Approx(0.1));
  Calls told(first({late}), {.price = 0.1}, {.retry_paid = true});
  told.run(1);
  CHECK(told.done() == 1);
  CHECK(told.budget.spent == doctest::Approx(0.2));
  Calls free(first({late}), {.price = 0.1});
  free.run(1, {.paid = false});
  CHECK(free.done() == 1);
  CHECK(free.budget.spent == 0);
  Calls refused(first({lost(HttpFailure::Kind::unreachable, false), reply(500)}), {.price = 0.1});
  refused.run(1);
  CHECK(refused.done() == 1);
  CHECK(refused.budget.spent == doctest::Approx(0.1));  // failed calls are free
}

TEST_CASE("channel: the budget is not exceeded, by whatever is under way") {
  Calls calls(always(reply(200)), {.concurrency = 8, .price = 0.25});
  calls.budget.most_spent = 1;
  calls.run(10);
  CHECK(calls.done() == 4);
  CHECK(calls.budget.spent == 1);
  CHECK(calls.failure(0).kind == Kind::blocked);
  CHECK(calls.failure(0).reason == "1 is spent, and another call for 0.25 would exceed 1 (--max-spend)");
  Calls few(always(reply(200)));
  few.budget.most_requests = 3;
  few.run(5);
  CHECK(few.done() == 3);
  CHECK(few.failure(0).reason == "3 requests are made, as many as allowed (--max-requests)");
}

TEST_CASE("channel: cancelled calls say so") {
  Calls calls(always(reply(200)), {.concurrency = 2});
  calls.make(6);
  calls.http.after(0.6, [&] {
    calls.channel.cancel();
    calls.http.cancel();
  });
  calls.http.run();
  REQUIRE(calls.results.size() == 6);
  CHECK(calls.done() == 2);
  for (size_t i = 2; i < 6; ++i) CHECK(calls.failure(i).kind == Kind::cancelled);
  CHECK(calls.http.sent_at.size() == 4);
}

TEST_CASE("channel: of a thousand calls with faults none is lost and none is paid twice") {
  int charged = 0, number = 0;
  const auto faulty = [&](const inpaint::HttpRequest&) {
    ++number;
    switch (number % 100) {
      case 7: return reply(500);
      case 31: return reply(429, "", {{"Retry-After", "2"}});
      case 53: return lost(HttpFailure::Kind::unreachable, false);
      case 77: return reply(503);
      case 91: return reply(500, "<html>");
      default: ++charged; return reply(200, "ok");
    }
  };
  Calls calls(faulty, {.concurrency = 8, .price = 1});
  calls.run(1000);
  CHECK(calls.done() == 1000);
  CHECK(charged == 1000);
  CHECK(calls.budget.spent == 1000);
}

}  // namespace inpaint::test
