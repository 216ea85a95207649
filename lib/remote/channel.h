#pragma once
#include <deque>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "remote/http.h"
#include "remote/verdict.h"

namespace inpaint {

/// What an endpoint takes at once.
struct EndpointLimits {
  int concurrency = 4;    ///< requests on their way
  double per_minute = 0;  ///< requests begun within any 60 seconds, retries counted; 0: any number
  double price = 0;       ///< of one call that is charged for
};

/// How long to try.
struct Patience {
  int attempts = 5;               ///< of a request that fails for reasons of the moment
  double first_wait_seconds = 1;  ///< before the second one, then twice as long each time
  double longest_wait_seconds = 60;
  double cold_start_seconds = 600;  ///< for a service that starts; then its requests fail
  int slower_attempts = 50;         ///< of a request that is told "too many"
  bool retry_paid = false;          ///< also where the service may have done, and charged for, the work already
};

/// What may be spent, by all channels together. Used on the thread of the door only.
struct Budget {
  double most_spent = std::numeric_limits<double>::infinity();
  int64_t most_requests = std::numeric_limits<int64_t>::max();
  double spent = 0;  ///< what is charged for certain, and what may have been
  int64_t requests = 0;
};

/// Why a call has no answer.
struct CallFailure {
  enum class Kind {
    failed,   ///< this call
    blocked,  ///< the endpoint takes no more: key, quota, credit, or the budget's end
    cancelled,
  };
  Kind kind = Kind::failed;
  std::string reason;
  bool maybe_charged = false;
};
using CallResult = std::variant<HttpResponse, CallFailure>;

struct CallOptions {
  bool paid = true;
  /// Judges answers of this dialect; empty: judge().
  std::function<Verdict(const HttpAnswer&)> judge = {};
  /// Called with a copy of the request just before each sending, on the thread of the door; empty: nothing is done.
  std::function<void(HttpRequest&)> sign = {};
};

/// One endpoint: sends within its limits and its budget, waits as it asks, tries again where that helps. When a service
/// says "too many", all of the endpoint waits and half as many requests go out at once; every ten that go well add one.
class Channel {
 public:
  /// `http` and `budget` outlive it; it outlives its calls.
  Channel(Http& http, const EndpointLimits& limits, const Patience& patience, Budget& budget);
  /// From any thread. `done` is called once, on the thread of the door.
  void call(HttpRequest request, CallOptions options, std::function<void(CallResult)> done);
  /// Takes and sends no more; calls under way end as `cancelled` when the door is cancelled.
  void cancel();

 private:
  struct Call;
  using CallPtr = std::shared_ptr<Call>;

  void pump();
  void pump_after(double seconds);
  std::optional<double> seconds_to_wait();
  void send(const CallPtr& call);
  static Verdict judged(const CallOptions& options, const HttpAnswer& answer);
  void settle(const CallPtr& call, const HttpAnswer& answer);
  void try_again(const CallPtr& call, const Verdict& verdict);
  void wait_for_start(const CallPtr& call, const Verdict& verdict);
  void slow_down(const CallPtr& call, const Verdict& verdict);
  void block(const std::string& reason);
  void pause(double seconds);
  double growing_wait(int attempt) const;
  static void fail(const CallPtr& call, CallFailure::Kind kind, const std::string& reason, bool maybe_charged = false);

  Http& http_;
  EndpointLimits limits_;
  Patience patience_;
  Budget& budget_;
  std::deque<CallPtr> queue_;
  std::deque<double> begun_;  // when requests of the last minute were
  int under_way_ = 0;
  double allowed_;  // at once
  double not_before_ = 0;
  double pump_due_ = std::numeric_limits<double>::infinity();
  std::string blocked_;  // why; empty: not
  bool cancelled_ = false;
};

}  // namespace inpaint
