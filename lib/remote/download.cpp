#include "remote/download.h"

#include <curl/curl.h>
#include <fmt/format.h>
#include <strings.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <memory>
#include <string_view>
#include <thread>

#include "core/error.h"
#include "core/log.h"
#include "core/names.h"
#include "remote/curl_private.h"
#include "remote/part_file_private.h"

namespace inpaint {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

std::optional<int64_t> number(std::string_view text) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

// The headers of the answer that counts: of the last one, after redirections.
struct Answer {
  long status = 0;  // 0: no HTTP
  std::string etag, date;
  std::optional<int64_t> length, range_start, total;

  void read_line(std::string_view line) {
    line = trim(line);
    if (line.starts_with("HTTP/")) *this = Answer{};
    const size_t colon = line.find(':');
    if (colon == std::string_view::npos) return;
    const std::string name(line.substr(0, colon));
    const std::string_view value = trim(line.substr(colon + 1));
    const auto is = [&](const char* known) { return strcasecmp(name.c_str(), known) == 0; };
    if (is("ETag")) etag = value;
    if (is("Last-Modified")) date = value;
    if (is("Content-Length")) length = number(value);
    if (is("Content-Range")) read_range(value);
  }

  // "bytes 100-199/200"; of a range that is not there: "bytes */200".
  void read_range(std::string_view value) {
    const size_t space = value.find(' '), dash = value.find('-'), slash = value.find('/');
    if (space == std::string_view::npos || slash == std::string_view::npos) return;
    total = number(value.substr(slash + 1));
    if (dash != std::string_view::npos) range_start = number(value.substr(space + 1, dash - space - 1));
  }

  // If-Range takes a strong ETag or a date (RFC 9110, 13.1.5).
  std::string validator() const { return !etag.empty() && !etag.starts_with("W/") ? etag : date; }
};

enum class End { complete, broken, cancelled };

// One request after another until the file is whole.
class Transfer {
 public:
  Transfer(const Download& wanted, const DownloadOptions& options, PartFile& part)
      : wanted_(wanted), options_(options), part_(part), curl_(curl_easy_init(), curl_easy_cleanup) {
    if (!curl_) throw std::bad_alloc();
  }

  /// False if cancelled.
  bool run();
  int64_t received() const { return received_; }

 private:
  End attempt();
  void set_options(const curl_slist* headers);
  End judge(CURLcode code);
  void start_body();
  bool wait(double seconds) const;
  [[noreturn]] void refuse(const std::string& reason) const;
  bool cancelled() const { return options_.cancel != nullptr && options_.cancel->requested(); }

  static size_t on_header(char* bytes, size_t, size_t size, void* self);
  static size_t on_body(char* bytes, size_t, size_t size, void* self);
  static int on_progress(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t);

