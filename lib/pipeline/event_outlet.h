#pragma once
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "pipeline/options.h"
#include "remote/channel.h"

namespace inpaint {

/// Where events go.
class EventOutlet {
 public:
  virtual ~EventOutlet() = default;
  /// Hands an array of events over, however long that takes. Returns why that was not possible; "" if it was.
  virtual std::string deliver(const nlohmann::json& events) = 0;
  /// From another thread: what is being delivered is given up, and nothing more will be.
  virtual void abandon() = 0;
  /// As people are told of it: an address without its query, or a path.
  virtual std::string shown() const = 0;
};

/// Up to 5 more attempts after the first.
inline constexpr Patience event_patience{.attempts = 6, .slower_attempts = 6};

/// A file that lines of JSON are appended to, or an address that arrays are posted to, with $INPAINT_EVENTS_TOKEN, if
/// it is set, as bearer token. Throws SpecError if the file cannot be written or the token cannot be sent.
std::unique_ptr<EventOutlet> open_event_outlet(const EventTarget& target, const Patience& patience = event_patience);

}  // namespace inpaint
