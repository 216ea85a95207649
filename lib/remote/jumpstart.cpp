#include <opencv2/core.hpp>

#include "core/error.h"
#include "remote/base64.h"
#include "remote/jumpstart_private.h"
#include "remote/wire_private.h"

namespace inpaint {
namespace {

constexpr int quality = 97;  // the containers of this content type read JPEG

// height × width × 3 numbers, nested.
Image picture_of_numbers(const nlohmann::json& rows) {
  const auto height = static_cast<int>(rows.size());
  const auto width = static_cast<int>(height > 0 ? rows[0].size() : 0);
  if (width == 0) throw ItemError("the service answered with an empty picture");
  cv::Mat pixels(height, width, CV_8UC3);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      for (int c = 0; c < 3; ++c)
        pixels.at<cv::Vec3b>(y, x)[c] = cv::saturate_cast<uint8_t>(
            rows.at(static_cast<size_t>(y)).at(static_cast<size_t>(x)).at(static_cast<size_t>(c)).get<double>());
    }
  }
  return Image(pixels);
}

Image picture_of(const nlohmann::json& value) {
  if (value.is_string()) return picture_in(from_base64(value.get_ref<const std::string&>()));
  if (value.is_object() && value.contains("base64")) return picture_of(value["base64"]);
  if (!value.is_array()) throw ItemError("the service answered with no picture");
  try {
    return picture_of_numbers(value);
  } catch (const nlohmann::json::exception&) {
    throw ItemError("the service answered with numbers that are no picture");
  }
}

}  // namespace

JumpStart::JumpStart(const EndpointCard& card) : card_(card) {
  for (const char* name : {"steps", "guidance"}) number_option(card, name, 0);
}

std::string JumpStart::content_type(const RemoteRequest& asked) {
  return asked.task == "generate" ? "application/json" : accept;
}

std::string JumpStart::body(const RemoteRequest& asked) const {
  nlohmann::json body = {{"prompt", asked.prompt},
                         {"num_inference_steps", static_cast<int>(number_option(card_, "steps", 50))},
                         {"guidance_scale", number_option(card_, "guidance", 7.5)},
                         {"num_images_per_prompt", asked.count},
                         {"seed", asked.seed}};
  if (const std::string negative = option(card_, "negative-prompt"); !negative.empty())
    body["negative_prompt"] = negative;
  if (asked.task == "inpaint") {
    const cv::Mat& mask = asked.mask.values();
    body["image"] = to_base64(jpeg_to_send(asked.image, quality));
    cv::Mat grey;
    cv::merge(std::vector{mask, mask, mask}, grey);
    body["mask_image"] = to_base64(jpeg_to_send(Image(grey, nullptr, true), 100));
  } else if (asked.width > 0) {
    body.update({{"width", asked.width}, {"height", asked.height}});
  }
  return body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

RemoteAnswer JumpStart::answer(const HttpResponse& response) {
  const nlohmann::json json = json_in(response);
  RemoteAnswer answer;
  for (const char* list : {"generated_images", "artifacts"}) {
    if (!json.contains(list)) continue;
    for (const nlohmann::json& entry : json[list]) answer.images.push_back(picture_of(entry));
  }
  if (json.contains("generated_image")) answer.images.push_back(picture_of(json["generated_image"]));
  if (answer.images.empty()) at_path(json, "generated_images.0");  // says what came instead
  tell_headers(response, {{"x-amzn-requestid", "request-id"}}, answer.facts);
  return answer;
}

}  // namespace inpaint
