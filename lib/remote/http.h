// The door to services: requests that run beside one another on one thread.
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace inpaint {

using HttpHeaders = std::vector<std::pair<std::string, std::string>>;

/// The first value of a header, whatever its case; empty if there is none.
std::string header_value(const HttpHeaders& headers, const std::string& name);

/// One part of a multipart/form-data body.
struct HttpPart {
  std::string name, content;
  std::string file_name = {};  ///< empty: a plain field
  std::string type = {};       ///< Content-Type; empty: libcurl's choice
};

struct HttpRequest {
  std::string method = "GET";
  std::string url;  ///< http or https
  HttpHeaders headers = {};
  std::string body = {};             ///< sent as it is
  std::vector<HttpPart> parts = {};  ///< if there are any, they are the body
  /// 0: no limit. first_byte: from the request's end to the answer's begin, a service's work.
  double connect_seconds = 15, first_byte_seconds = 120, total_seconds = 600;
  double stall_seconds = 0;                ///< fewer than 1000 bytes a second for so long: a timeout; 0: may be
  int64_t most_bytes = int64_t{64} << 20;  ///< of the answer's body
  bool beginning_only = false;             ///< most_bytes of it are enough; the rest is not waited for
  /// Connects to no address that private_kind() knows, whatever the host's name resolves to; without a proxy, since
  /// that would do the connecting.
  bool public_addresses_only = false;
};

struct HttpResponse {
  int status = 0;
  HttpHeaders headers;
  std::string body;
  std::string header(const std::string& name) const { return header_value(headers, name); }
};

/// Why there is no answer.
struct HttpFailure {
  enum class Kind {
    unreachable,  ///< no such host, connection refused or not made in time
    untrusted,    ///< TLS: the certificate is not what it must be
    timeout,      ///< connected, but no answer or no end of it in time
    broken,       ///< the connection ended in the middle
    too_large,    ///< more than most_bytes
    unrecorded,   ///< replay: no such exchange; nobody was asked
    forbidden,    ///< the address is none of the public internet
    cancelled,
  };
  Kind kind = Kind::broken;
  std::string reason;
  /// Part of the request went out: the service may have worked on it, and charge for it.
  bool maybe_received = false;
};

using HttpAnswer = std::variant<HttpResponse, HttpFailure>;

/// Sends requests. Wrappers (retry, limits, recording) and fakes implement the same.
class Http {
 public:
  virtual ~Http() = default;
  /// Returns at once; `done` is called once, on the thread of this door, and must not take long. Redirections are
  /// answers, not followed. Throws std::invalid_argument for an address that is neither http nor https.
  virtual void send(HttpRequest request, std::function<void(HttpAnswer)> done) = 0;
  /// Seconds on a clock that only goes forward.
  virtual double now() const = 0;
  /// Calls `call` on the same thread after so many seconds, also if cancelled: then at once.
  virtual void after(double seconds, std::function<void()> call) = 0;
  /// Ends all transfers (kind cancelled) and takes no more. From any thread.
  virtual void cancel() = 0;
};

}  // namespace inpaint
