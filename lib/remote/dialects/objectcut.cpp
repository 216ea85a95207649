// ObjectCut at RapidAPI: always status 200 from the service itself; errors are in the body.
#include <fmt/format.h>

#include "core/error.h"
#include "core/percent.h"
#include "remote/base64.h"
#include "remote/wire_private.h"

namespace inpaint {
namespace {

class ObjectCut : public Dialect {
 public:
  ObjectCut(const EndpointCard& card, const Credentials& keys) : card_(card), key_(keys.key) {}

  HttpRequest request(const RemoteRequest& asked) const override {
    HttpRequest request = request_to(card_);
    if (!key_.empty()) request.headers.emplace_back("X-RapidAPI-Key", key_);
    const std::string root = at_root(card_.url, "");
    request.headers.emplace_back("X-RapidAPI-Host", root.substr(root.find("://") + 3));
    request.headers.emplace_back("Content-Type", "application/x-www-form-urlencoded");
    request.body = "image_base64=" + percent_encoded(to_base64(picture_to_send(asked.image, card_, 4.0 / 3))) +
                   "&output_format=base64&to_remove=background&color_removal=transparent";
    return request;
  }

  RemoteAnswer answer(const std::vector<HttpResponse>& answers, const RemoteRequest&) const override {
    const nlohmann::json json = json_in(answers.back());
    if (json.is_object() && json.contains("error") && json["error"] != false)
      throw ItemError(fmt::format("the service refuses: {} (error {})", error_text(answers.back()),
                                  json.contains("error_id") ? json["error_id"].dump() : "unknown"));
    RemoteAnswer answer;
    answer.matte = matte_in(picture_at(json, "response.image_base64"));
    if (json.contains("correlation_id")) answer.facts["request-id"] = json["correlation_id"];
    tell_headers(answers.back(), {{"x-ratelimit-requests-remaining", "requests-left"}}, answer.facts);
    return answer;
  }

 private:
  EndpointCard card_;
  std::string key_;
};

}  // namespace

DialectInfo objectcut_dialect() {
  return {"objectcut", {"remove-bg"}, {}, {}, [](const EndpointCard& card, const Credentials& keys) {
            return std::unique_ptr<Dialect>(new ObjectCut(card, keys));
          }};
}

}  // namespace inpaint
