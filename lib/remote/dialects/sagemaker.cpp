// Real-time endpoints of Amazon SageMaker with JumpStart's payloads.
#include "remote/jumpstart_private.h"
#include "remote/wire_private.h"

namespace inpaint {
namespace {

class SageMaker : public Dialect {
 public:
  SageMaker(const EndpointCard& card, const Credentials& keys) : card_(card), keys_(keys.aws), jumpstart_(card) {}

  HttpRequest request(const RemoteRequest& asked) const override {
    HttpRequest request = request_to(card_);
    request.headers = {{"Content-Type", JumpStart::content_type(asked)}, {"Accept", JumpStart::accept}};
    if (const std::string more = option(card_, "custom-attributes"); !more.empty())
      request.headers.emplace_back("X-Amzn-SageMaker-Custom-Attributes", more);
    request.body = jumpstart_.body(asked);
    return request;
  }

  void sign(HttpRequest& request) const override { sign_for_aws(request, keys_, {card_.region, "sagemaker"}); }

  RemoteAnswer answer(const std::vector<HttpResponse>& answers, const RemoteRequest&) const override {
    return JumpStart::answer(answers.back());
  }

 private:
  EndpointCard card_;
  AwsKeys keys_;
  JumpStart jumpstart_;
};

}  // namespace

DialectInfo sagemaker_dialect() {
  return {"sagemaker",
          {"inpaint", "generate"},
          {"steps", "guidance", "negative-prompt", "custom-attributes"},
          {},
          [](const EndpointCard& card, const Credentials& keys) {
            return std::unique_ptr<Dialect>(new SageMaker(card, keys));
          }};
}

}  // namespace inpaint
