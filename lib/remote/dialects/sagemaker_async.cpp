// Asynchronous endpoints of Amazon SageMaker: the input goes to S3, the call is accepted, the result comes to S3.
#include <fmt/format.h>

#include "core/error.h"
#include "core/hash.h"
#include "core/percent.h"
#include "remote/jumpstart_private.h"
#include "remote/wire_private.h"

namespace inpaint {
namespace {

constexpr const char* output_header = "x-amzn-sagemaker-outputlocation";
constexpr const char* failure_header = "x-amzn-sagemaker-failurelocation";
constexpr size_t accepted = 2;  // answers: of the upload, of the call

class SageMakerAsync : public Dialect {
 public:
  SageMakerAsync(const EndpointCard& card, const Credentials& keys)
      : card_(card),
        keys_(keys.aws),
        jumpstart_(card),
        bucket_(option(card, "input-bucket")),
        poll_seconds_(number_option(card, "poll-seconds", 5)),
        longest_seconds_(number_option(card, "longest-seconds", 21600)) {
    if (bucket_.empty())
      throw SpecError(
          fmt::format("endpoint {}: options.input-bucket: expected the bucket that takes the inputs (--set "
                      "endpoint.options.input-bucket=NAME)",
                      card.name));
  }

  HttpRequest request(const RemoteRequest& asked) const override {
    std::string body = jumpstart_.body(asked);
    const std::string key = "inpaint/" + content_hash(body) + ".json";
    HttpRequest request = request_to(card_, "PUT", s3_address(bucket_, key));
    request.headers = {{"Content-Type", JumpStart::content_type(asked)}};
    request.body = std::move(body);
    return request;
  }
  bool first_is_paid() const override { return false; }

  void sign(HttpRequest& request) const override {
    sign_for_aws(request, keys_, {card_.region, request.url == card_.url ? "sagemaker" : "s3"});
  }

  Verdict judge(const HttpAnswer& answer, size_t step) const override {
    const auto* response = std::get_if<HttpResponse>(&answer);
    const bool pending = step >= accepted && response != nullptr &&
                         (response->status == 404 || (response->status == 403 && !refuses_keys(*response)));
    return pending ? Verdict{.kind = Verdict::Kind::answer} : inpaint::judge(answer);
  }

  std::optional<FollowUp> follow(const HttpRequest& first, const std::vector<HttpResponse>& answers) const override {
    if (answers.size() == 1) return FollowUp{invocation(first), 0, true};
    if (answers.size() > accepted && answers.back().status == 200) return std::nullopt;
    if (waited(answers) >= longest_seconds_ || !in_s3(answers[1].header(output_header))) return std::nullopt;
    // Where an endpoint has no place for failures the result is asked for each time.
    const bool for_result = asks_for_result(answers.size()) || !in_s3(answers[1].header(failure_header));
    const std::string location = answers[1].header(for_result ? output_header : failure_header);
    return FollowUp{request_to(card_, "GET", address_of(location)), for_result ? poll_seconds_ : 0, false};
  }

  bool keeps_jobs() const override { return true; }
  nlohmann::json job(const std::vector<HttpResponse>& answers) const override {
    if (answers.size() != accepted) return nullptr;
    return {{"output", answers[1].header(output_header)}, {"failure", answers[1].header(failure_header)}};
  }
  bool still_open(const std::vector<HttpResponse>& answers) const override {
    return answers.size() > accepted && answers.back().status != 200;
  }
  std::vector<HttpResponse> answers_of_job(const nlohmann::json& job) const override {
    return {{.status = 200},
            {.status = 202, .headers = {{output_header, job.at("output")}, {failure_header, job.at("failure")}}}};
  }

  RemoteAnswer answer(const std::vector<HttpResponse>& answers, const RemoteRequest&) const override {
    if (!in_s3(answers[1].header(output_header)))
      throw ItemError("the service accepted the job, but does not tell where in S3 its result will be");
    if (answers.back().status != 200)
      throw ItemError(fmt::format("no result within {:g} s; it would come to {}", longest_seconds_,
                                  answers[1].header(output_header)));
    if (!asks_for_result(answers.size() - 1) && in_s3(answers[1].header(failure_header)))
      throw ItemError("the service failed: " + error_text(answers.back()));
    RemoteAnswer answer = JumpStart::answer(answers.back());
    answer.facts["output-location"] = answers[1].header(output_header);
    return answer;
  }

 private:
  // After the call, by turns: is there a result, is there a failure?
  static bool asks_for_result(size_t step) { return step % 2 == 0; }
  static bool in_s3(const std::string& location) { return location.starts_with("s3://"); }

  // Denied access may mean that there is nothing yet; these mean that there never will be.
  static bool refuses_keys(const HttpResponse& response) {
    for (const char* code :
         {"ExpiredToken", "InvalidAccessKeyId", "InvalidToken", "SignatureDoesNotMatch", "RequestTimeTooSkewed"}) {
      if (response.body.find(code) != std::string::npos) return true;
    }
    return false;
  }
  double waited(const std::vector<HttpResponse>& answers) const {
    const size_t polls = answers.size() - std::min(answers.size(), accepted);
    return poll_seconds_ * static_cast<double>(in_s3(answers[1].header(failure_header)) ? polls / 2 : polls);
  }

  HttpRequest invocation(const HttpRequest& upload) const {
    HttpRequest request = request_to(card_);
    const size_t key = upload.url.rfind("inpaint/");
    request.headers = {{"X-Amzn-SageMaker-InputLocation", "s3://" + bucket_ + "/" + upload.url.substr(key)},
                       {"X-Amzn-SageMaker-Content-Type", header_value(upload.headers, "Content-Type")},
                       {"X-Amzn-SageMaker-Accept", JumpStart::accept},
                       {"X-Amzn-SageMaker-Inference-Id", upload.url.substr(key + 8, 32)}};
    return request;
  }

  std::string s3_address(const std::string& bucket, const std::string& key) const {
    const std::string path = percent_encoded(key, "/");
    if (const std::string own = option(card_, "s3-url"); !own.empty()) return at_root(own, "/" + bucket + "/" + path);
    return fmt::format("https://{}.s3.{}.amazonaws.com/{}", bucket, card_.region, path);
  }

  std::string address_of(const std::string& location) const {
    constexpr std::string_view scheme = "s3://";
    const size_t slash = location.find('/', scheme.size());
    if (slash == std::string::npos) return s3_address(location.substr(scheme.size()), "");
    return s3_address(location.substr(scheme.size(), slash - scheme.size()), location.substr(slash + 1));
  }

  EndpointCard card_;
  AwsKeys keys_;
  JumpStart jumpstart_;
  std::string bucket_;
  double poll_seconds_, longest_seconds_;
};

}  // namespace

DialectInfo sagemaker_async_dialect() {
  return {"sagemaker-async",
          {"inpaint", "generate"},
          {"steps", "guidance", "negative-prompt", "input-bucket", "poll-seconds", "longest-seconds", "s3-url"},
          {"input-bucket", "poll-seconds", "longest-seconds", "s3-url"},
          [](const EndpointCard& card, const Credentials& keys) {
            return std::unique_ptr<Dialect>(new SageMakerAsync(card, keys));
          }};
}

}  // namespace inpaint
