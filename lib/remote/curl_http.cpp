#include "remote/curl_http.h"

#include <curl/curl.h>
#include <fmt/format.h>
#include <strings.h>
#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <map>
#include <mutex>
#include <stdexcept>
#include <string_view>
#include <thread>

#include "core/checksum.h"
#include "core/names.h"
#include "remote/address.h"
#include "remote/curl_private.h"

namespace inpaint {
namespace {

using Clock = std::chrono::steady_clock;
using Done = std::function<void(HttpAnswer)>;

Clock::time_point later(Clock::time_point from, double seconds) {
  return from + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
}

// One request on its way.
class Transfer {
 public:
  Transfer(HttpRequest request, Done done) : request_(std::move(request)), done_(std::move(done)) {
    if (!curl_) throw std::bad_alloc();
    set_address();
    set_body();
    set_limits();
    set_callbacks();
    watch_requests();
  }

  CURL* handle() const { return curl_.get(); }
  void finish(HttpAnswer answer) { done_(std::move(answer)); }

  /// When it is given up without an answer's first byte; none once that came, or while the body goes out.
  std::optional<Clock::time_point> deadline() {
    if (answering_ || request_.first_byte_seconds <= 0) return std::nullopt;
    curl_off_t sent = 0, all = 0;
    curl_easy_getinfo(handle(), CURLINFO_SIZE_UPLOAD_T, &sent);
    curl_easy_getinfo(handle(), CURLINFO_CONTENT_LENGTH_UPLOAD_T, &all);
    if (sent > 0 && sent < all) {
      sent_at_ = Clock::now();
      return std::nullopt;
    }
    return later(sent_at_, request_.first_byte_seconds);
  }
  HttpFailure too_late() const {
    return failure(HttpFailure::Kind::timeout, fmt::format("no answer within {:g} s", request_.first_byte_seconds));
  }

  HttpAnswer answer(CURLcode code) {
    if (too_large_ || code == CURLE_FILESIZE_EXCEEDED)
      return failure(HttpFailure::Kind::too_large,
                     fmt::format("the answer is larger than {}", size_text(request_.most_bytes)));
    if (code != CURLE_OK && !forbidden_.empty()) return failure(HttpFailure::Kind::forbidden, forbidden_);
    if (code != CURLE_OK && would_repeat_)
      return HttpFailure{HttpFailure::Kind::broken, "the connection broke before an answer came", true};
    if (code != CURLE_OK && !has_beginning_)
      return failure(failure_kind(code),
                     (details_[0] != '\0' ? details_ : curl_easy_strerror(code)) + trust_advice(handle(), code));
    long status = 0;
    curl_easy_getinfo(handle(), CURLINFO_RESPONSE_CODE, &status);
    response_.status = static_cast<int>(status);
    return std::move(response_);
  }
  HttpFailure failure(HttpFailure::Kind kind, const std::string& reason) const {
    long sent = 0;
    curl_easy_getinfo(handle(), CURLINFO_REQUEST_SIZE, &sent);
    return {kind, reason, sent > 0};
  }

 private:
  template <class Value>
  void set(CURLoption option, Value value) {
    if (curl_easy_setopt(handle(), option, value) != CURLE_OK)
      throw std::logic_error(fmt::format("libcurl refuses option {}", static_cast<int>(option)));
  }

  void set_address() {
    set(CURLOPT_URL, request_.url.c_str());
    set(CURLOPT_PROTOCOLS_STR, "https,http");
    set(CURLOPT_PATH_AS_IS, 1L);  // "a/../b" is a name like others to S3, and signed as it is
    set(CURLOPT_CUSTOMREQUEST, request_.method.c_str());
    if (request_.method == "HEAD") set(CURLOPT_NOBODY, 1L);
    set(CURLOPT_USERAGENT, "inpaint");
    if (const char* certificates = std::getenv("SSL_CERT_FILE"); certificates != nullptr && *certificates != '\0')
      set(CURLOPT_CAINFO, certificates);
    for (const auto& [name, value] : request_.headers) add_header(name + (value.empty() ? ";" : ": " + value));
    add_header("Expect:");  // services are slow to answer 100
    set(CURLOPT_HTTPHEADER, headers_.get());
  }
  void add_header(const std::string& line) {
    curl_slist* longer = curl_slist_append(headers_.get(), line.c_str());
    if (longer == nullptr) throw std::bad_alloc();
    headers_.release();
    headers_.reset(longer);
  }

