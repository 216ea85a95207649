// Image segmentation behind a Hugging Face inference endpoint: a list of labels with masks.
#include "core/error.h"
#include "remote/base64.h"
#include "remote/wire_private.h"

namespace inpaint {
namespace {

class HuggingFaceSegment : public Dialect {
 public:
  HuggingFaceSegment(const EndpointCard& card, const Credentials& keys) : card_(card), key_(keys.key) {}

  HttpRequest request(const RemoteRequest& asked) const override {
    HttpRequest request = huggingface_request(card_, key_, "POST", card_.url);
    const HttpPart picture = picture_part("image", asked.image, card_);
    request.headers.emplace_back("Accept", "application/json");
    request.headers.emplace_back("Content-Type", picture.type);
    request.body = picture.content;
    return request;
  }

  Verdict judge(const HttpAnswer& answer, size_t) const override { return judge_starting(answer); }

  RemoteAnswer answer(const std::vector<HttpResponse>& answers, const RemoteRequest&) const override {
    const nlohmann::json list = json_in(answers.back());
    if (!list.is_array()) throw ItemError("the service's answer is no list of labels with masks");
    RemoteAnswer answer;
    for (const nlohmann::json& entry : list) {
      RemoteRegion region;
      region.label = at_path(entry, "label").get<std::string>();
      if (entry.contains("score") && entry["score"].is_number()) region.score = entry["score"].get<double>();
      region.mask = mask_in(from_base64(at_path(entry, "mask").get<std::string>()));
      answer.regions.push_back(std::move(region));
    }
    tell_headers(answers.back(), {{"x-request-id", "request-id"}}, answer.facts);
    return answer;
  }

  std::optional<HttpRequest> ping() const override {
    return huggingface_request(card_, key_, "GET", at_root(card_.url, "/health"));
  }

 private:
  EndpointCard card_;
  std::string key_;
};

}  // namespace

DialectInfo huggingface_segment_dialect() {
  return {"huggingface-segment", {"segment"}, {}, {}, [](const EndpointCard& card, const Credentials& keys) {
            return std::unique_ptr<Dialect>(new HuggingFaceSegment(card, keys));
          }};
}

}  // namespace inpaint
