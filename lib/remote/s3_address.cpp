#include "remote/s3_address.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <vector>

#include "core/error.h"
#include "core/names.h"
#include "core/percent.h"

namespace inpaint {
namespace {

constexpr std::string_view scheme = "s3://";

// The first of the variables that is set and not empty.
std::string first_of(std::initializer_list<const char*> variables) {
  for (const char* name : variables) {
    if (const char* value = std::getenv(name); value != nullptr && *value != '\0') return value;
  }
  return "";
}

bool is_bucket_name(const std::string& name) {
  return !name.empty() && name.size() <= 255 && name.find_first_not_of('.') != std::string::npos &&
         std::all_of(name.begin(), name.end(),
                     [](unsigned char c) { return std::isalnum(c) != 0 || c == '-' || c == '.' || c == '_'; });
}

}  // namespace

std::string S3Address::text() const { return std::string(scheme) + bucket + (key.empty() ? "" : "/" + key); }

bool is_s3_address(std::string_view text) { return text.starts_with(scheme); }

S3Address parse_s3_address(const std::string& text) {
  const std::string rest = text.substr(scheme.size());
  const size_t slash = std::min(rest.find('/'), rest.size());
  S3Address address{rest.substr(0, slash), slash < rest.size() ? rest.substr(slash + 1) : ""};
  if (!is_bucket_name(address.bucket))
    throw SpecError(fmt::format("'{}': '{}' cannot be a bucket; expected s3://BUCKET/PREFIX", text, address.bucket));
  return address;
}

std::string s3_endpoint_from_environment() {
  std::string endpoint = first_of({"AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"});
  if (!endpoint.empty() && !endpoint.starts_with("http://") && !endpoint.starts_with("https://"))
    throw SpecError(
        fmt::format("AWS_ENDPOINT_URL_S3 or AWS_ENDPOINT_URL is '{}'; expected an address such as "
                    "https://minio.example:9000",
                    endpoint));
  if (endpoint.find_first_of("@?#") != std::string::npos)
    throw SpecError(
        "AWS_ENDPOINT_URL_S3 or AWS_ENDPOINT_URL: '@', '?' or '#' in it; expected an address without keys or "
        "questions");
  while (endpoint.ends_with('/')) endpoint.pop_back();
  return endpoint;
}

S3Settings s3_settings_from_environment() {
  S3Settings settings{.endpoint = s3_endpoint_from_environment()};
  settings.keys = {first_of({"AWS_ACCESS_KEY_ID"}), first_of({"AWS_SECRET_ACCESS_KEY"}),
                   first_of({"AWS_SESSION_TOKEN"})};
  std::vector<std::string> missing;
  if (settings.keys.access_key.empty()) missing.push_back("AWS_ACCESS_KEY_ID");
  if (settings.keys.secret_key.empty()) missing.push_back("AWS_SECRET_ACCESS_KEY");
  if (!missing.empty())
    throw MissingError(
        fmt::format("s3:// needs keys; set {} to those of your account (temporary ones: AWS_SESSION_TOKEN, too)",
                    join(missing, " and ")));
  if (const std::string region = first_of({"AWS_REGION", "AWS_DEFAULT_REGION"}); !region.empty())
    settings.region = region;
  return settings;
}

std::string s3_host(const std::string& endpoint) {
  const size_t begin = endpoint.find("://");
  if (begin == std::string::npos) return "";
  return endpoint.substr(begin + 3, endpoint.find('/', begin + 3) - begin - 3);
}

std::string s3_url(const S3Settings& settings, const S3Address& address) {
  const std::string path = "/" + percent_encoded(address.key, "/");
  if (!settings.endpoint.empty()) return settings.endpoint + "/" + address.bucket + (address.key.empty() ? "" : path);
  const std::string amazon =
      fmt::format("s3.{}.amazonaws.com{}", settings.region, settings.region.starts_with("cn-") ? ".cn" : "");
  if (address.bucket.find('.') != std::string::npos)
    return fmt::format("https://{}/{}{}", amazon, address.bucket, address.key.empty() ? "" : path);
  return fmt::format("https://{}.{}{}", address.bucket, amazon, path);
}

}  // namespace inpaint