  void set_body() {
    if (!request_.parts.empty()) {
      mime_.reset(curl_mime_init(handle()));
      for (const HttpPart& part : request_.parts) {
        curl_mimepart* one = curl_mime_addpart(mime_.get());
        curl_mime_name(one, part.name.c_str());
        curl_mime_data(one, part.content.data(), part.content.size());
        if (!part.file_name.empty()) curl_mime_filename(one, part.file_name.c_str());
        if (!part.type.empty()) curl_mime_type(one, part.type.c_str());
      }
      set(CURLOPT_MIMEPOST, mime_.get());
    } else if (!request_.body.empty() || request_.method == "POST" || request_.method == "PUT") {
      set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request_.body.size()));
      set(CURLOPT_POSTFIELDS, request_.body.data());
    }
  }

  void set_limits() {
    const auto milliseconds = [](double seconds) { return std::max(1L, static_cast<long>(seconds * 1000)); };
    if (request_.connect_seconds > 0) set(CURLOPT_CONNECTTIMEOUT_MS, milliseconds(request_.connect_seconds));
    if (request_.total_seconds > 0) set(CURLOPT_TIMEOUT_MS, milliseconds(request_.total_seconds));
    if (request_.stall_seconds > 0) {
      set(CURLOPT_LOW_SPEED_LIMIT, 1000L);
      set(CURLOPT_LOW_SPEED_TIME, std::max(1L, static_cast<long>(request_.stall_seconds)));
    }
    if (request_.method != "HEAD" && !request_.beginning_only)
      set(CURLOPT_MAXFILESIZE_LARGE, static_cast<curl_off_t>(request_.most_bytes));
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_2TLS));
    set(CURLOPT_PIPEWAIT, 0L);
    set(CURLOPT_TCP_KEEPALIVE, 1L);
  }

  void set_callbacks() {
    set(CURLOPT_ERRORBUFFER, details_);
    set(CURLOPT_PRIVATE, this);
    set(CURLOPT_HEADERFUNCTION, &on_header);
    set(CURLOPT_HEADERDATA, this);
    set(CURLOPT_WRITEFUNCTION, &on_body);
    set(CURLOPT_WRITEDATA, this);
  }

  static size_t on_header(char* bytes, size_t, size_t size, void* self) {
    auto& transfer = *static_cast<Transfer*>(self);
    transfer.answering_ = true;
    const std::string_view line = trim({bytes, size});
    if (line.starts_with("HTTP/")) transfer.response_.headers.clear();  // of an answer before it, such as 100
    const size_t colon = line.find(':');
    if (colon != std::string_view::npos)
      transfer.response_.headers.push_back(
          {std::string(line.substr(0, colon)), std::string(trim(line.substr(colon + 1)))});
    return size;
  }

  static size_t on_body(char* bytes, size_t, size_t size, void* self) {
    auto& transfer = *static_cast<Transfer*>(self);
    std::string& body = transfer.response_.body;
    const auto left = static_cast<size_t>(transfer.request_.most_bytes) - body.size();
    if (transfer.request_.beginning_only && size > left) {
      body.append(bytes, left);
      transfer.has_beginning_ = true;
      return 0;
    }
    if (size > left) {
      transfer.too_large_ = true;
      return 0;
    }
    body.append(bytes, size);
    return size;
  }

  // Addresses are looked at before each connection, and before each request: one may go out on a connection that
  // another request made.
  void watch_requests() {
    set(CURLOPT_PREREQFUNCTION, &on_connected);
    set(CURLOPT_PREREQDATA, this);
    if (!request_.public_addresses_only) return;
    set(CURLOPT_NOPROXY, "*");
    set(CURLOPT_OPENSOCKETFUNCTION, &on_socket);
    set(CURLOPT_OPENSOCKETDATA, this);
  }

  static curl_socket_t on_socket(void* self, curlsocktype, curl_sockaddr* address) {
    const std::string kind = private_kind(address->addr, address->addrlen);
    if (kind.empty()) return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
    static_cast<Transfer*>(self)->forbidden_ =
        fmt::format("{} is {}", address_text(address->addr, address->addrlen), kind);
    return CURL_SOCKET_BAD;
  }

  // libcurl sends anew, and does not tell, what got no answer on a kept connection: a POST would be paid for twice.
  static int on_connected(void* self, char* address, char*, int, int) {
    auto& transfer = *static_cast<Transfer*>(self);
    transfer.would_repeat_ = transfer.begun_ && transfer.request_.method == "POST";
    transfer.begun_ = true;
    if (transfer.would_repeat_) return CURL_PREREQFUNC_ABORT;
    const std::string kind = transfer.request_.public_addresses_only ? private_kind(address) : "";
    if (kind.empty()) return CURL_PREREQFUNC_OK;
    transfer.forbidden_ = fmt::format("{} is {}", address, kind);
    return CURL_PREREQFUNC_ABORT;
  }

  HttpRequest request_;
  Done done_;
  std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl_{curl_easy_init(), curl_easy_cleanup};
  std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)> headers_{nullptr, curl_slist_free_all};
  std::unique_ptr<curl_mime, decltype(&curl_mime_free)> mime_{nullptr, curl_mime_free};
  char details_[CURL_ERROR_SIZE] = {};
  HttpResponse response_;
  bool answering_ = false, too_large_ = false, has_beginning_ = false, begun_ = false, would_repeat_ = false;
  std::string forbidden_;  // why
  Clock::time_point sent_at_ = Clock::now();
};

}  // namespace

