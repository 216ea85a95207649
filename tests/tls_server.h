// TLS in front of an HttpServer, with certificates made for the test.
#pragma once
#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "http_server.h"

namespace inpaint::test {

/// A self-signed certificate and its key, both PEM.
struct Certificate {
  std::string certificate, key;
};
struct CertificateOptions {
  std::string name = "IP:127.0.0.1";  ///< or "DNS:HOST"
  bool expired = false;
};
Certificate make_certificate(const CertificateOptions& options = {});

/// Speaks TLS and passes what it reads on to `server`, which outlives it. A thread per connection.
class TlsServer {
 public:
  /// The first `hang_ups` connections are reset when the client has begun to speak, before TLS is agreed on.
  TlsServer(const HttpServer& server, const Certificate& certificate, int hang_ups = 0);
  ~TlsServer();
  TlsServer(const TlsServer&) = delete;
  TlsServer& operator=(const TlsServer&) = delete;

  /// "https://127.0.0.1:PORT" + path
  std::string url(const std::string& path = "") const;

 private:
  struct Context;
  void accept_connections();
  void serve(int connection);
  bool readable(int connection, int other) const;

  std::unique_ptr<Context> context_;
  int backend_port_, hang_ups_, listener_ = -1, port_ = 0;
  std::atomic<bool> stopping_{false};
  std::vector<std::thread> connections_;
  std::thread acceptor_;
};

}  // namespace inpaint::test
