#include "remote/channel.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace inpaint {
namespace {

// A request that must connect first reaches the service later than the next one does: with a window of 60 s sharp, the
// service sees too many in its own.
constexpr double minute = 60, lag = 1;
constexpr int free_waits = 3;          // "too many" in a row that are waited for just as long as asked
constexpr double first_cold_wait = 5;  // then 10, 20, ...
constexpr double growth = 0.1;         // requests at once that one success adds

}  // namespace

struct Channel::Call {
  HttpRequest request;
  CallOptions options;
  std::function<void(CallResult)> done;
  int attempts = 0, cold = 0, slower = 0;
  std::optional<double> cold_since = {};
  bool maybe_charged = false;  // by an earlier attempt
};

Channel::Channel(Http& http, const EndpointLimits& limits, const Patience& patience, Budget& budget)
    : http_(http), limits_(limits), patience_(patience), budget_(budget), allowed_(limits.concurrency) {}

void Channel::call(HttpRequest request, CallOptions options, std::function<void(CallResult)> done) {
  const auto call = std::make_shared<Call>(Call{std::move(request), std::move(options), std::move(done)});
  http_.after(0, [this, call] {
    queue_.push_back(call);
    pump();
  });
}

void Channel::cancel() {
  http_.after(0, [this] {
    cancelled_ = true;
    pump();
  });
}

void Channel::fail(const CallPtr& call, CallFailure::Kind kind, const std::string& reason, bool maybe_charged) {
  call->done(CallFailure{kind, reason, maybe_charged || call->maybe_charged});
}

void Channel::pump() {
  while (!queue_.empty()) {
    const CallPtr call = queue_.front();
    if (cancelled_ || !blocked_.empty()) {
      queue_.pop_front();
      cancelled_ ? fail(call, CallFailure::Kind::cancelled, "cancelled")
                 : fail(call, CallFailure::Kind::blocked, blocked_);
      continue;
    }
    if (under_way_ >= static_cast<int>(allowed_)) return;  // whatever ends pumps again
    if (const auto seconds = seconds_to_wait()) return pump_after(*seconds);
    if (budget_.requests >= budget_.most_requests) {
      block(fmt::format("{} requests are made, as many as allowed (--max-requests)", budget_.requests));
    } else if (call->options.paid && budget_.spent + limits_.price > budget_.most_spent * (1 + 1e-9)) {
      block(fmt::format("{:g} is spent, and another call for {:g} would exceed {:g} (--max-spend)", budget_.spent,
                        limits_.price, budget_.most_spent));
    } else {
      queue_.pop_front();
      send(call);
    }
  }
}

// Until the endpoint may be asked again; nothing if at once.
std::optional<double> Channel::seconds_to_wait() {
  const double now = http_.now();
  if (now < not_before_) return not_before_ - now;
  if (limits_.per_minute <= 0) return std::nullopt;
  while (!begun_.empty() && begun_.front() <= now - minute - lag) begun_.pop_front();
  if (static_cast<double>(begun_.size()) < limits_.per_minute) return std::nullopt;
  return begun_.front() + minute + lag - now;
}

void Channel::pump_after(double seconds) {
  const double due = http_.now() + seconds;
  if (due >= pump_due_) return;
  pump_due_ = due;
  http_.after(seconds, [this, due] {
    if (pump_due_ == due) pump_due_ = std::numeric_limits<double>::infinity();
    pump();
  });
}

void Channel::send(const CallPtr& call) {
  ++under_way_;
  ++call->attempts;
  ++budget_.requests;
  if (call->options.paid) budget_.spent += limits_.price;
  if (limits_.per_minute > 0) begun_.push_back(http_.now());
  const auto answered = [this, call](const HttpAnswer& answer) {
    --under_way_;
    settle(call, answer);
    pump();
  };
  try {
    HttpRequest request = call->request;
    if (call->options.sign) call->options.sign(request);
    http_.send(std::move(request), answered);
  } catch (const std::exception& error) {  // not from here: this is the thread of the door
    --under_way_;
    if (call->options.paid) budget_.spent -= limits_.price;
    fail(call, CallFailure::Kind::failed, error.what());
  }
}

