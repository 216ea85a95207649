// What the dialects share: requests as a card says, pictures in and out of bodies.
#pragma once
#include <nlohmann/json.hpp>
#include <span>
#include <string>

#include "image/codec.h"
#include "remote/dialect.h"

namespace inpaint {

/// A request to the card's address, or another, with its timeouts.
HttpRequest request_to(const EndpointCard& card, const std::string& method = "POST", const std::string& url = "");
/// To an inference endpoint of Hugging Face.
HttpRequest huggingface_request(const EndpointCard& card, const std::string& key, const std::string& method,
                                const std::string& url);
void set_json_body(HttpRequest& request, const nlohmann::json& body);

/// The address with its last path segment replaced: ".../images/edits" and "generations".
std::string beside(const std::string& url, const std::string& segment);
/// Scheme, host and port of an address, and `path`.
std::string at_root(const std::string& url, const std::string& path);

/// Options of the card; "" if there is none. A number that is none: SpecError that names card and option.
std::string option(const EndpointCard& card, const std::string& name);
double number_option(const EndpointCard& card, const std::string& name, double otherwise);

/// Lossless, as PNG; where that is more than the endpoint takes, as JPEG of the best quality that fits. `growth`: of
/// the bytes by what they are wrapped in (base64: 4/3). Throws ItemError if nothing fits.
Bytes picture_to_send(const Image& image, const EndpointCard& card, double growth = 1);
Bytes jpeg_to_send(const Image& image, int quality);
Bytes mask_to_send(const Mask& mask);
/// picture_to_send as one part of a form.
HttpPart picture_part(const std::string& name, const Image& image, const EndpointCard& card);
HttpPart png_part(const std::string& name, const Bytes& png);
std::string text_of(const Bytes& bytes);

/// The picture in an answer, by content. Throws ItemError that says what came instead.
Image picture_in(std::span<const uint8_t> bytes);
Image picture_in(const HttpResponse& response);
Mask mask_in(std::span<const uint8_t> bytes);
/// The alpha of a cut-out. Throws ItemError if it has none.
Matte matte_in(const Image& cut_out);
/// Throws ItemError if the body is no JSON, telling what it is.
nlohmann::json json_in(const HttpResponse& response);
/// The value at "a.0.b". Throws ItemError that names the path if it is not there.
const nlohmann::json& at_path(const nlohmann::json& json, const std::string& path);
/// The same, as the picture whose base64 is there.
Image picture_at(const nlohmann::json& json, const std::string& path);

/// Copies headers into facts, under names of our own, where they are there.
void tell_headers(const HttpResponse& response, const std::vector<std::pair<std::string, std::string>>& name_of_header,
                  nlohmann::json& facts);

}  // namespace inpaint
