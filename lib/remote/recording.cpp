#include "remote/recording.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "core/error.h"
#include "core/hash.h"
#include "core/log.h"
#include "remote/base64.h"
#include "remote/secrets.h"

namespace inpaint {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

constexpr const char* removed = "[removed]";

bool carries_key(std::string name) {
  constexpr std::array names{"authorization",       "x-api-key",  "x-rapidapi-key", "x-amz-security-token",
                             "proxy-authorization", "set-cookie", "cookie",         "api-key"};
  std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
  return std::find(names.begin(), names.end(), name) != names.end();
}

Json headers_json(const HttpHeaders& headers, const std::vector<std::string>& secrets) {
  Json list = Json::array();
  for (const auto& [name, value] : headers)
    list.push_back({name, carries_key(name) ? std::string(removed) : without_secrets(value, secrets)});
  return list;
}

// The same in every run: boundaries of forms are not in it, keys neither.
std::string fingerprint(const HttpRequest& request, const std::vector<std::string>& secrets) {
  std::string all = without_secrets(request.body, secrets);
  for (const HttpPart& part : request.parts)
    all += fmt::format("|{}:{}:{}:{}", part.name, part.file_name, part.type, without_secrets(part.content, secrets));
  return content_hash(all);
}

std::string key_of(const std::string& method, const std::string& url, const std::string& body_hash) {
  return method + " " + url + " " + body_hash;
}

bool is_text(const std::string& body) {
  return Json(body).is_string() && std::none_of(body.begin(), body.end(), [](unsigned char c) {
           return c >= 0x7f || (c < ' ' && c != '\n' && c != '\r' && c != '\t');
         });
}

// {"text": ...} or {"base64": ...}
Json body_json(const std::string& body, const std::vector<std::string>& secrets) {
  const std::string clean = without_secrets(body, secrets);
  if (is_text(clean)) return {{"text", clean}};
  return {{"base64", to_base64(std::span(reinterpret_cast<const uint8_t*>(clean.data()), clean.size()))}};
}

std::string body_of(const Json& json) {
  if (json.contains("text")) return json["text"].get<std::string>();
  const auto text = json.at("base64").get<std::string>();
  if (text.empty()) return "";
  const Bytes bytes = from_base64(text);
  return {bytes.begin(), bytes.end()};
}

Json request_json(const HttpRequest& request, const std::vector<std::string>& secrets) {
  Json json = {{"method", request.method},
               {"url", without_secrets(request.url, secrets)},
               {"headers", headers_json(request.headers, secrets)},
               {"hash", fingerprint(request, secrets)}};
  if (request.parts.empty()) json["body"] = body_json(request.body, secrets);
  for (const HttpPart& part : request.parts)
    json["parts"].push_back({{"name", part.name},
                             {"file", part.file_name},
                             {"type", part.type},
                             {"content", body_json(part.content, secrets)}});
  return json;
}

Json answer_json(const HttpAnswer& answer, const std::vector<std::string>& secrets) {
  if (const auto* failure = std::get_if<HttpFailure>(&answer))
    return {{"failure", static_cast<int>(failure->kind)},
            {"reason", without_secrets(failure->reason, secrets)},
            {"maybe-received", failure->maybe_received}};
  const auto& response = std::get<HttpResponse>(answer);
  return {{"status", response.status},
          {"headers", headers_json(response.headers, secrets)},
          {"body", body_json(response.body, secrets)}};
}

HttpAnswer answer_of(const Json& json) {
  if (json.contains("failure"))
    return HttpFailure{static_cast<HttpFailure::Kind>(json["failure"].get<int>()), json.at("reason"),
                       json.at("maybe-received")};
  HttpResponse response{.status = json.at("status"), .headers = {}, .body = body_of(json.at("body"))};
  for (const Json& header : json.at("headers")) response.headers.emplace_back(header.at(0), header.at(1));
  return response;
}

}  // namespace

RecordingHttp::RecordingHttp(std::unique_ptr<Http> http, const std::string& folder, std::vector<std::string> secrets)
    : folder_(folder), secrets_(std::move(secrets)), http_(std::move(http)) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (!fs::is_directory(folder))
    throw SpecError(fmt::format("--record {}: cannot be made: {}", folder, error.message()));
}

RecordingHttp::~RecordingHttp() { http_.reset(); }

void RecordingHttp::send(HttpRequest request, std::function<void(HttpAnswer)> done) {
  Json sent = request_json(request, secrets_);
  http_->send(std::move(request), [this, sent = std::move(sent), done = std::move(done)](HttpAnswer answer) {
    const Json exchange = {{"request", sent}, {"answer", answer_json(answer, secrets_)}};
    write(exchange.dump(1, ' ', false, Json::error_handler_t::replace) + "\n");
    done(std::move(answer));
  });
}

void RecordingHttp::write(const std::string& text) {
  std::lock_guard lock(mutex_);
  fs::path path;
  do path = fs::path(folder_) / fmt::format("{:06}.json", ++written_);
  while (fs::exists(path));  // of earlier runs
  const fs::path part = path.string() + ".part";
  std::ofstream(part, std::ios::binary) << text;
  std::error_code error;
  fs::rename(part, path, error);
  if (error) log(LogLevel::warning, fmt::format("--record {}: {}", path.string(), error.message()));
}

ReplayHttp::ReplayHttp(std::unique_ptr<Http> clock, const std::string& folder)
    : folder_(folder), clock_(std::move(clock)) {
  std::set<fs::path> files;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    if (entry.path().extension() == ".json") files.insert(entry.path());
  }
  if (files.empty()) throw SpecError(fmt::format("--replay {}: no exchange is recorded there", folder));
  for (const fs::path& file : files) {
    std::ostringstream text;
    text << std::ifstream(file, std::ios::binary).rdbuf();
    try {
      const Json json = Json::parse(text.str());
      const Json& request = json.at("request");
      exchanges_.push_back(
          {key_of(request.at("method"), request.at("url"), request.at("hash")), answer_of(json.at("answer"))});
    } catch (const std::exception& reason) {
      throw SpecError(fmt::format("--replay: {} is no recorded exchange: {}", file.string(), reason.what()));
    }
  }
}

ReplayHttp::~ReplayHttp() { clock_.reset(); }

void ReplayHttp::send(HttpRequest request, std::function<void(HttpAnswer)> done) {
  const std::string key = key_of(request.method, request.url, fingerprint(request, {}));
  HttpAnswer answer = HttpFailure{HttpFailure::Kind::unrecorded,
                                  fmt::format("{} {}: not among the exchanges in {}, or asked more often than then",
                                              request.method, request.url, folder_)};
  {
    std::lock_guard lock(mutex_);
    for (Exchange& exchange : exchanges_) {
      if (exchange.given || exchange.key != key) continue;
      exchange.given = true;
      answer = exchange.answer;
      break;
    }
  }
  clock_->after(0, [answer = std::move(answer), done = std::move(done)] { done(answer); });
}

}  // namespace inpaint
