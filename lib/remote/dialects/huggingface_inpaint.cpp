// Stable Diffusion inpainting behind a Hugging Face inference endpoint; white is repainted.
#include "remote/base64.h"
#include "remote/wire_private.h"

namespace inpaint {
namespace {

class HuggingFaceInpaint : public Dialect {
 public:
  HuggingFaceInpaint(const EndpointCard& card, const Credentials& keys)
      : card_(card),
        key_(keys.key),
        steps_(number_option(card, "steps", 25)),
        guidance_(number_option(card, "guidance", 7.5)) {}

  HttpRequest request(const RemoteRequest& asked) const override {
    HttpRequest request = huggingface_request(card_, key_, "POST", card_.url);
    request.headers.emplace_back("Accept", "image/png");
    nlohmann::json body = {{"inputs", asked.prompt},
                           {"image", to_base64(picture_to_send(asked.image, card_, 4.0 / 3))},
                           {"mask_image", to_base64(mask_to_send(asked.mask))},
                           {"num_inference_steps", static_cast<int>(steps_)},
                           {"guidance_scale", guidance_},
                           {"width", asked.image.width()},
                           {"height", asked.image.height()}};
    if (const std::string negative = option(card_, "negative-prompt"); !negative.empty())
      body["negative_prompt"] = negative;
    set_json_body(request, body);
    return request;
  }

  Verdict judge(const HttpAnswer& answer, size_t) const override { return judge_starting(answer); }

  RemoteAnswer answer(const std::vector<HttpResponse>& answers, const RemoteRequest&) const override {
    RemoteAnswer answer;
    answer.images.push_back(picture_in(answers.back()));
    tell_headers(answers.back(), {{"x-request-id", "request-id"}}, answer.facts);
    return answer;
  }

  std::optional<HttpRequest> ping() const override {
    return huggingface_request(card_, key_, "GET", at_root(card_.url, "/health"));
  }

 private:
  EndpointCard card_;
  std::string key_;
  double steps_, guidance_;
};

}  // namespace

DialectInfo huggingface_inpaint_dialect() {
  return {"huggingface-inpaint",
          {"inpaint"},
          {"steps", "guidance", "negative-prompt"},
          {},
          [](const EndpointCard& card, const Credentials& keys) {
            return std::unique_ptr<Dialect>(new HuggingFaceInpaint(card, keys));
          }};
}

}  // namespace inpaint
