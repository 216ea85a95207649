// Stability AI's edits: white is repainted; a filtered picture comes blurred, with status 200.
#include <fmt/format.h>

#include <algorithm>

#include "core/error.h"
#include "remote/wire_private.h"

namespace inpaint {
namespace {

class Stability : public Dialect {
 public:
  Stability(const EndpointCard& card, const Credentials& keys) : card_(card), key_(keys.key) {
    number_option(card, "grow-mask", 5);
  }

  HttpRequest request(const RemoteRequest& asked) const override {
    const bool cuts_out = asked.task == "remove-bg";
    HttpRequest request = signed_request("POST", cuts_out ? beside(card_.url, "remove-background") : card_.url);
    request.headers.emplace_back("Accept", "image/*");
    request.parts.push_back(picture_part("image", asked.image, card_));
    request.parts.push_back({"output_format", "png"});
    if (cuts_out) return request;
    request.parts.push_back(png_part("mask", mask_to_send(asked.mask)));
    request.parts.push_back({"seed", std::to_string(asked.seed)});
    if (const std::string grow = option(card_, "grow-mask"); !grow.empty())
      request.parts.push_back({"grow_mask", grow});
    if (!takes_prompt()) return request;
    request.parts.push_back({"prompt", asked.prompt});
    if (const std::string negative = option(card_, "negative-prompt"); !negative.empty())
      request.parts.push_back({"negative_prompt", negative});
    return request;
  }

  RemoteAnswer answer(const std::vector<HttpResponse>& answers, const RemoteRequest& asked) const override {
    const HttpResponse& last = answers.back();
    if (const std::string reason = last.header("finish-reason"); !reason.empty() && reason != "SUCCESS")
      throw ItemError(fmt::format("the service filtered the result ({})", reason));
    RemoteAnswer answer;
    const Image picture = picture_in(last);
    if (asked.task == "remove-bg") {
      answer.matte = matte_in(picture);
    } else {
      answer.images.push_back(picture);
    }
    tell_headers(last, {{"x-request-id", "request-id"}, {"seed", "seed"}}, answer.facts);
    return answer;
  }

  bool needs_prompt(const std::string& task) const override { return task == "inpaint" && takes_prompt(); }
  bool takes_prompt(const std::string& task) const override { return needs_prompt(task); }
  void narrow(EndpointCard& card, const std::string& task) const override {
    constexpr int64_t most_pixels = 4194304;  // of background removal
    if (task == "remove-bg")
      card.most_pixels = card.most_pixels > 0 ? std::min(card.most_pixels, most_pixels) : most_pixels;
  }

  std::optional<HttpRequest> ping() const override {
    return signed_request("GET", at_root(card_.url, "/v1/user/balance"));
  }
  nlohmann::json pinged(const HttpResponse& response) const override {
    return {{"credits", at_path(json_in(response), "credits")}};
  }

 private:
  bool takes_prompt() const { return !card_.url.ends_with("/erase"); }

  HttpRequest signed_request(const std::string& method, const std::string& url) const {
    HttpRequest request = request_to(card_, method, url);
    if (!key_.empty()) request.headers.emplace_back("Authorization", "Bearer " + key_);
    return request;
  }

  EndpointCard card_;
  std::string key_;
};

}  // namespace

DialectInfo stability_dialect() {
  return {"stability",
          {"inpaint", "remove-bg"},
          {"negative-prompt", "grow-mask"},
          {},
          [](const EndpointCard& card, const Credentials& keys) {
            return std::unique_ptr<Dialect>(new Stability(card, keys));
          }};
}

}  // namespace inpaint
