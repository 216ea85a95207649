// OpenAI's image edits and generations. Where the mask is transparent is repainted, but the rest may change too.
#include <fmt/format.h>

#include <opencv2/core.hpp>

#include "core/error.h"
#include "core/hash.h"
#include "remote/wire_private.h"

namespace inpaint {
namespace {

// RGBA: transparent where to repaint.
Bytes transparent_mask(const Mask& mask) {
  cv::Mat rgba(mask.values().size(), CV_8UC4, cv::Scalar::all(0));
  const cv::Mat opacity = 255 - mask.values();
  cv::insertChannel(opacity, rgba, 3);
  Notes ignored;
  return encode_image(Image(rgba), {Format::png}, ignored);
}

class OpenAi : public Dialect {
 public:
  OpenAi(const EndpointCard& card, const Credentials& keys)
      : card_(card), key_(keys.key), model_(option(card, "model")) {}

  HttpRequest request(const RemoteRequest& asked) const override {
    return asked.task == "generate" ? generation(asked) : edit(asked);
  }

  RemoteAnswer answer(const std::vector<HttpResponse>& answers, const RemoteRequest&) const override {
    const nlohmann::json json = json_in(answers.back());
    const nlohmann::json& data = at_path(json, "data");
    RemoteAnswer answer;
    for (size_t i = 0; i < data.size(); ++i) answer.images.push_back(picture_at(data, std::to_string(i) + ".b64_json"));
    if (answer.images.empty()) throw ItemError("the service answered with no picture");
    if (data[0].contains("revised_prompt")) answer.facts["revised-prompt"] = data[0]["revised_prompt"];
    if (json.contains("usage")) answer.facts["usage"] = json["usage"];
    tell_headers(answers.back(), {{"x-request-id", "request-id"}, {"x-ratelimit-remaining-requests", "requests-left"}},
                 answer.facts);
    return answer;
  }

  std::optional<HttpRequest> ping() const override {
    HttpRequest request = request_to(card_, "GET", at_root(card_.url, "/v1/models/" + model_));
    authorize(request);
    return request;
  }

 private:
  void authorize(HttpRequest& request) const {
    if (!key_.empty()) request.headers.emplace_back("Authorization", "Bearer " + key_);
  }

  bool is_old() const { return model_.starts_with("dall-e"); }

  HttpRequest edit(const RemoteRequest& asked) const {
    HttpRequest request = request_to(card_);
    authorize(request);
    HttpPart picture = picture_part("image", asked.image, card_);
    if (!is_old()) picture.name = "image[]";
    HttpPart mask = png_part("mask", transparent_mask(asked.mask));
    request.headers.emplace_back("Idempotency-Key", content_hash(picture.content + mask.content + asked.prompt +
                                                                 model_ + std::to_string(asked.seed)));
    request.parts = {std::move(picture), std::move(mask)};
    request.parts.push_back({"prompt", asked.prompt});
    request.parts.push_back({"model", model_});
    request.parts.push_back({"n", "1"});
    request.parts.push_back({"size", fmt::format("{}x{}", asked.image.width(), asked.image.height())});
    if (is_old()) {
      request.parts.push_back({"response_format", "b64_json"});
      return request;
    }
    request.parts.push_back({"output_format", "png"});
    for (const auto& [name, field] : {std::pair{"quality", "quality"}, std::pair{"input-fidelity", "input_fidelity"}}) {
      if (const std::string value = option(card_, name); !value.empty()) request.parts.push_back({field, value});
    }
    return request;
  }

  HttpRequest generation(const RemoteRequest& asked) const {
    HttpRequest request = request_to(card_, "POST", beside(card_.url, "generations"));
    authorize(request);
    nlohmann::json body = {{"model", model_}, {"prompt", asked.prompt}, {"n", asked.count}};
    if (asked.width > 0) body["size"] = fmt::format("{}x{}", asked.width, asked.height);
    if (is_old()) {
      body["response_format"] = "b64_json";
    } else if (const std::string quality = option(card_, "quality"); !quality.empty()) {
      body["quality"] = quality;
    }
    set_json_body(request, body);
    request.headers.emplace_back("Idempotency-Key", content_hash(request.body + std::to_string(asked.seed)));
    return request;
  }

  EndpointCard card_;
  std::string key_, model_;
};

}  // namespace

DialectInfo openai_dialect() {
  return {"openai",
          {"inpaint", "generate"},
          {"model", "quality", "input-fidelity"},
          {},
          [](const EndpointCard& card, const Credentials& keys) {
            return std::unique_ptr<Dialect>(new OpenAi(card, keys));
          }};
}

}  // namespace inpaint
