// remove.bg: only the opacity is taken; the colours stay the picture's own.
#include "core/error.h"
#include "core/names.h"
#include "remote/wire_private.h"
#include "remote/zip.h"

namespace inpaint {
namespace {

class RemoveBg : public Dialect {
 public:
  RemoveBg(const EndpointCard& card, const Credentials& keys) : card_(card), key_(keys.key) {
    const std::string format = option(card, "format");
    if (!format.empty() && format != "zip" && format != "png")
      throw SpecError("endpoint " + card.name + ": options.format: expected zip or png, got '" + format + "'");
  }

  HttpRequest request(const RemoteRequest& asked) const override {
    HttpRequest request = signed_request("POST", card_.url);
    request.parts.push_back(picture_part("image_file", asked.image, card_));
    for (const auto& [name, value] : card_.options) {
      std::string field = name;
      std::replace(field.begin(), field.end(), '-', '_');
      if (!value.empty()) request.parts.push_back({field, value});
    }
    return request;
  }

  RemoteAnswer answer(const std::vector<HttpResponse>& answers, const RemoteRequest&) const override {
    const HttpResponse& last = answers.back();
    RemoteAnswer answer;
    if (last.body.starts_with("PK")) {
      const std::span bytes(reinterpret_cast<const uint8_t*>(last.body.data()), last.body.size());
      answer.matte = Matte(mask_in(file_in_zip(bytes, "alpha.png")));
    } else {
      answer.matte = matte_in(picture_in(last));
    }
    tell_headers(last,
                 {{"x-credits-charged", "credits-charged"},
                  {"x-type", "type"},
                  {"x-request-id", "request-id"},
                  {"x-ratelimit-remaining", "requests-left"}},
                 answer.facts);
    return answer;
  }

  std::optional<HttpRequest> ping() const override { return signed_request("GET", beside(card_.url, "account")); }

  nlohmann::json pinged(const HttpResponse& response) const override {
    const nlohmann::json json = json_in(response);
    nlohmann::json facts = {{"credits", at_path(json, "data.attributes.credits")}};
    if (const nlohmann::json& api = at_path(json, "data.attributes.api"); api.contains("free_calls"))
      facts["free-calls"] = api["free_calls"];
    return facts;
  }

 private:
  HttpRequest signed_request(const std::string& method, const std::string& url) const {
    HttpRequest request = request_to(card_, method, url);
    if (!key_.empty()) request.headers.emplace_back("X-Api-Key", key_);
    return request;
  }

  EndpointCard card_;
  std::string key_;
};

}  // namespace

DialectInfo removebg_dialect() {
  return {"removebg",
          {"remove-bg"},
          {"size", "type", "type-level", "format", "roi", "semitransparency"},
          {},
          [](const EndpointCard& card, const Credentials& keys) {
            return std::unique_ptr<Dialect>(new RemoveBg(card, keys));
          }};
}

}  // namespace inpaint
