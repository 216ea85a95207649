// What tests of commands at services share: pictures, a background remover, the command that asks it.
#pragma once
#include <fmt/format.h>

#include <atomic>
#include <map>
#include <nlohmann/json.hpp>
#include <opencv2/core.hpp>
#include <string>
#include <vector>

#include "http_server.h"
#include "support.h"

namespace inpaint::test {

inline const std::string secret = "sk-very-secret-0123456789";
inline const std::string with_key = "REMOVEBG_API_KEY=" + secret;

inline std::string png(const Image& image) {
  Notes notes;
  const Bytes bytes = encode_image(image, {Format::png}, notes);
  return {bytes.begin(), bytes.end()};
}

inline Image decoded(const Bytes& bytes) {
  Notes notes;
  return decode_image(bytes, {}, notes);
}

/// The picture in a form, as PNG.
inline std::string sent_picture(const HttpRequest& request) {
  const size_t begin = request.body.find("\x89PNG"), end = request.body.find("IEND", begin);
  return request.body.substr(begin, end + 8 - begin);
}

/// What a background remover answers: the left half.
inline HttpReply left_half_kept(const HttpRequest& request) {
  const std::string sent = sent_picture(request);
  const Image image = decoded(Bytes(sent.begin(), sent.end()));
  cv::Mat alpha = cv::Mat::zeros(image.height(), image.width(), CV_8U);
  alpha.colRange(0, image.width() / 2).setTo(255);
  return {.headers = {{"X-Credits-Charged", "1"}}, .body = png(image.with_alpha(alpha))};
}

/// An asynchronous SageMaker endpoint with its S3, at one address.
class AsyncService {
 public:
  HttpReply operator()(const HttpRequest& request) {
    if (request.method == "PUT") {
      bucket_[request.path] = request.body;
      return {};
    }
    if (request.method == "POST") {
      ++submitted;
      const std::string input = request.header("x-amzn-sagemaker-inputlocation");
      const auto asked = nlohmann::json::parse(bucket_.at("/" + input.substr(5)));
      const std::string name = "out/" + input.substr(input.rfind('/') + 1);
      bucket_["/" + name] = nlohmann::json{{"generated_images", {asked["image"]}}}.dump();
      return {.status = 202,
              .headers = {{"X-Amzn-SageMaker-OutputLocation", "s3://" + name},
                          {"X-Amzn-SageMaker-FailureLocation", "s3://failures/x"}},
              .delay = accepts ? 0.0 : 60.0};
    }
    if (!hands_out || !bucket_.contains(request.path)) return {.status = 404};
    return {.body = bucket_[request.path]};
  }
  std::atomic<int> submitted{0};
  std::atomic<bool> accepts{true}, hands_out{true};  ///< else calls, or questions for results, are in vain

 private:
  std::map<std::string, std::string> bucket_;
};

inline const std::string with_aws_keys = "AWS_ACCESS_KEY_ID=AK AWS_SECRET_ACCESS_KEY=" + secret;

inline std::vector<std::string> with(std::vector<std::string> arguments, const std::vector<std::string>& more) {
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

/// remove-bg at the server with this address.
inline std::vector<std::string> cutting_at(const std::string& server, const std::string& in, const std::string& out) {
  return {"remove-bg", in, "-o", out, "--endpoint", "removebg", "--set", "endpoint.url=" + server + "/v1.0/removebg"};
}
inline std::vector<std::string> cutting(const HttpServer& server, const std::string& in, const std::string& out) {
  return cutting_at(server.url(), in, out);
}

struct Pictures {
  explicit Pictures(int count, int side = 48) {
    for (int i = 0; i < count; ++i)
      write_picture(folder / fmt::format("in/{:03}.png", i), painted_picture(side, side, i), Format::png);
  }
  ScratchFolder folder;
  std::string in() const { return folder / "in"; }
  std::string out() const { return folder / "out"; }
};

/// Of --json: one per picture, then the summary.
inline std::vector<nlohmann::json> lines_of(const std::string& text) {
  std::vector<nlohmann::json> lines;
  size_t begin = 0;
  for (size_t end = text.find('\n'); end != std::string::npos; begin = end + 1, end = text.find('\n', begin))
    lines.push_back(nlohmann::json::parse(text.substr(begin, end - begin)));
  return lines;
}

/// Whether a file below the folder holds the text.
inline bool holds(const std::string& folder, const std::string& text) {
  for (const std::string& file : files_below(folder)) {
    if (file_text(folder + "/" + file).find(text) != std::string::npos) return true;
  }
  return false;
}

/// inpaint at an AsyncService.
inline std::vector<std::string> submitting(const HttpServer& server, const Pictures& pictures) {
  write_mask(pictures.folder / "m.png", Mask(cv::Mat(48, 48, CV_8U, cv::Scalar(255))));
  return {"inpaint",    pictures.in(),
          "--mask",     pictures.folder / "m.png",
          "-o",         pictures.out(),
          "--endpoint", "sagemaker-async",
          "--prompt",   "x",
          "--set",      "endpoint.url=" + server.url("/endpoints/e/async-invocations"),
          "--set",      "endpoint.options.s3-url=" + server.url(),
          "--set",      "endpoint.options.input-bucket=in",
          "--set",      "endpoint.options.poll-seconds=0.1"};
}

inline size_t pictures_below(const std::string& folder) {
  size_t count = 0;
  for (const std::string& file : files_below(folder)) count += file.ends_with(".png");
  return count;
}

}  // namespace inpaint::test
