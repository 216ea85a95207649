#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "core/error.h"
#include "core/names.h"
#include "remote/base64.h"
#include "remote/wire_private.h"

namespace inpaint {
namespace {

constexpr int64_t most_answer_bytes = int64_t{512} << 20;
constexpr int64_t most_answer_pixels = 250'000'000;
constexpr size_t most_shown = 200;

// What a body is that should have been something else.
std::string kind_of_body(const HttpResponse& response) {
  if (response.body.empty()) return "nothing";
  const std::string type = response.header("content-type");
  const std::string told = error_text(response);
  const bool text = std::none_of(told.begin(), told.end(), [](char c) { return static_cast<signed char>(c) < 0; });
  return (type.empty() ? "something else" : type) + (text && !told.empty() ? ": " + told.substr(0, most_shown) : "");
}

size_t root_end(const std::string& url) { return std::min(url.find('/', url.find("://") + 3), url.size()); }

}  // namespace

HttpRequest request_to(const EndpointCard& card, const std::string& method, const std::string& url) {
  HttpRequest request{.method = method, .url = url.empty() ? card.url : url};
  request.connect_seconds = card.connect_seconds;
  request.first_byte_seconds = card.first_byte_seconds;
  request.total_seconds = card.total_seconds;
  request.most_bytes = most_answer_bytes;
  return request;
}

HttpRequest huggingface_request(const EndpointCard& card, const std::string& key, const std::string& method,
                                const std::string& url) {
  HttpRequest request = request_to(card, method, url);
  if (!key.empty()) request.headers.emplace_back("Authorization", "Bearer " + key);
  // The proxy holds the request while the service starts, but not so long that it looks lost.
  const double hold = std::min(600.0, card.first_byte_seconds - 10);
  if (method == "POST" && hold >= 1)
    request.headers.emplace_back("X-Scale-Up-Timeout", std::to_string(static_cast<int>(hold)));
  return request;
}

void set_json_body(HttpRequest& request, const nlohmann::json& body) {
  request.body = body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  request.headers.emplace_back("Content-Type", "application/json");
}

std::string beside(const std::string& url, const std::string& segment) {
  const size_t slash = url.find_last_of('/');
  return slash == std::string::npos || slash < root_end(url) ? url + "/" + segment : url.substr(0, slash + 1) + segment;
}

std::string at_root(const std::string& url, const std::string& path) { return url.substr(0, root_end(url)) + path; }

std::string option(const EndpointCard& card, const std::string& name) {
  const auto found = card.options.find(name);
  return found == card.options.end() ? "" : found->second;
}

double number_option(const EndpointCard& card, const std::string& name, double otherwise) {
  const std::string text = option(card, name);
  if (text.empty()) return otherwise;
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size())
    throw SpecError(fmt::format("endpoint {}: options.{}: expected a number, got '{}'", card.name, name, text));
  return value;
}

Bytes jpeg_to_send(const Image& image, int quality) {
  Notes ignored;
  return encode_image(image, {Format::jpeg, quality, MetadataPolicy::strip}, ignored);
}

Bytes picture_to_send(const Image& image, const EndpointCard& card, double growth) {
  Notes ignored;
  Bytes bytes = encode_image(image, {Format::png, std::nullopt, MetadataPolicy::strip}, ignored);
  const auto fits = [&] {
    return card.most_bytes == 0 || static_cast<double>(bytes.size()) * growth <= static_cast<double>(card.most_bytes);
  };
  for (const int quality : {97, 92, 85, 75}) {
    if (fits()) break;
    bytes = jpeg_to_send(image, quality);
  }
  if (!fits())
    throw ItemError(
        fmt::format("{} × {} pixels do not fit into the {} bytes that endpoint {} takes; make the "
                    "picture smaller",
                    image.width(), image.height(), card.most_bytes, card.name));
  return bytes;
}

Bytes mask_to_send(const Mask& mask) { return encode_mask(mask, {Format::png}); }

std::string text_of(const Bytes& bytes) { return {bytes.begin(), bytes.end()}; }

HttpPart picture_part(const std::string& name, const Image& image, const EndpointCard& card) {
  const Bytes bytes = picture_to_send(image, card);
  const Format format = sniff_format(std::span(bytes).first(std::min(bytes.size(), sniff_size))).value();
  return {name, text_of(bytes), name + "." + format_extension(format), "image/" + format_name(format)};
}

HttpPart png_part(const std::string& name, const Bytes& png) {
  return {name, text_of(png), name + ".png", "image/png"};
}

Image picture_in(std::span<const uint8_t> bytes) {
  Notes ignored;
  try {
    return decode_image(bytes, {most_answer_pixels}, ignored);
  } catch (const ItemError& error) {
    throw ItemError(std::string("the service's answer: ") + error.what());
  }
}

Mask mask_in(std::span<const uint8_t> bytes) {
  Notes ignored;
  try {
    return decode_mask(bytes, {most_answer_pixels}, ignored);
  } catch (const ItemError& error) {
    throw ItemError(std::string("the service's answer: ") + error.what());
  }
}

Image picture_in(const HttpResponse& response) {
  const std::span bytes(reinterpret_cast<const uint8_t*>(response.body.data()), response.body.size());
  if (!sniff_format(bytes.first(std::min(bytes.size(), sniff_size))))
    throw ItemError("the service answered with no picture, but with " + kind_of_body(response));
  return picture_in(bytes);
}

Matte matte_in(const Image& cut_out) {
  if (!cut_out.has_alpha()) throw ItemError("the service answered with a picture that is not transparent anywhere");
  cv::Mat values;
  cut_out.alpha().convertTo(values, CV_32F, 1.0 / cut_out.max_value());
  return Matte(values);
}

nlohmann::json json_in(const HttpResponse& response) {
  nlohmann::json json = nlohmann::json::parse(response.body, nullptr, false);
  if (json.is_discarded()) throw ItemError("the service answered with no JSON, but with " + kind_of_body(response));
  return json;
}

const nlohmann::json& at_path(const nlohmann::json& json, const std::string& path) {
  const nlohmann::json* at = &json;
  for (const std::string& step : split(path, '.')) {
    size_t index = 0;
    const auto [end, error] = std::from_chars(step.data(), step.data() + step.size(), index);
    const bool is_index = error == std::errc() && end == step.data() + step.size();
    if (at->is_array() && is_index && index < at->size()) {
      at = &(*at)[index];
    } else if (at->is_object() && at->contains(step)) {
      at = &(*at)[step];
    } else {
      const std::string told =
          error_text({.body = json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)});
      throw ItemError(fmt::format("the service's answer has no '{}'{}", path, told.empty() ? "" : ": " + told));
    }
  }
  return *at;
}

Image picture_at(const nlohmann::json& json, const std::string& path) {
  const nlohmann::json& value = at_path(json, path);
  if (!value.is_string()) throw ItemError(fmt::format("the service's answer has no picture at '{}'", path));
  return picture_in(from_base64(value.get_ref<const std::string&>()));
}

void tell_headers(const HttpResponse& response, const std::vector<std::pair<std::string, std::string>>& name_of_header,
                  nlohmann::json& facts) {
  for (const auto& [header, name] : name_of_header) {
    if (const std::string value = response.header(header); !value.empty()) facts[name] = value;
  }
}

}  // namespace inpaint