  const Download& wanted_;
  const DownloadOptions& options_;
  PartFile& part_;
  std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl_;
  const Clock::time_point start_ = Clock::now();
  Answer answer_;
  bool in_body_ = false;
  int64_t received_ = 0;
  std::exception_ptr error_;  // thrown inside a callback of libcurl
  std::string reason_;        // of the last attempt
  double wish_ = 0;           // seconds that the server asked to wait
};

size_t Transfer::on_header(char* bytes, size_t, size_t size, void* self) {
  static_cast<Transfer*>(self)->answer_.read_line({bytes, size});
  return size;
}

size_t Transfer::on_body(char* bytes, size_t, size_t size, void* self) {
  auto& transfer = *static_cast<Transfer*>(self);
  try {
    if (!transfer.in_body_) transfer.start_body();
    transfer.part_.append({reinterpret_cast<const uint8_t*>(bytes), size});
    transfer.received_ += static_cast<int64_t>(size);
    return size;
  } catch (...) {
    transfer.error_ = std::current_exception();
    return size + 1;  // anything but size stops the transfer
  }
}

int Transfer::on_progress(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  auto& transfer = *static_cast<Transfer*>(self);
  if (transfer.options_.progress)
    transfer.options_.progress(transfer.part_.size(),
                               transfer.wanted_.size ? transfer.wanted_.size : transfer.answer_.total);
  return transfer.cancelled() ? 1 : 0;
}

void Transfer::start_body() {
  in_body_ = true;
  curl_easy_getinfo(curl_.get(), CURLINFO_RESPONSE_CODE, &answer_.status);
  if (answer_.status == 206) {
    if (answer_.range_start != part_.size()) refuse("it answered with another part than it was asked for");
  } else {
    part_.begin({wanted_.url, answer_.validator()});
    if (!answer_.total) answer_.total = answer_.length;
  }
  if (wanted_.size && answer_.total && *wanted_.size != *answer_.total)
    refuse(fmt::format("has {} bytes instead of {}: another version", *answer_.total, *wanted_.size));
}

void Transfer::set_options(const curl_slist* headers) {
  CURL* curl = curl_.get();
  curl_easy_reset(curl);
  const bool secure = wanted_.url.starts_with("https:");
  curl_easy_setopt(curl, CURLOPT_URL, wanted_.url.c_str());
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "https,http,file");
  curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS_STR, secure ? "https" : "https,http");
  curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 1L);
  curl_easy_setopt(curl, CURLOPT_MAXREDIRS, 5L);
  curl_easy_setopt(curl, CURLOPT_FAILONERROR, 1L);
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_USERAGENT, "inpaint");
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options_.connect_seconds * 1000));
  curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
  curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, std::max(1L, std::lround(options_.stall_seconds)));
  if (options_.total_seconds > 0) {
    const double left = options_.total_seconds - seconds_since(start_);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, std::max(1L, static_cast<long>(left * 1000)));
  }
  if (const char* certificates = std::getenv("SSL_CERT_FILE"); certificates != nullptr && *certificates != '\0')
    curl_easy_setopt(curl, CURLOPT_CAINFO, certificates);
  curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header);
  curl_easy_setopt(curl, CURLOPT_HEADERDATA, this);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, this);
  curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, on_progress);
  curl_easy_setopt(curl, CURLOPT_XFERINFODATA, this);
}

End Transfer::attempt() {
  answer_ = {};
  in_body_ = false;
  wish_ = 0;
  curl_slist* list = nullptr;
  if (part_.size() > 0) {
    list = curl_slist_append(list, fmt::format("Range: bytes={}-", part_.size()).c_str());
    const std::string& validator = part_.origin().validator;
    if (!validator.empty() && part_.origin().url == wanted_.url)
      list = curl_slist_append(list, ("If-Range: " + validator).c_str());
  }
  const std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)> headers(list, curl_slist_free_all);
  set_options(list);
  char details[CURL_ERROR_SIZE] = {};
  curl_easy_setopt(curl_.get(), CURLOPT_ERRORBUFFER, details);
  const CURLcode code = [&] {
    const NoSigpipe guard;
    return curl_easy_perform(curl_.get());
  }();
  if (error_) std::rethrow_exception(error_);
  reason_ = details[0] != '\0' ? details : curl_easy_strerror(code);
  curl_easy_getinfo(curl_.get(), CURLINFO_RESPONSE_CODE, &answer_.status);
  return judge(code);
}

End Transfer::judge(CURLcode code) {
  const long status = answer_.status;
  switch (code) {
    case CURLE_OK:
      if (!in_body_ && status != 206) part_.begin({wanted_.url, answer_.validator()});  // an empty file
      return End::complete;
    case CURLE_ABORTED_BY_CALLBACK: return End::cancelled;
    case CURLE_HTTP_RETURNED_ERROR:
      if (status == 416) {  // there is nothing after what came: it is whole, or was another file
        if (answer_.total == part_.size()) return End::complete;
        part_.begin({});
        reason_ = "what came before does not fit";
        return End::broken;
      }
      if (status == 404 || status == 410) refuse(fmt::format("there is no such file (HTTP {})", status));
      if (status < 500 && status != 429 && status != 408) refuse(fmt::format("it answered HTTP {}", status));
      reason_ = fmt::format("HTTP {}", status);
      curl_off_t wish;
      if (curl_easy_getinfo(curl_.get(), CURLINFO_RETRY_AFTER, &wish) == CURLE_OK) wish_ = static_cast<double>(wish);
      return End::broken;
    case CURLE_FILE_COULDNT_READ_FILE: refuse("there is no such file");
    case CURLE_TOO_MANY_REDIRECTS: refuse("more than 5 redirections");
    case CURLE_UNSUPPORTED_PROTOCOL:
      refuse(wanted_.url.starts_with("https:") ? "it redirects to an address that is not https"
                                               : "expected an https, http or file address");
    case CURLE_OPERATION_TIMEDOUT:
    case CURLE_PARTIAL_FILE:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
    case CURLE_GOT_NOTHING:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM: return End::broken;
    default: refuse(reason_);
  }
}

