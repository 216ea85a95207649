#include "remote/aws_signature.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <stdexcept>
#include <string_view>
#include <vector>

#include "core/names.h"
#include "core/percent.h"

namespace inpaint {
namespace {

std::string hexadecimal(std::string_view bytes) {
  std::string text;
  for (const char c : bytes) text += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return text;
}

std::string sha256(std::string_view bytes) {
  std::string digest(32, '\0');
  unsigned int size = 0;
  if (EVP_Digest(bytes.data(), bytes.size(), reinterpret_cast<unsigned char*>(digest.data()), &size, EVP_sha256(),
                 nullptr) != 1)
    throw std::runtime_error("SHA-256 failed");
  return digest;
}

std::string hmac(std::string_view key, std::string_view text) {
  std::string digest(32, '\0');
  unsigned int size = 0;
  if (HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), reinterpret_cast<const unsigned char*>(text.data()),
           text.size(), reinterpret_cast<unsigned char*>(digest.data()), &size) == nullptr)
    throw std::runtime_error("HMAC failed");
  return digest;
}

struct Address {
  std::string host, path, query;
};

Address parts_of(const std::string& url) {
  const size_t scheme = url.find("://");
  if (scheme == std::string::npos) throw std::invalid_argument(url + ": expected an http or https address");
  const size_t begin = scheme + 3, end = std::min(url.find('#'), url.size());
  const size_t slash = std::min(url.find_first_of("/?", begin), end), question = std::min(url.find('?', begin), end);
  Address address{url.substr(begin, slash - begin), url.substr(slash, question - slash), ""};
  // The header Host names no port that goes without saying.
  for (const auto& [known, port] : {std::pair{"https://", ":443"}, std::pair{"http://", ":80"}}) {
    if (url.starts_with(known) && address.host.ends_with(port))
      address.host.resize(address.host.size() - std::string_view(port).size());
  }
  if (question < end) address.query = url.substr(question + 1, end - question - 1);
  if (address.path.empty()) address.path = "/";
  return address;
}

// Sorted by name, then value; a name without a value gets an empty one.
std::string canonical_query(const std::string& query) {
  std::vector<std::pair<std::string, std::string>> pairs;
  for (const std::string& one : split(query, '&')) {
    if (one.empty()) continue;
    const size_t equals = std::min(one.find('='), one.size());
    pairs.push_back({one.substr(0, equals), equals < one.size() ? one.substr(equals + 1) : ""});
  }
  std::sort(pairs.begin(), pairs.end());
  std::string out;
  for (const auto& [name, value] : pairs) out += (out.empty() ? "" : "&") + name + "=" + value;
  return out;
}

// Runs of spaces become one; none at the ends.
std::string canonical_value(std::string_view value) {
  std::string out;
  for (const char c : trim(value)) {
    if (c != ' ' || !out.ends_with(' ')) out += c;
  }
  return out;
}

// Names in lower case, sorted; values of one name joined by commas.
std::map<std::string, std::string> canonical_headers(const HttpHeaders& headers, const std::string& host) {
  std::map<std::string, std::string> out{{"host", host}};
  for (const auto& [name, value] : headers) {
    std::string lower = name;
    std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
    const auto [at, added] = out.emplace(lower, canonical_value(value));
    if (!added && lower != "host") at->second += "," + canonical_value(value);
  }
  return out;
}

}  // namespace

void sign_for_aws(HttpRequest& request, const AwsKeys& keys, const AwsScope& scope,
                  std::chrono::system_clock::time_point now) {
  if (!request.parts.empty()) throw std::invalid_argument("a request of parts cannot be signed");
  const std::string stamp = fmt::format("{:%Y%m%dT%H%M%SZ}", fmt::gmtime(std::chrono::system_clock::to_time_t(now)));
  const std::string day = stamp.substr(0, 8), body_hash = hexadecimal(sha256(request.body));
  request.headers.push_back({"X-Amz-Date", stamp});
  if (!keys.session_token.empty()) request.headers.push_back({"X-Amz-Security-Token", keys.session_token});
  const bool s3 = scope.service == "s3";
  if (s3) request.headers.push_back({"X-Amz-Content-Sha256", body_hash});

  const Address address = parts_of(request.url);
  std::string lines, names;
  for (const auto& [name, value] : canonical_headers(request.headers, address.host)) {
    lines += name + ":" + value + "\n";
    names += (names.empty() ? "" : ";") + name;
  }
  // All but S3 encode the path once more.
  const std::string canonical =
      fmt::format("{}\n{}\n{}\n{}\n{}\n{}", request.method, s3 ? address.path : percent_encoded(address.path, "/"),
                  canonical_query(address.query), lines, names, body_hash);
  const std::string within = fmt::format("{}/{}/{}/aws4_request", day, scope.region, scope.service);
  const std::string to_sign =
      fmt::format("AWS4-HMAC-SHA256\n{}\n{}\n{}", stamp, within, hexadecimal(sha256(canonical)));
  std::string key = hmac("AWS4" + keys.secret_key, day);
  for (const std::string& part : {scope.region, scope.service, std::string("aws4_request")}) key = hmac(key, part);
  request.headers.push_back(
      {"Authorization", fmt::format("AWS4-HMAC-SHA256 Credential={}/{}, SignedHeaders={}, Signature={}",
                                    keys.access_key, within, names, hexadecimal(hmac(key, to_sign)))});
}

}  // namespace inpaint
