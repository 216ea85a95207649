#pragma once
#include <chrono>
#include <optional>
#include <string>

#include "remote/http.h"

namespace inpaint {

/// What an answer means for the request, for its endpoint and for the wallet.
struct Verdict {
  enum class Kind {
    answer,  ///< the service did it; whether what it sent is good is for the dialect to say
    again,   ///< another try may go well
    cold,    ///< the service is starting; wait and try again
    slower,  ///< too many requests: the whole endpoint waits
    stop,    ///< key, quota or credit: no request to this endpoint will go well
    fail,    ///< this request will never go well
  };
  Kind kind = Kind::fail;
  std::string reason = {};                  ///< with the service's own words
  std::optional<double> wait_seconds = {};  ///< as the service asked; of again, cold, slower
  int most_attempts = 1000;                 ///< of `again`: fewer where the service says so
  bool maybe_done = false;                  ///< the service may have worked on it, and charged for it
};

/// By status, headers and words that services share. `now`: for dates.
Verdict judge(const HttpAnswer& answer, std::chrono::system_clock::time_point now = std::chrono::system_clock::now());

/// The same for services that sleep when nobody asks and then answer 502 or 503 while they start.
Verdict judge_starting(const HttpAnswer& answer);

/// What a service says went wrong, out of the JSON shapes that are in use, else the text itself, shortened; empty if
/// there is none.
std::string error_text(const HttpResponse& response);

/// How long the headers ask to wait: Retry-After in seconds or as a date, X-RateLimit-Reset in seconds since 1970 or
/// from now, x-ratelimit-reset-requests as a duration ("6m0s").
std::optional<double> asked_wait(const HttpResponse& response, std::chrono::system_clock::time_point now);

}  // namespace inpaint