Verdict Channel::judged(const CallOptions& options, const HttpAnswer& answer) {
  try {
    return options.judge ? options.judge(answer) : judge(answer);
  } catch (const std::exception& error) {
    return {.kind = Verdict::Kind::fail, .reason = error.what(), .maybe_done = true};
  }
}

void Channel::settle(const CallPtr& call, const HttpAnswer& answer) {
  const Verdict verdict = judged(call->options, answer);
  const auto* failure = std::get_if<HttpFailure>(&answer);
  if (verdict.kind == Verdict::Kind::answer && failure == nullptr) {
    allowed_ = std::min<double>(limits_.concurrency, allowed_ + growth);
    call->done(std::get<HttpResponse>(answer));
    return;
  }
  if (call->options.paid && !verdict.maybe_done) budget_.spent -= limits_.price;
  const bool maybe_charged = call->options.paid && verdict.maybe_done;
  if (cancelled_ || (failure != nullptr && failure->kind == HttpFailure::Kind::cancelled))
    return fail(call, CallFailure::Kind::cancelled, "cancelled", maybe_charged);
  call->maybe_charged = call->maybe_charged || maybe_charged;
  switch (verdict.kind) {
    case Verdict::Kind::again: return try_again(call, verdict);
    case Verdict::Kind::cold: return wait_for_start(call, verdict);
    case Verdict::Kind::slower: return slow_down(call, verdict);
    case Verdict::Kind::stop: block(verdict.reason); return fail(call, CallFailure::Kind::blocked, verdict.reason);
    default: return fail(call, CallFailure::Kind::failed, verdict.reason);
  }
}

double Channel::growing_wait(int attempt) const {
  return std::min(patience_.longest_wait_seconds, patience_.first_wait_seconds * std::pow(2, attempt - 1));
}

void Channel::try_again(const CallPtr& call, const Verdict& verdict) {
  if (verdict.maybe_done && call->options.paid && !patience_.retry_paid)
    return fail(call, CallFailure::Kind::failed,
                verdict.reason + "; the service may have done the work and charged for it (--retry-paid asks again)");
  if (call->attempts >= std::min(patience_.attempts, verdict.most_attempts))
    return fail(call, CallFailure::Kind::failed,
                call->attempts > 1 ? fmt::format("{}, {} times", verdict.reason, call->attempts) : verdict.reason);
  http_.after(std::max(verdict.wait_seconds.value_or(0), growing_wait(call->attempts)), [this, call] {
    queue_.push_front(call);
    pump();
  });
}

void Channel::wait_for_start(const CallPtr& call, const Verdict& verdict) {
  const double now = http_.now();
  if (!call->cold_since) call->cold_since = now;
  const double left = *call->cold_since + patience_.cold_start_seconds - now;
  if (left <= 0)
    return fail(
        call, CallFailure::Kind::failed,
        fmt::format("{}; not started within {:g} s (--cold-start)", verdict.reason, patience_.cold_start_seconds));
  --call->attempts;
  const double grown = std::min(patience_.longest_wait_seconds, first_cold_wait * std::pow(2, call->cold++));
  const double asked = std::min(patience_.longest_wait_seconds, verdict.wait_seconds.value_or(grown));
  pause(std::min(left, std::max(asked, 0.1)));
  queue_.push_front(call);
}

void Channel::slow_down(const CallPtr& call, const Verdict& verdict) {
  if (++call->slower >= patience_.slower_attempts)
    return fail(call, CallFailure::Kind::failed, fmt::format("{}, {} times", verdict.reason, call->slower));
  --call->attempts;
  if (http_.now() >= not_before_) allowed_ = std::max(1.0, std::floor(allowed_ / 2));  // once for those under way
  // A service may ask for no wait at all, or by a clock that is not ours.
  const double least = call->slower > free_waits ? growing_wait(call->slower - free_waits) : 0;
  pause(std::max(least, verdict.wait_seconds.value_or(growing_wait(call->slower))));
  queue_.push_front(call);
}

void Channel::pause(double seconds) { not_before_ = std::max(not_before_, http_.now() + seconds); }

void Channel::block(const std::string& reason) {
  if (blocked_.empty()) blocked_ = reason;
}

}  // namespace inpaint