void Transfer::refuse(const std::string& reason) const {
  throw MissingError(fmt::format("{}: {}", wanted_.url, reason));
}

bool Transfer::wait(double seconds) const {
  const auto until = Clock::now() + std::chrono::duration<double>(seconds);
  while (!cancelled() && Clock::now() < until) std::this_thread::sleep_for(std::chrono::milliseconds(20));
  return !cancelled();
}

bool Transfer::run() {
  double pause = options_.first_wait_seconds;
  for (int failures = 0; !cancelled();) {
    const int64_t before = received_;
    const End end = attempt();
    if (end == End::complete) return true;
    if (end == End::cancelled) return false;
    if (received_ > before) {
      failures = 0;
      pause = options_.first_wait_seconds;
    }
    const std::string kept =
        part_.size() > 0 ? fmt::format(" ({} are kept for the next time)", size_text(part_.size())) : "";
    if (options_.total_seconds > 0 && seconds_since(start_) >= options_.total_seconds)
      refuse(fmt::format("not whole within {:g} s{}", options_.total_seconds, kept));
    if (++failures >= options_.attempts) refuse(fmt::format("{}, {} times in a row{}", reason_, failures, kept));
    const double seconds = std::clamp(std::max(pause, wish_), 0.0, 30.0);
    log(LogLevel::info, fmt::format("{}: {}; again in {:.1f} s", wanted_.url, reason_, seconds));
    if (!wait(seconds)) return false;
    pause *= 2;
  }
  return false;
}

bool is_right(const Download& wanted, const std::string& path) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) return false;
  const Checksums actual = file_checksums(path, !wanted.checksums.md5.empty(), !wanted.checksums.sha256.empty());
  return checksum_difference(wanted.checksums, actual).empty();
}

}  // namespace

Downloaded download(const Download& wanted, const DownloadOptions& options) {
  if (wanted.checksums.none())
    throw SpecError(
        fmt::format("{}: without a checksum nothing tells whether it came whole and unchanged", wanted.url));
  start_libcurl();
  PartFile part(wanted.path, options.cancel);
  if (!part.given()) return {Downloaded::Status::cancelled, 0};
  if (is_right(wanted, wanted.path)) return {Downloaded::Status::already_there, 0};
  int64_t received = 0;
  for (bool resumed = part.size() > 0;; resumed = false) {
    if (!resumed) part.begin({});
    const int64_t before = part.size();
    if (!wanted.size || before != *wanted.size) {
      Transfer transfer(wanted, options, part);
      const bool complete = transfer.run();
      received += transfer.received();
      if (!complete) return {Downloaded::Status::cancelled, received};
    }
    const Checksums actual =
        file_checksums(part.path(), !wanted.checksums.md5.empty(), !wanted.checksums.sha256.empty());
    const std::string wrong = checksum_difference(wanted.checksums, actual);
    if (wrong.empty()) break;
    if (!resumed) {
      const int64_t size = part.size();
      part.remove();
      throw MissingError(fmt::format("{}: {} came with the {}: damaged on the way, or another version; it was removed",
                                     wanted.url, size_text(size), wrong));
    }
    log(LogLevel::info, fmt::format("{}: what came before does not fit; fetching all of it", wanted.url));
  }
  part.rename_to_target();
  return {Downloaded::Status::fetched, received};
}

}  // namespace inpaint
