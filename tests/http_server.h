// A real HTTP/1.1 server on 127.0.0.1 for tests: a thread per connection.
#pragma once
#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace inpaint::test {

struct HttpRequest {
  std::string method, path;
  std::map<std::string, std::string> headers;  ///< names in lower case
  std::string body;
  int connection = 0;  ///< counted from 0
  /// Empty if there is none of this name (lower case).
  std::string header(const std::string& name) const;
};

struct HttpReply {
  int status = 200;
  std::map<std::string, std::string> headers{};
  std::string body{};
  std::optional<size_t> cut_after{};  ///< the connection breaks after so many bytes of the body
  bool reset = false;                 ///< the connection is reset instead of an answer
  double bytes_per_second = 0;        ///< 0: at once
  double delay = 0;                   ///< seconds before anything is answered
  bool tells_length = true;           ///< else the body ends with the connection
  int times = 1;                      ///< the body is sent, where the length is not told
};

class HttpServer {
 public:
  /// `answer` is called by several threads, one at a time. Unless `keeps`, each connection gets one answer.
  using Answer = std::function<HttpReply(const HttpRequest&)>;
  explicit HttpServer(Answer answer, bool keeps = false);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  /// "http://127.0.0.1:PORT" + path
  std::string url(const std::string& path = "") const;
  std::vector<HttpRequest> requests() const;
  /// So many were made, with or without a request.
  size_t connections() const { return accepted_; }
  /// Bytes of bodies that were handed to the system.
  size_t body_bytes() const { return body_bytes_; }

 private:
  void accept_connections();
  void serve(int connection, int number);
  bool serve_one(int connection, int number);
  bool readable(int connection) const;
  void send_body(int connection, const HttpReply& reply);

  Answer answer_;
  bool keeps_;
  int listener_ = -1, port_ = 0;
  std::atomic<bool> stopping_{false};
  std::atomic<size_t> body_bytes_{0}, accepted_{0};
  mutable std::mutex mutex_;
  std::vector<HttpRequest> requests_;
  std::vector<std::thread> connections_;
  std::thread acceptor_;
};

/// What a server answers that knows ranges and ETags: the part of `content` that the request asks for, or all of it if
/// If-Range names another version.
HttpReply file_reply(const HttpRequest& request, const std::string& content, const std::string& etag = "\"v1\"");

}  // namespace inpaint::test
