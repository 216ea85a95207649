// The payloads of SageMaker JumpStart's Stable Diffusion containers; white is repainted.
#pragma once
#include "remote/dialect.h"

namespace inpaint {

class JumpStart {
 public:
  explicit JumpStart(const EndpointCard& card);
  /// JSON.
  std::string body(const RemoteRequest& asked) const;
  static std::string content_type(const RemoteRequest& asked);
  static constexpr const char* accept = "application/json;jpeg";
  /// Throws ItemError.
  static RemoteAnswer answer(const HttpResponse& response);

 private:
  EndpointCard card_;
};

}  // namespace inpaint
