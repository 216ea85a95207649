#pragma once
#include <memory>

#include "remote/http.h"

namespace inpaint {

/// Http over libcurl: one thread, connections kept and shared, HTTP/2 where the service speaks it. TLS certificates are
/// always checked ($SSL_CERT_FILE names others than the system's). `most_connections`: to one host at once.
class CurlHttp : public Http {
 public:
  explicit CurlHttp(int most_connections = 64);
  /// Cancels what is under way.
  ~CurlHttp() override;
  void send(HttpRequest request, std::function<void(HttpAnswer)> done) override;
  double now() const override;
  void after(double seconds, std::function<void()> call) override;
  void cancel() override;

 private:
  struct Loop;
  std::unique_ptr<Loop> loop_;
};

}  // namespace inpaint
