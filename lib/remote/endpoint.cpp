#include "remote/endpoint.h"

#include <fmt/format.h>

#include <cstdlib>
#include <future>

#include "core/error.h"
#include "core/log.h"
#include "remote/base64.h"
#include "remote/curl_http.h"
#include "remote/recording.h"
#include "remote/secrets.h"

namespace inpaint {
namespace {

constexpr int polls_at_once = 16;
constexpr const char* submitting = "submitting";  // in the store: the answer, and whether it was accepted, is not known

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

std::vector<std::string> secrets_of(const Credentials& keys) {
  const std::string as_sent = to_base64(Bytes(keys.key.begin(), keys.key.end()));  // "USER:PASSWORD"
  std::vector<std::string> secrets{keys.key, as_sent, keys.aws.access_key, keys.aws.secret_key, keys.aws.session_token};
  std::erase(secrets, "");
  return secrets;
}

}  // namespace

struct Endpoint::Job {
  std::string work;
  HttpRequest first;  // without its body
  std::vector<HttpResponse> answers;
  std::function<void(Result)> done;
};

Credentials credentials_of(const EndpointCard& card) {
  Credentials keys{.key = endpoint_key(card)};
  if (!card.dialect.starts_with("sagemaker")) return keys;
  keys.aws = {variable("AWS_ACCESS_KEY_ID"), variable("AWS_SECRET_ACCESS_KEY"), variable("AWS_SESSION_TOKEN")};
  if (keys.aws.access_key.empty() || keys.aws.secret_key.empty())
    throw MissingError(
        fmt::format("endpoint {}: no key: set the variables AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY", card.name));
  return keys;
}

Endpoint::Endpoint(const EndpointCard& card, const EndpointOptions& options)
    : card_(card), jobs_(options.jobs), retry_paid_(options.patience.retry_paid), budget_(options.budget) {
  const DialectInfo& info = dialect_of(card);
  const Credentials keys = options.replay.empty() ? credentials_of(card) : Credentials{};
  dialect_ = info.make(card, keys);
  http_ = std::make_unique<CurlHttp>(card.limits.concurrency + polls_at_once);
  const std::vector<std::string> secrets = secrets_of(keys);
  if (!secrets.empty()) http_ = std::make_unique<DiscreetHttp>(std::move(http_), secrets);
  if (!options.replay.empty()) http_ = std::make_unique<ReplayHttp>(std::move(http_), options.replay);
  if (!options.record.empty()) http_ = std::make_unique<RecordingHttp>(std::move(http_), options.record, secrets);
  channel_ = std::make_unique<Channel>(*http_, card.limits, options.patience, budget_);
  polls_ = std::make_unique<Channel>(*http_, EndpointLimits{.concurrency = polls_at_once}, options.patience, unpaid_);
}

Endpoint::~Endpoint() { http_.reset(); }

void Endpoint::ask(HttpRequest request, const std::string& work, std::function<void(Result)> done) {
  const auto job =
      std::make_shared<Job>(Job{work, {request.method, request.url, request.headers}, {}, std::move(done)});
  job->first.most_bytes = request.most_bytes;
  if (jobs_ != nullptr) {
    const nlohmann::json known = jobs_->find(work);
    if (known.contains(submitting) && !retry_paid_) {
      forget(work);
      return http_->after(0, [job] {
        job->done(CallFailure{CallFailure::Kind::failed,
                              "an earlier run ended while it was submitted; the service may have taken it and charged "
                              "for it (--retry-paid, or another run, submits it again)",
                              true});
      });
    }
    if (!known.is_null() && !known.contains(submitting)) job->answers = dialect_->answers_of_job(known);
  }
  if (job->answers.empty()) {
    step(job, std::move(request), dialect_->first_is_paid());
  } else {
    http_->after(0, [this, job] { go_on(job); });
  }
}

void Endpoint::step(const std::shared_ptr<Job>& job, HttpRequest request, bool paid) {
  CallOptions options{.paid = paid};
  options.judge = [this, step = job->answers.size()](const HttpAnswer& answer) {
    return dialect_->judge(answer, step);
  };
  const bool noted = paid && jobs_ != nullptr && dialect_->keeps_jobs();
  options.sign = [this, job, noted](HttpRequest& unsigned_request) {
    dialect_->sign(unsigned_request);
    if (noted) put(job->work, {{submitting, true}});
  };
  (paid ? channel_ : polls_)->call(std::move(request), std::move(options), [this, job, noted](CallResult result) {
    if (auto* failure = std::get_if<CallFailure>(&result)) {
      const bool untold = failure->kind == CallFailure::Kind::cancelled && failure->maybe_charged;
      if (noted && !untold) forget(job->work);
      return job->done(std::move(*failure));
    }
    job->answers.push_back(std::get<HttpResponse>(std::move(result)));
    if (HttpResponse& last = job->answers.back(); last.status >= 400)
      last = {.status = last.status};  // one of many polls
    keep(*job);
    go_on(job);
  });
}

void Endpoint::go_on(const std::shared_ptr<Job>& job) {
  std::optional<FollowUp> next;
  try {
    next = dialect_->follow(job->first, job->answers);
  } catch (const std::exception& error) {  // not from here: this is the thread of the door
    return job->done(CallFailure{.reason = error.what(), .maybe_charged = true});
  }
  if (!next) return job->done(std::move(job->answers));
  next->request.most_bytes = job->first.most_bytes;
  http_->after(next->after_seconds,
               [this, job, next = std::move(*next)]() mutable { step(job, std::move(next.request), next.paid); });
}

void Endpoint::keep(const Job& job) {
  if (jobs_ == nullptr) return;
  const nlohmann::json facts = dialect_->job(job.answers);
  if (!facts.is_null()) put(job.work, facts);
}

void Endpoint::put(const std::string& work, const nlohmann::json& facts) {
  try {
    jobs_->put(work, facts);
  } catch (const std::exception& error) {
    log(LogLevel::warning, fmt::format("a job is not noted, so another run would submit it again: {}", error.what()));
  }
}

void Endpoint::forget(const std::string& work) {
  if (jobs_ != nullptr) jobs_->remove(work);
}

HttpAnswer Endpoint::ask_now(HttpRequest request, bool with_key) {
  std::promise<HttpAnswer> promise;
  if (with_key) dialect_->sign(request);
  http_->send(std::move(request), [&](HttpAnswer answer) { promise.set_value(std::move(answer)); });
  return promise.get_future().get();
}

void Endpoint::cancel() {
  channel_->cancel();
  polls_->cancel();
  http_->cancel();
}

}  // namespace inpaint