// The thread, and what other threads hand to it.
struct CurlHttp::Loop {
  explicit Loop(int most_connections) : multi(curl_multi_init(), curl_multi_cleanup) {
    if (!multi) throw std::bad_alloc();
    curl_multi_setopt(multi.get(), CURLMOPT_PIPELINING, static_cast<long>(CURLPIPE_MULTIPLEX));
    curl_multi_setopt(multi.get(), CURLMOPT_MAX_HOST_CONNECTIONS, static_cast<long>(most_connections));
    thread = std::thread([this] { run(); });
  }
  ~Loop() {
    stop(true);
    thread.join();
  }

  void hand_over(std::unique_ptr<Transfer> transfer) {
    {
      const std::lock_guard lock(mutex);
      arrived.push_back(std::move(transfer));
    }
    curl_multi_wakeup(multi.get());
  }
  void hand_over(Clock::time_point when, std::function<void()> call) {
    {
      const std::lock_guard lock(mutex);
      calls_arrived.push_back({when, std::move(call)});
    }
    curl_multi_wakeup(multi.get());
  }
  void stop(bool for_good) {
    cancelled = true;
    if (for_good) ended = true;
    curl_multi_wakeup(multi.get());
  }

  void run() {
    const NoSigpipe guard;
    while (!ended) {
      take_arrived();
      if (cancelled) end_all();
      int running = 0;
      curl_multi_perform(multi.get(), &running);
      finish_complete();
      give_up_late();
      call_due();
      curl_multi_poll(multi.get(), nullptr, 0, milliseconds_to_wait(), nullptr);
    }
    take_arrived();
    end_all();
  }

