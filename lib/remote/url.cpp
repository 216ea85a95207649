#include "remote/url.h"

#include <curl/curl.h>
#include <fmt/format.h>
#include <strings.h>

#include <algorithm>
#include <cctype>
#include <memory>

#include "core/error.h"

namespace inpaint {
namespace {

constexpr size_t longest_name = 200;  // bytes; file systems take 255, and an extension may follow

using Handle = std::unique_ptr<CURLU, decltype(&curl_url_cleanup)>;

std::string part(const Handle& handle, CURLUPart which, unsigned flags = 0) {
  char* text = nullptr;
  if (curl_url_get(handle.get(), which, &text, flags) != CURLUE_OK) return "";
  const std::unique_ptr<char, decltype(&curl_free)> owner(text, curl_free);
  return text;
}

Url taken_apart(const Handle& handle) {
  curl_url_set(handle.get(), CURLUPART_FRAGMENT, nullptr, 0);
  Url url;
  url.whole = part(handle, CURLUPART_URL);
  url.scheme = part(handle, CURLUPART_SCHEME);
  url.host = part(handle, CURLUPART_HOST);
  url.path = part(handle, CURLUPART_PATH);
  url.origin = fmt::format("{}://{}:{}", url.scheme, url.host, part(handle, CURLUPART_PORT, CURLU_DEFAULT_PORT));
  return url;
}

bool has_user(const Handle& handle) {
  return !part(handle, CURLUPART_USER).empty() || !part(handle, CURLUPART_PASSWORD).empty();
}

bool speaks_http(const Handle& handle) {
  const std::string scheme = part(handle, CURLUPART_SCHEME);
  return scheme == "http" || scheme == "https";
}

std::string decoded(const std::string& text) {
  int size = 0;
  const std::unique_ptr<char, decltype(&curl_free)> plain(
      curl_easy_unescape(nullptr, text.c_str(), static_cast<int>(text.size()), &size), curl_free);
  return plain ? std::string(plain.get(), static_cast<size_t>(size)) : text;
}

// shown_url of what may be malformed, so that nobody knows where a password ends: nothing before the last '@'.
std::string safely_shown(const std::string& text) {
  const size_t at = text.rfind('@'), slashes = text.find("://");
  return shown_url(at == std::string::npos || slashes == std::string::npos || at < slashes
                       ? text
                       : text.substr(0, slashes + 3) + "***" + text.substr(at));
}

}  // namespace

bool is_url(const std::string& text) {
  return strncasecmp(text.c_str(), "https://", 8) == 0 || strncasecmp(text.c_str(), "http://", 7) == 0;
}

Url parse_url(const std::string& text, const std::string& what) {
  const Handle handle(curl_url(), curl_url_cleanup);
  const CURLUcode code = curl_url_set(handle.get(), CURLUPART_URL, text.c_str(), 0);
  if (code != CURLUE_OK || !speaks_http(handle))
    throw SpecError(fmt::format("{}: '{}' is no address ({}); expected https://HOST/PATH, blanks written as %20", what,
                                safely_shown(text),
                                code == CURLUE_OK ? "neither http nor https" : curl_url_strerror(code)));
  if (has_user(handle))
    throw SpecError(
        fmt::format("{}: '{}' holds a user or password, which would end up in histories of shells and in lists of "
                    "processes; leave it out, and use an address that needs none, such as a signed one",
                    what, safely_shown(text)));
  return taken_apart(handle);
}

std::optional<Url> resolve_url(const Url& base, const std::string& location) {
  const Handle handle(curl_url(), curl_url_cleanup);
  if (curl_url_set(handle.get(), CURLUPART_URL, base.whole.c_str(), 0) != CURLUE_OK) return std::nullopt;
  if (curl_url_set(handle.get(), CURLUPART_URL, location.c_str(), CURLU_URLENCODE) != CURLUE_OK) return std::nullopt;
  if (!speaks_http(handle) || has_user(handle)) return std::nullopt;
  return taken_apart(handle);
}

std::string shown_url(const std::string& text) {
  std::string shown = text.substr(0, text.find('#'));
  if (const size_t query = shown.find('?'); query != std::string::npos) shown = shown.substr(0, query) + "?...";
  const size_t slashes = shown.find("://");
  const size_t host = slashes == std::string::npos ? 0 : slashes + 3;
  const size_t at = shown.substr(0, shown.find('/', host)).rfind('@');
  if (at != std::string::npos && at >= host) shown = shown.substr(0, host) + "***" + shown.substr(at);
  return shown;
}

std::string url_file_name(const Url& url) {
  std::string path = url.path;
  while (path.ends_with('/')) path.pop_back();
  std::string name = decoded(path.substr(path.rfind('/') + 1));
  std::replace_if(
      name.begin(), name.end(), [](unsigned char c) { return c == '/' || c == '\\' || std::iscntrl(c) != 0; }, '_');
  if (name.size() > longest_name) name = name.substr(name.size() - longest_name);
  for (size_t i = 0; i < name.size() && name[i] == '.'; ++i) name[i] = '_';
  return name.empty() ? "picture" : name;
}

}  // namespace inpaint
