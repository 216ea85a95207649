#include "pipeline/web_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <string_view>

#include "core/checksum.h"
#include "core/error.h"
#include "core/names.h"
#include "remote/curl_http.h"
#include "remote/url.h"

namespace inpaint {
namespace {

std::span<const uint8_t> bytes_of(const std::string& text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

// "image/jpeg; charset=x" is "image/jpeg".
std::string type_of(const HttpResponse& response) {
  const std::string type = response.header("content-type");
  return std::string(trim(type.substr(0, type.find(';'))));
}

std::optional<Format> told_format(const HttpResponse& response) {
  const std::string type = type_of(response);
  return type.starts_with("image/") ? format_called(type.substr(6)) : std::nullopt;
}

// Of the whole picture, whatever part of it was asked for.
std::string length_of(const HttpResponse& response) {
  if (response.status != 206) return response.header("content-length");
  const std::string range = response.header("content-range");
  const std::string total = range.substr(range.rfind('/') + 1);
  return total == "*" ? "" : total;
}

std::string identity_of(const SourceItem& item, const HttpResponse& response) {
  const std::string tag = response.header("etag"), modified = response.header("last-modified");
  if (!tag.empty()) return fmt::format("{} {}", item.location, tag);
  const std::string length = length_of(response);
  return modified.empty() || length.empty() ? "" : fmt::format("{} {} {}", item.location, modified, length);
}

// Servers that answer HEAD so may answer GET: a signature, for one, holds for a single method.
bool refuses_head(const FetchFailure& failure) {
  constexpr int statuses[] = {400, 401, 403, 405, 501};
  return std::find(std::begin(statuses), std::end(statuses), failure.status) != std::end(statuses);
}

// What came, where a picture should have.
std::string told_instead(const HttpResponse& response) {
  if (response.body.empty()) return "the server answered with nothing";
  const std::string type = type_of(response), begin = response.body.substr(0, 200);
  const bool page = type == "text/html" || begin.find("<html") != std::string::npos ||
                    begin.find("<!DOCTYPE html") != std::string::npos;
  const bool words = type == "text/plain" || type.ends_with("json");
  const std::string text = words && !page ? error_text(response) : "";
  return fmt::format("the server answered with {} ({}{}) and no picture{}; known are {}",
                     page ? "a web page" : "something else", type.empty() ? "" : type + ", ",
                     size_text(std::ssize(response.body)), text.empty() ? "" : ": " + text, join(format_names(), ", "));
}

FetchRequest request_of(const SourceItem& item) {
  return {.url = parse_url(item.url, "INPUT"), .named_by_user = item.named};
}

ItemError failed(const FetchFailure& failure) {
  return ItemError(failure.reason, failure.interrupted ? ItemError::Cause::interrupted : ItemError::Cause::other);
}

}  // namespace

SourceItem url_item(const std::string& address, const std::string& what, bool named) {
  const Url url = parse_url(address, what);
  return {.location = shown_url(url.whole), .rel = url_file_name(url), .url = url.whole, .named = named};
}

WebSource::WebSource(std::unique_ptr<Source> files, const FetchRules& rules, const Cancel* cancel)
    : files_(std::move(files)), rules_(rules), cancel_(cancel) {}

Fetcher& WebSource::fetcher() const {
  const std::lock_guard lock(mutex_);
  if (!fetcher_) fetcher_ = std::make_unique<Fetcher>(std::make_unique<CurlHttp>(rules_.connections), rules_);
  return *fetcher_;
}

std::vector<SourceItem> WebSource::list() {
  std::vector<SourceItem> items = files_->list();
  std::vector<SourceItem*> nameless;
  for (SourceItem& item : items) {
    fetches_ = fetches_ || !item.url.empty();
    if (!item.url.empty() && !format_of_name(item.rel)) nameless.push_back(&item);
  }
  const std::vector<Seen> seen = look({nameless.begin(), nameless.end()});
  for (size_t i = 0; i < seen.size(); ++i) {
    if (seen[i].format) nameless[i]->rel += "." + format_extension(*seen[i].format);
    identity_[nameless[i]->url] = seen[i].identity;
  }
  return items;
}

// HEAD of all; then the first bytes of those where that told too little.
std::vector<WebSource::Seen> WebSource::look(const std::vector<const SourceItem*>& items) const {
  std::vector<Seen> seen(items.size());
  if (items.empty()) return seen;
  std::vector<FetchRequest> requests;
  for (const SourceItem* item : items) {
    requests.push_back(request_of(*item));
    requests.back().method = "HEAD";
  }
  const std::vector<FetchResult> heads = fetcher().fetch_all(requests, cancel_);
  std::vector<size_t> again;
  for (size_t i = 0; i < items.size(); ++i) {
    const auto* response = std::get_if<HttpResponse>(&heads[i]);
    if (response) {
      seen[i] = {identity_of(*items[i], *response), told_format(*response)};
      if (!seen[i].format && !format_of_name(items[i]->rel)) again.push_back(i);
    } else if (refuses_head(std::get<FetchFailure>(heads[i]))) {
      again.push_back(i);
    }
  }
  requests.clear();
  for (const size_t i : again) {
    requests.push_back(request_of(*items[i]));
    requests.back().first_bytes = sniff_size;
  }
  const std::vector<FetchResult> beginnings = fetcher().fetch_all(requests, cancel_);
  for (size_t k = 0; k < again.size(); ++k) {
    const auto* response = std::get_if<HttpResponse>(&beginnings[k]);
    if (response) seen[again[k]] = {identity_of(*items[again[k]], *response), sniff_format(bytes_of(response->body))};
  }
  return seen;
}

Bytes WebSource::read_head(const SourceItem& item) const {
  return item.url.empty() ? files_->read_head(item) : Bytes();  // its name tells the format
}

Bytes WebSource::read(const SourceItem& item) const {
  if (item.url.empty()) return files_->read(item);
  const FetchResult result = fetcher().fetch(request_of(item), cancel_);
  if (const auto* failure = std::get_if<FetchFailure>(&result)) throw failed(*failure);
  const auto& response = std::get<HttpResponse>(result);
  const auto bytes = bytes_of(response.body);
  if (!sniff_format(bytes)) throw ItemError(told_instead(response));
  const std::string identity = identity_of(item, response);
  const std::lock_guard lock(mutex_);
  identity_[item.url] = identity;
  return {bytes.begin(), bytes.end()};
}

void WebSource::look_at(const std::vector<const SourceItem*>& items) {
  std::vector<const SourceItem*> unseen;
  for (const SourceItem* item : items) {
    if (!item->url.empty() && !identity_.contains(item->url)) unseen.push_back(item);
  }
  const std::vector<Seen> seen = look(unseen);
  for (size_t i = 0; i < unseen.size(); ++i) identity_[unseen[i]->url] = seen[i].identity;
}

std::string WebSource::identity(const SourceItem& item) const {
  return item.url.empty() ? files_->identity(item) : identity_when_read(item);
}

std::string WebSource::identity_when_read(const SourceItem& item) const {
  if (item.url.empty()) return files_->identity_when_read(item);
  const std::lock_guard lock(mutex_);
  const auto node = identity_.extract(item.url);
  return node ? node.mapped() : "";
}

}  // namespace inpaint
