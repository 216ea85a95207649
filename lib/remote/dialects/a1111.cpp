// The web interface of AUTOMATIC1111, and what else speaks like it. White is repainted.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "core/error.h"
#include "core/names.h"
#include "remote/base64.h"
#include "remote/wire_private.h"

namespace inpaint {
namespace {

// What the hole begins as, in the order of the service's numbers.
constexpr std::array fills{"fill", "original", "noise", "nothing"};

class A1111 : public Dialect {
 public:
  A1111(const EndpointCard& card, const Credentials& keys) : card_(card), key_(keys.key) {
    for (const char* name : {"steps", "guidance", "denoising", "mask-blur"}) number_option(card, name, 0);
    const std::string fill = option(card, "fill");
    const auto at = std::find(fills.begin(), fills.end(), fill.empty() ? "original" : fill);
    if (at == fills.end())
      throw SpecError(fmt::format("endpoint {}: options.fill: expected {}, got '{}'", card.name,
                                  join({fills.begin(), fills.end()}, ", "), fill));
    fill_ = static_cast<int>(at - fills.begin());
  }

  HttpRequest request(const RemoteRequest& asked) const override {
    HttpRequest request = authorized("POST", asked.task == "generate" ? "/sdapi/v1/txt2img" : "/sdapi/v1/img2img");
    nlohmann::json body = {{"prompt", asked.prompt},
                           {"negative_prompt", option(card_, "negative-prompt")},
                           {"seed", asked.seed},
                           {"steps", static_cast<int>(number_option(card_, "steps", 30))},
                           {"cfg_scale", number_option(card_, "guidance", 7)},
                           {"batch_size", asked.count},
                           {"send_images", true},
                           {"save_images", false}};
    if (const std::string sampler = option(card_, "sampler"); !sampler.empty()) body["sampler_name"] = sampler;
    if (const std::string checkpoint = option(card_, "checkpoint"); !checkpoint.empty())
      body["override_settings"] = {{"sd_model_checkpoint", checkpoint}};
    if (asked.task == "inpaint") add_hole(asked, body);
    if (asked.task == "generate" && asked.width > 0) body.update({{"width", asked.width}, {"height", asked.height}});
    set_json_body(request, body);
    return request;
  }

  RemoteAnswer answer(const std::vector<HttpResponse>& answers, const RemoteRequest& asked) const override {
    const nlohmann::json json = json_in(answers.back());
    const nlohmann::json& images = at_path(json, "images");
    RemoteAnswer answer;
    for (size_t i = 0; i < std::min(images.size(), static_cast<size_t>(asked.count)); ++i)
      answer.images.push_back(picture_at(images, std::to_string(i)));
    if (answer.images.empty()) throw ItemError("the service answered with no picture");
    if (json.contains("info") && json["info"].is_string()) {  // JSON in a string
      const auto info = nlohmann::json::parse(json["info"].get<std::string>(), nullptr, false);
      if (info.is_object() && info.contains("seed")) answer.facts["seed"] = info["seed"];
      if (info.is_object() && info.contains("sd_model_name")) answer.facts["checkpoint"] = info["sd_model_name"];
    }
    return answer;
  }

  bool needs_prompt(const std::string& task) const override { return task == "generate"; }

  std::optional<HttpRequest> ping() const override { return authorized("GET", "/sdapi/v1/progress"); }
  nlohmann::json pinged(const HttpResponse& response) const override {
    return {{"progress", at_path(json_in(response), "progress")}};
  }

 private:
  HttpRequest authorized(const std::string& method, const std::string& path) const {
    HttpRequest request = request_to(card_, method, at_root(card_.url, path));
    if (!key_.empty()) {  // "USER:PASSWORD"
      const Bytes bytes(key_.begin(), key_.end());
      request.headers.emplace_back("Authorization", "Basic " + to_base64(bytes));
    }
    return request;
  }

  void add_hole(const RemoteRequest& asked, nlohmann::json& body) const {
    body.update({{"init_images", {to_base64(picture_to_send(asked.image, card_, 4.0 / 3))}},
                 {"mask", to_base64(mask_to_send(asked.mask))},
                 {"inpainting_mask_invert", 0},
                 {"inpainting_fill", fill_},
                 {"inpaint_full_res", false},  // it gets a crop already
                 {"mask_blur", static_cast<int>(number_option(card_, "mask-blur", 4))},
                 {"denoising_strength", number_option(card_, "denoising", 0.75)},
                 {"resize_mode", 0},
                 {"width", asked.image.width()},
                 {"height", asked.image.height()}});
  }

  EndpointCard card_;
  std::string key_;
  int fill_ = 1;
};

}  // namespace

DialectInfo a1111_dialect() {
  return {"a1111",
          {"inpaint", "generate"},
          {"steps", "guidance", "negative-prompt", "denoising", "sampler", "checkpoint", "fill", "mask-blur"},
          {},
          [](const EndpointCard& card, const Credentials& keys) {
            return std::unique_ptr<Dialect>(new A1111(card, keys));
          }};
}

}  // namespace inpaint
