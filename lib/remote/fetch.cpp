#include "remote/fetch.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdlib>

#include "core/names.h"
#include "remote/address.h"

namespace inpaint {
namespace {

constexpr int most_redirections = 5;

bool is_redirection(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

bool is_plain_local(const std::string& host) { return is_address(host) || host == "localhost"; }

bool proxy_is_set() {
  for (const char* name : {"https_proxy", "HTTPS_PROXY", "http_proxy", "all_proxy", "ALL_PROXY"}) {
    if (const char* value = std::getenv(name); value != nullptr && *value != '\0') return true;
  }
  return false;
}

// Results of requests that run beside one another.
class Gathering {
 public:
  explicit Gathering(size_t count) : results_(count), missing_(count) {}
  void put(size_t i, FetchResult result) {
    {
      const std::lock_guard lock(mutex_);
      results_[i] = std::move(result);
      --missing_;
    }
    all_there_.notify_all();
  }
  // Until all are there; false if `cancel` is requested before.
  bool wait(const Cancel* cancel) {
    std::unique_lock lock(mutex_);
    while (missing_ > 0) {
      if (cancel != nullptr && cancel->requested()) return false;
      all_there_.wait_for(lock, std::chrono::milliseconds(50));
    }
    return true;
  }
  std::vector<FetchResult> take() { return std::move(results_); }

 private:
  std::mutex mutex_;
  std::condition_variable all_there_;
  std::vector<FetchResult> results_;
  size_t missing_;
};

}  // namespace

struct Fetcher::Journey {
  FetchRequest request;
  std::function<void(FetchResult)> done;
  Url at;  // of this hop
  int redirections = 0;

  void fail(const std::string& reason, int status = 0, bool interrupted = false) const {
    const std::string where = redirections > 0 ? fmt::format("redirected to {}: ", shown_url(at.whole)) : "";
    done(FetchFailure{where + reason, status, interrupted});
  }
};

Fetcher::Fetcher(std::unique_ptr<Http> http, const FetchRules& rules) : rules_(rules), http_(std::move(http)) {}

FetchResult Fetcher::fetch(FetchRequest request, const Cancel* cancel) {
  return std::move(fetch_all({std::move(request)}, cancel).front());
}

std::vector<FetchResult> Fetcher::fetch_all(std::vector<FetchRequest> requests, const Cancel* cancel) {
  const auto gathering = std::make_shared<Gathering>(requests.size());
  for (size_t i = 0; i < requests.size(); ++i) {
    const auto journey = std::make_shared<Journey>();
    journey->at = requests[i].url;
    journey->request = std::move(requests[i]);
    journey->done = [gathering, i](FetchResult result) { gathering->put(i, std::move(result)); };
    send(journey);
  }
  if (!gathering->wait(cancel)) {
    http_->cancel();
    gathering->wait(nullptr);
  }
  return gathering->take();
}

void Fetcher::send(const JourneyPtr& journey) {
  CallOptions options{.paid = false, .judge = [this](const HttpAnswer& answer) { return judge_fetch(answer); }};
  channel_to(journey->at.origin).call(request_of(*journey), std::move(options), [this, journey](CallResult result) {
    settle(journey, std::move(result));
  });
}

HttpRequest Fetcher::request_of(const Journey& journey) const {
  HttpRequest request{.method = journey.request.method, .url = journey.at.whole};
  if (const auto first = journey.request.first_bytes) {
    request.headers.push_back({"Range", fmt::format("bytes=0-{}", *first - 1)});
    request.beginning_only = true;
  }
  request.connect_seconds = rules_.connect_seconds;
  request.first_byte_seconds = rules_.first_byte_seconds;
  request.stall_seconds = rules_.stall_seconds;
  request.total_seconds = rules_.total_seconds;
  request.most_bytes = journey.request.first_bytes.value_or(rules_.most_bytes);
  const bool as_named = journey.request.named_by_user && journey.redirections == 0 && is_plain_local(journey.at.host);
  request.public_addresses_only = !rules_.allow_private_addresses && !as_named;
  return request;
}

Channel& Fetcher::channel_to(const std::string& origin) {
  const std::lock_guard lock(mutex_);
  const EndpointLimits limits{.concurrency = rules_.connections};
  return channels_.try_emplace(origin, *http_, limits, rules_.patience, budget_).first->second;
}

Verdict Fetcher::judge_fetch(const HttpAnswer& answer) const {
  Verdict verdict = judge(answer);
  verdict.maybe_done = false;
  if (const auto* failure = std::get_if<HttpFailure>(&answer)) {
    using Kind = HttpFailure::Kind;
    const bool passes =
        failure->kind == Kind::unreachable || failure->kind == Kind::timeout || failure->kind == Kind::broken;
    verdict.kind = passes ? Verdict::Kind::again : Verdict::Kind::fail;
    if (failure->kind == Kind::forbidden) verdict.reason += ", refused without --allow-private-addresses";
    if (failure->kind == Kind::too_large) verdict.reason += "; --max-download raises the limit";
    if (failure->kind == Kind::unreachable && proxy_is_set() && !rules_.allow_private_addresses)
      verdict.reason += " (the proxy is used with --allow-private-addresses only, since it would do the connecting)";
    return verdict;
  }
  const int status = std::get<HttpResponse>(answer).status;
  const bool passes = status == 408 || status == 429 || (status >= 500 && status != 501 && status != 505);
  if (!passes) return {.kind = Verdict::Kind::answer};
  verdict.kind = status == 429 ? Verdict::Kind::slower : Verdict::Kind::again;
  if (const double asked = verdict.wait_seconds.value_or(0); asked > rules_.longest_asked_wait_seconds)
    return {.kind = Verdict::Kind::fail,
            .reason = fmt::format("{}; it asks to come back in {:.0f} s", verdict.reason, asked)};
  return verdict;
}

void Fetcher::settle(const JourneyPtr& journey, CallResult result) {
  if (const auto* failure = std::get_if<CallFailure>(&result))
    return journey->fail(failure->reason, 0, failure->kind == CallFailure::Kind::cancelled);
  auto& response = std::get<HttpResponse>(result);
  if (is_redirection(response.status)) return redirect(journey, response);
  if (response.status == 200 || (response.status == 206 && journey->request.first_bytes))
    return journey->done(std::move(response));
  const std::string text = error_text(response);
  journey->fail(fmt::format("HTTP {}{}", response.status, text.empty() ? "" : ": " + text), response.status);
}

void Fetcher::redirect(const JourneyPtr& journey, const HttpResponse& response) {
  const std::string location = response.header("location");
  const auto next = location.empty() ? std::nullopt : resolve_url(journey->at, location);
  if (!next)
    return journey->fail(fmt::format("it redirects to '{}', which is no usable address", shown_url(location)),
                         response.status);
  if (journey->at.scheme == "https" && next->scheme != "https")
    return journey->fail(fmt::format("it redirects from https to {}, which is not safe", shown_url(next->whole)),
                         response.status);
  if (++journey->redirections > most_redirections) {
    journey->redirections = 0;  // the reason is of the whole journey
    return journey->fail(fmt::format("more than {} redirections", most_redirections), response.status);
  }
  journey->at = *next;
  send(journey);
}

}  // namespace inpaint
