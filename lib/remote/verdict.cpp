#include "remote/verdict.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>
#include <string_view>

#include "core/names.h"
#include "remote/url.h"

namespace inpaint {
namespace {

using Json = nlohmann::json;

constexpr size_t most_text = 300;
constexpr double longest_wait = 24 * 3600;

std::string lower_case(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

std::optional<double> number(std::string_view text) {
  text = trim(text);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

// "1h2m3.5s", "20ms"
std::optional<double> duration(std::string_view text) {
  double sum = 0;
  for (text = trim(text); !text.empty();) {
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc()) return std::nullopt;
    text.remove_prefix(static_cast<size_t>(end - text.data()));
    const size_t unit_end = std::min(text.find_first_of("0123456789."), text.size());
    const std::string_view unit = text.substr(0, unit_end);
    const double factor = unit == "ms" ? 1e-3 : unit == "s" ? 1 : unit == "m" ? 60 : unit == "h" ? 3600 : -1;
    if (factor < 0) return std::nullopt;
    sum += value * factor;
    text.remove_prefix(unit_end);
  }
  return sum;
}

double seconds_until(std::time_t moment, std::chrono::system_clock::time_point now) {
  return std::max(0.0, std::chrono::duration<double>(std::chrono::system_clock::from_time_t(moment) - now).count());
}

std::string text_of(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_array() && !value.empty()) return text_of(value[0]);
  if (!value.is_object()) return "";
  for (const char* key : {"message", "Message", "title", "detail", "msg", "error", "errors", "name"}) {
    if (!value.contains(key)) continue;
    std::string text = text_of(value[key]);
    if (key == std::string_view("title") && value.contains("detail")) {
      if (const std::string more = text_of(value["detail"]); !more.empty()) text += ": " + more;
    }
    if (!text.empty()) return text;
  }
  return "";
}

// On one line, and short.
std::string shown(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](unsigned char c) { return std::iscntrl(c) != 0; }, ' ');
  if (text.size() > most_text) {
    const size_t blank = text.find_last_of(' ', most_text);
    text = text.substr(0, blank == std::string::npos ? most_text : blank) + " ...";
  }
  return std::string(trim(text));
}

Json parsed(const HttpResponse& response) { return Json::parse(response.body, nullptr, false); }

// Words of a used-up quota, as against too many requests at once.
bool tells_of_quota(const std::string& text) {
  constexpr std::array words{"quota", "insufficient_quota", "credit", "billing", "not subscribed", "payment"};
  const std::string lower = lower_case(text);
  return std::any_of(words.begin(), words.end(),
                     [&](const char* word) { return lower.find(word) != std::string::npos; });
}

Verdict judge_failure(const HttpFailure& failure) {
  Verdict verdict{.kind = Verdict::Kind::again, .reason = failure.reason, .maybe_done = failure.maybe_received};
  if (failure.kind == HttpFailure::Kind::untrusted) verdict.kind = Verdict::Kind::stop;
  if (failure.kind == HttpFailure::Kind::too_large || failure.kind == HttpFailure::Kind::forbidden ||
      failure.kind == HttpFailure::Kind::unrecorded || failure.kind == HttpFailure::Kind::cancelled)
    verdict.kind = Verdict::Kind::fail;
  return verdict;
}

// SageMaker: the model behind the endpoint failed, with its own status.
Verdict::Kind kind_of_model_error(const HttpResponse& response) {
  const Json body = parsed(response);
  const bool told = body.is_object() && body.contains("OriginalStatusCode");
  const Json original = told ? body["OriginalStatusCode"] : Json();
  return original.is_number() && original.get<double>() >= 500 ? Verdict::Kind::again : Verdict::Kind::fail;
}

// The service's own name for what is wrong: "insufficient_quota", "ThrottlingException"; empty if there is none.
std::string error_name(const HttpResponse& response) {
  if (const std::string name = response.header("x-amzn-errortype"); !name.empty())
    return name.substr(0, name.find(':'));
  const Json body = parsed(response);
  if (!body.is_object()) return "";
  for (const Json* place : {&body, body.contains("error") ? &body["error"] : &body}) {
    for (const char* key : {"code", "type", "__type"}) {
      if (place->is_object() && place->contains(key) && (*place)[key].is_string())
        return (*place)[key].get<std::string>();
    }
  }
  return "";
}

// Too many at once, or none left of what was paid for?
Verdict::Kind kind_of_too_many(const HttpResponse& response, const std::string& text) {
  const std::string name = lower_case(error_name(response));
  if (name.find("quota") != std::string::npos) return Verdict::Kind::stop;
  if (name.find("rate_limit") != std::string::npos || name.find("throttl") != std::string::npos)
    return Verdict::Kind::slower;
  return tells_of_quota(text) || tells_of_quota(response.body) ? Verdict::Kind::stop : Verdict::Kind::slower;
}

