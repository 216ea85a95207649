#pragma once
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/cancel.h"
#include "remote/channel.h"
#include "remote/url.h"

namespace inpaint {

/// What may be fetched, and how patiently.
struct FetchRules {
  int64_t most_bytes = 256'000'000;
  bool allow_private_addresses = false;
  int connections = 16;  ///< to one host at once
  double connect_seconds = 15, first_byte_seconds = 60, stall_seconds = 60, total_seconds = 900;
  double longest_asked_wait_seconds = 300;  ///< a server that asks for more is not waited for
  Patience patience = {.slower_attempts = 10};
};

struct FetchRequest {
  Url url;
  /// The user named this very address: it may be private if it stands there in figures or as localhost. What it
  /// redirects to may not.
  bool named_by_user = false;
  std::string method = "GET";
  std::optional<int64_t> first_bytes = {};  ///< the beginning is enough
};

/// Why nothing came.
struct FetchFailure {
  std::string reason;
  int status = 0;  ///< of the answer; 0: there was none
  bool interrupted = false;
};
using FetchResult = std::variant<HttpResponse, FetchFailure>;  ///< the response's status is 200 or 206

/// Fetches from servers that need no key: follows up to 5 redirections, none from https to http and none to private
/// addresses, tries again after server errors, broken connections and "too many requests". From several threads.
class Fetcher {
 public:
  Fetcher(std::unique_ptr<Http> http, const FetchRules& rules);

  /// Waits for the answer. When `cancel` is requested all fetches end as interrupted.
  FetchResult fetch(FetchRequest request, const Cancel* cancel = nullptr);
  /// All beside one another; results in the order of the requests.
  std::vector<FetchResult> fetch_all(std::vector<FetchRequest> requests, const Cancel* cancel = nullptr);

 private:
  struct Journey;
  using JourneyPtr = std::shared_ptr<Journey>;

  void send(const JourneyPtr& journey);
  void settle(const JourneyPtr& journey, CallResult result);
  void redirect(const JourneyPtr& journey, const HttpResponse& response);
  HttpRequest request_of(const Journey& journey) const;
  Verdict judge_fetch(const HttpAnswer& answer) const;
  Channel& channel_to(const std::string& origin);

  FetchRules rules_;
  Budget budget_;
  std::mutex mutex_;
  std::map<std::string, Channel> channels_;
  std::unique_ptr<Http> http_;  // last: its end calls the channels
};

}  // namespace inpaint
