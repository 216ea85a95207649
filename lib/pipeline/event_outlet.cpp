#include "pipeline/event_outlet.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cctype>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <future>
#include <nlohmann/json.hpp>
#include <optional>

#include "core/error.h"
#include "core/names.h"
#include "remote/curl_http.h"
#include "remote/url.h"

namespace inpaint {
namespace {

constexpr const char* token_variable = "INPAINT_EVENTS_TOKEN";

std::string text_of(const nlohmann::json& value) {
  return value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

class FileOutlet : public EventOutlet {
 public:
  explicit FileOutlet(std::string path) : path_(std::move(path)) {
    // Not blocking: a pipe that nobody reads must not stop the run.
    fd_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NONBLOCK, 0666);
    if (fd_ < 0)
      throw SpecError(fmt::format("--events file:{}: cannot be written: {}; name a file in a folder that exists", path_,
                                  std::strerror(errno)));
  }
  ~FileOutlet() override { ::close(fd_); }
  FileOutlet(const FileOutlet&) = delete;
  FileOutlet& operator=(const FileOutlet&) = delete;

  std::string deliver(const nlohmann::json& events) override {
    std::string lines;
    for (const nlohmann::json& event : events) lines += text_of(event) + "\n";
    for (size_t written = 0; written < lines.size() && !abandoned_;) {
      const ssize_t put = ::write(fd_, lines.data() + written, lines.size() - written);
      if (put < 0 && errno == EINTR) continue;
      if (put < 0) return std::strerror(errno);
      written += static_cast<size_t>(put);
    }
    return abandoned_ ? "not written in time" : "";
  }
  void abandon() override { abandoned_ = true; }
  std::string shown() const override { return path_; }

 private:
  std::string path_;
  int fd_ = -1;
  std::atomic<bool> abandoned_{false};
};

// Whatever is no clear refusal may go better the next time.
Verdict judge_receipt(const HttpAnswer& answer) {
  Verdict verdict = judge(answer);
  verdict.maybe_done = false;
  if (verdict.kind == Verdict::Kind::answer || std::holds_alternative<HttpFailure>(answer)) {
    if (verdict.kind == Verdict::Kind::stop) verdict.kind = Verdict::Kind::fail;
    return verdict;
  }
  const int status = std::get<HttpResponse>(answer).status;
  const bool passes = status >= 500 || status == 408 || status == 425 || status == 429;
  verdict.kind = passes ? Verdict::Kind::again : Verdict::Kind::fail;
  return verdict;
}

class HttpOutlet : public EventOutlet {
 public:
  HttpOutlet(const std::string& url, const std::string& token, const Patience& patience)
      : url_(parse_url(url, "--events").whole), token_(token), http_(std::make_unique<CurlHttp>(1)) {
    channel_.emplace(*http_, EndpointLimits{.concurrency = 1}, patience, budget_);
  }

  std::string deliver(const nlohmann::json& events) override {
    HttpRequest request{.method = "POST", .url = url_, .headers = {{"Content-Type", "application/json"}}};
    if (!token_.empty()) request.headers.push_back({"Authorization", "Bearer " + token_});
    request.body = text_of(events);
    request.connect_seconds = 10;
    request.first_byte_seconds = 30;
    request.total_seconds = 60;
    request.most_bytes = 1 << 20;
    std::string last;  // on the door's thread
    const auto judge_and_keep = [&last](const HttpAnswer& answer) {
      Verdict verdict = judge_receipt(answer);
      const auto* failure = std::get_if<HttpFailure>(&answer);
      if (failure == nullptr || failure->kind != HttpFailure::Kind::cancelled) last = verdict.reason;
      return verdict;
    };
    std::promise<std::string> reason;
    channel_->call(std::move(request), {.paid = false, .judge = judge_and_keep}, [&](const CallResult& result) {
      const auto* failure = std::get_if<CallFailure>(&result);
      const bool too_late = failure && failure->kind == CallFailure::Kind::cancelled;
      reason.set_value(too_late ? "not in time" + (last.empty() ? "" : "; " + last) : failure ? failure->reason : "");
    });
    return reason.get_future().get();
  }
  void abandon() override { http_->cancel(); }
  std::string shown() const override { return shown_url(url_); }

 private:
  std::string url_, token_;
  Budget budget_;
  std::optional<Channel> channel_;
  std::unique_ptr<Http> http_;  // last: its end calls the channel
};

std::string token_to_send() {
  const char* value = std::getenv(token_variable);
  std::string token(trim(value == nullptr ? "" : value));
  if (std::any_of(token.begin(), token.end(), [](unsigned char c) { return std::iscntrl(c) != 0; }))
    throw SpecError(
        fmt::format("${}: holds a line break or another control character; set it to the bare token", token_variable));
  return token;
}

}  // namespace

std::unique_ptr<EventOutlet> open_event_outlet(const EventTarget& target, const Patience& patience) {
  if (target.is_file()) return std::make_unique<FileOutlet>(target.path());
  return std::make_unique<HttpOutlet>(target.text, token_to_send(), patience);
}

}  // namespace inpaint
