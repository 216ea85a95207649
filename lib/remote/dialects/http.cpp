// Services that a card describes entirely. Options:
//   body: json, multipart or raw (the picture alone)
//   template: a JSON object; in its texts {image}, {mask}, {prompt}, {seed}, {width}, {height} stand for the values. A
//     text that is "{seed}" or the like alone becomes a number. In json, pictures are base64; in multipart, each entry
//     is a field, and "{image}" and "{mask}" are files.
//   mask: white (is repainted; the default), black, or alpha (transparent is repainted)
//   result: body (the answer is the picture; the default), or the path of its base64 in a JSON answer: data.0.image
//   header.NAME: sent with each request; {key} stands for the key
//   ping: an address, or a path on this host, that answers a GET with status 200
#include <fmt/format.h>

#include <opencv2/core.hpp>

#include "core/error.h"
#include "remote/base64.h"
#include "remote/wire_private.h"

namespace inpaint {
namespace {

constexpr const char* header_prefix = "header.";

std::string replaced(std::string text, const std::string& what, const std::string& by) {
  for (size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size()))
    text.replace(at, what.size(), by);
  return text;
}

class GenericHttp : public Dialect {
 public:
  GenericHttp(const EndpointCard& card, const Credentials& keys) : card_(card), key_(keys.key) {
    body_ = one_of("body", {"json", "multipart", "raw"});
    mask_ = one_of("mask", {"white", "black", "alpha"});
    if (body_ == "raw") return;
    template_ = nlohmann::json::parse(option(card, "template"), nullptr, false);
    if (!template_.is_object())
      throw SpecError(fmt::format("endpoint {}: options.template: expected a JSON object", card.name));
  }

  HttpRequest request(const RemoteRequest& asked) const override {
    HttpRequest request = with_headers("POST", card_.url);
    if (body_ == "raw") {
      const HttpPart picture = picture_part("image", asked.image, card_);
      request.body = picture.content;
      request.headers.emplace_back("Content-Type", picture.type);
    } else if (body_ == "json") {
      set_json_body(request, filled(template_, asked));
    } else {
      for (const auto& [name, value] : template_.items()) request.parts.push_back(part(name, value, asked));
    }
    return request;
  }

  RemoteAnswer answer(const std::vector<HttpResponse>& answers, const RemoteRequest& asked) const override {
    const std::string result = option(card_, "result");
    const bool whole = result.empty() || result == "body";
    const Image picture = whole ? picture_in(answers.back()) : picture_at(json_in(answers.back()), result);
    RemoteAnswer answer;
    if (asked.task == "remove-bg") {
      answer.matte = matte_in(picture);
    } else {
      answer.images.push_back(picture);
    }
    tell_headers(answers.back(), {{"x-request-id", "request-id"}}, answer.facts);
    return answer;
  }

  bool needs_prompt(const std::string&) const override {
    return template_.dump().find("{prompt}") != std::string::npos;
  }

  bool takes_prompt(const std::string& task) const override { return needs_prompt(task); }

  std::optional<HttpRequest> ping() const override {
    const std::string address = option(card_, "ping");
    if (address.empty()) return std::nullopt;
    return with_headers("GET", address.starts_with('/') ? at_root(card_.url, address) : address);
  }

 private:
  std::string one_of(const std::string& name, const std::vector<std::string>& values) const {
    const std::string value = option(card_, name);
    if (value.empty()) return values.front();
    if (std::find(values.begin(), values.end(), value) == values.end())
      throw SpecError(fmt::format("endpoint {}: options.{}: expected {}, got '{}'", card_.name, name,
                                  fmt::join(values, ", "), value));
    return value;
  }

  HttpRequest with_headers(const std::string& method, const std::string& url) const {
    HttpRequest request = request_to(card_, method, url);
    for (const auto& [name, value] : card_.options) {
      if (name.starts_with(header_prefix))
        request.headers.emplace_back(name.substr(std::string(header_prefix).size()), replaced(value, "{key}", key_));
    }
    return request;
  }

  Bytes mask_bytes(const Mask& mask) const {
    if (mask_ == "white") return mask_to_send(mask);
    if (mask_ == "black") return mask_to_send(Mask(cv::Mat(255 - mask.values())));
    cv::Mat rgba(mask.values().size(), CV_8UC4, cv::Scalar::all(0));
    cv::insertChannel(cv::Mat(255 - mask.values()), rgba, 3);
    Notes ignored;
    return encode_image(Image(rgba), {Format::png}, ignored);
  }

  nlohmann::json filled(const nlohmann::json& value, const RemoteRequest& asked) const {
    nlohmann::json out = value;
    if (value.is_structured()) {
      for (auto entry = out.begin(); entry != out.end(); ++entry) *entry = filled(*entry, asked);
      return out;
    }
    if (!value.is_string()) return value;
    const auto text = value.get<std::string>();
    if (text == "{seed}") return asked.seed;
    if (text == "{width}") return asked.image.width();
    if (text == "{height}") return asked.image.height();
    return words(text, asked);
  }

  // Pictures too, as base64. The prompt comes last: it may hold braces.
  std::string words(std::string text, const RemoteRequest& asked) const {
    text = replaced(text, "{seed}", std::to_string(asked.seed));
    text = replaced(text, "{width}", std::to_string(asked.image.width()));
    text = replaced(text, "{height}", std::to_string(asked.image.height()));
    if (text.find("{image}") != std::string::npos)
      text = replaced(text, "{image}", to_base64(picture_to_send(asked.image, card_, 4.0 / 3)));
    if (text.find("{mask}") != std::string::npos) text = replaced(text, "{mask}", to_base64(mask_bytes(asked.mask)));
    return replaced(text, "{prompt}", asked.prompt);
  }

  HttpPart part(const std::string& name, const nlohmann::json& value, const RemoteRequest& asked) const {
    if (value == "{image}") return picture_part(name, asked.image, card_);
    if (value == "{mask}") return png_part(name, mask_bytes(asked.mask));
    const nlohmann::json content = filled(value, asked);
    return {name, content.is_string() ? content.get<std::string>() : content.dump()};
  }

  EndpointCard card_;
  std::string key_, body_, mask_;
  nlohmann::json template_;
};

}  // namespace

DialectInfo http_dialect() {
  return {"http",
          {"inpaint", "remove-bg"},
          {"body", "template", "mask", "result", "ping", "header.*"},
          {"ping", "header.*"},
          [](const EndpointCard& card, const Credentials& keys) {
            return std::unique_ptr<Dialect>(new GenericHttp(card, keys));
          }};
}

}  // namespace inpaint