  void take_arrived() {
    std::vector<std::unique_ptr<Transfer>> transfers;
    {
      const std::lock_guard lock(mutex);
      transfers.swap(arrived);
      for (auto& call : calls_arrived) calls.insert(std::move(call));
      calls_arrived.clear();
    }
    for (auto& transfer : transfers) {
      CURL* handle = transfer->handle();
      active.emplace(handle, std::move(transfer));
      curl_multi_add_handle(multi.get(), handle);
    }
  }

  void end_all() {
    while (!calls.empty()) calls.extract(calls.begin()).mapped()();
    while (!active.empty()) end(active.begin()->first, HttpFailure::Kind::cancelled, "cancelled");
  }
  void end(CURL* handle, HttpFailure::Kind kind, const std::string& reason) {
    const auto transfer = take(handle);
    transfer->finish(transfer->failure(kind, reason));
  }
  std::unique_ptr<Transfer> take(CURL* handle) {
    curl_multi_remove_handle(multi.get(), handle);
    auto node = active.extract(handle);
    return std::move(node.mapped());
  }

  void finish_complete() {
    int left = 0;
    while (CURLMsg* message = curl_multi_info_read(multi.get(), &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      const CURLcode code = message->data.result;  // `message` ends with the removal
      const auto transfer = take(message->easy_handle);
      transfer->finish(transfer->answer(code));
    }
  }

  void give_up_late() {
    const Clock::time_point now = Clock::now();
    std::vector<CURL*> late;
    for (auto& [handle, transfer] : active) {
      if (transfer->deadline() && *transfer->deadline() <= now) late.push_back(handle);
    }
    for (CURL* handle : late) {
      const auto transfer = take(handle);
      transfer->finish(transfer->too_late());
    }
  }

  void call_due() {
    while (!calls.empty() && calls.begin()->first <= Clock::now()) {
      const auto node = calls.extract(calls.begin());
      node.mapped()();
    }
  }

  int milliseconds_to_wait() const {
    Clock::time_point next = later(Clock::now(), 1);
    if (!calls.empty()) next = std::min(next, calls.begin()->first);
    for (const auto& [handle, transfer] : active) next = std::min(next, transfer->deadline().value_or(next));
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(next - Clock::now()).count();
    return static_cast<int>(std::max<int64_t>(0, left));
  }

  std::unique_ptr<CURLM, decltype(&curl_multi_cleanup)> multi;
  std::map<CURL*, std::unique_ptr<Transfer>> active;              // of the thread alone
  std::multimap<Clock::time_point, std::function<void()>> calls;  // likewise
  std::mutex mutex;
  std::vector<std::unique_ptr<Transfer>> arrived;
  std::vector<std::pair<Clock::time_point, std::function<void()>>> calls_arrived;
  std::atomic<bool> cancelled{false}, ended{false};
  std::thread thread;
};

std::string header_value(const HttpHeaders& headers, const std::string& name) {
  for (const auto& [key, value] : headers) {
    if (strcasecmp(key.c_str(), name.c_str()) == 0) return value;
  }
  return "";
}

CurlHttp::CurlHttp(int most_connections) {
  start_libcurl();
  loop_ = std::make_unique<Loop>(most_connections);
}

CurlHttp::~CurlHttp() = default;

void CurlHttp::send(HttpRequest request, std::function<void(HttpAnswer)> done) {
  if (!request.url.starts_with("http://") && !request.url.starts_with("https://"))
    throw std::invalid_argument(request.url + ": expected an http or https address");
  loop_->hand_over(std::make_unique<Transfer>(std::move(request), std::move(done)));
}

double CurlHttp::now() const { return std::chrono::duration<double>(Clock::now().time_since_epoch()).count(); }

void CurlHttp::after(double seconds, std::function<void()> call) {
  loop_->hand_over(later(Clock::now(), seconds), std::move(call));
}

void CurlHttp::cancel() { loop_->stop(false); }

}  // namespace inpaint