// A gateway answered for a service that may have been at work.
bool from_gateway(int status) {
  constexpr std::array statuses{408, 502, 504, 520, 524};
  return std::find(statuses.begin(), statuses.end(), status) != statuses.end();
}

Verdict::Kind kind_of(const HttpResponse& response, const std::string& text) {
  const int status = response.status;
  if (status >= 200 && status < 300) return Verdict::Kind::answer;
  switch (status) {
    case 401:
    case 402: return Verdict::Kind::stop;
    // Of one picture alone where a service forbids what is on it.
    case 403:
      return lower_case(response.body).find("content_moderation") == std::string::npos ? Verdict::Kind::stop
                                                                                       : Verdict::Kind::fail;
    case 408: return Verdict::Kind::again;
    case 424: return kind_of_model_error(response);
    case 429: return kind_of_too_many(response, text);
    case 400:
      return lower_case(error_name(response)).find("throttl") != std::string::npos ? Verdict::Kind::slower
                                                                                   : Verdict::Kind::fail;
    default: return status >= 500 ? Verdict::Kind::again : Verdict::Kind::fail;
  }
}

}  // namespace

std::string error_text(const HttpResponse& response) {
  const Json body = parsed(response);
  std::string text = body.is_discarded() ? response.body : text_of(body);
  const bool page = response.header("content-type").starts_with("text/html") || text.starts_with("<");
  if (page) return "";
  return shown(std::move(text));
}

std::optional<double> asked_wait(const HttpResponse& response, std::chrono::system_clock::time_point now) {
  if (const std::string after = response.header("retry-after"); !after.empty()) {
    if (const auto seconds = number(after)) return std::max(0.0, *seconds);
    if (const std::time_t date = curl_getdate(after.c_str(), nullptr); date >= 0) return seconds_until(date, now);
  }
  if (const auto reset = number(response.header("x-ratelimit-reset"))) {
    constexpr double year = 3e7, thousand_years = 3e10;  // more seconds than anyone is asked to wait: a date
    if (*reset > thousand_years)
      return seconds_until(static_cast<std::time_t>(std::min(*reset / 1000, thousand_years)), now);
    return *reset > year ? seconds_until(static_cast<std::time_t>(*reset), now) : std::max(0.0, *reset);
  }
  if (const std::string reset = response.header("x-ratelimit-reset-requests"); !reset.empty()) return duration(reset);
  return std::nullopt;
}

Verdict judge_starting(const HttpAnswer& answer) {
  Verdict verdict = judge(answer);
  const auto* response = std::get_if<HttpResponse>(&answer);
  if (response != nullptr && (response->status == 502 || response->status == 503)) {
    verdict.kind = Verdict::Kind::cold;
    verdict.maybe_done = false;
  }
  return verdict;
}

Verdict judge(const HttpAnswer& answer, std::chrono::system_clock::time_point now) {
  if (const auto* failure = std::get_if<HttpFailure>(&answer)) return judge_failure(*failure);
  const auto& response = std::get<HttpResponse>(answer);
  const std::string text = error_text(response);
  Verdict verdict{.kind = kind_of(response, text)};
  if (verdict.kind == Verdict::Kind::answer) return verdict;
  verdict.reason = fmt::format("HTTP {}{}", response.status, text.empty() ? "" : ": " + text);
  if (const std::string to = response.header("location"); response.status / 100 == 3 && !to.empty())
    verdict.reason = fmt::format("HTTP {}: it points to {}; redirections are not followed, so correct the address",
                                 response.status, shown(shown_url(to)));
  verdict.wait_seconds = asked_wait(response, now);
  if (verdict.wait_seconds)
    verdict.wait_seconds =
        std::isfinite(*verdict.wait_seconds) ? std::min(*verdict.wait_seconds, longest_wait) : longest_wait;
  if (const Json body = parsed(response); response.status == 424) {
    verdict.most_attempts = 2;
    if (body.is_object() && body.contains("LogStreamArn") && body["LogStreamArn"].is_string())
      verdict.reason += "; its log: " + body["LogStreamArn"].get<std::string>();
  }
  if (const Json body = parsed(response); response.status == 503 && body.is_object() &&
                                          body.contains("estimated_time") && body["estimated_time"].is_number()) {
    verdict.kind = Verdict::Kind::cold;
    if (!verdict.wait_seconds) verdict.wait_seconds = body["estimated_time"].get<double>();
  }
  verdict.maybe_done = from_gateway(response.status);
  return verdict;
}

}  // namespace inpaint
