#include "http_server.h"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <chrono>
#include <sstream>

namespace inpaint::test {
namespace {

void send_text(int connection, const std::string& text) {
  for (size_t sent = 0; sent < text.size();) {
    const ssize_t put = ::send(connection, text.data() + sent, text.size() - sent, MSG_NOSIGNAL);
    if (put <= 0) return;
    sent += static_cast<size_t>(put);
  }
}

// Up to and with the empty line; empty if the connection closes before.
std::string read_head(int connection) {
  std::string head;
  char c = 0;
  while (!head.ends_with("\r\n\r\n")) {
    if (::recv(connection, &c, 1, 0) != 1) return "";
    head += c;
  }
  return head;
}

std::string read_bytes(int connection, size_t count) {
  std::string bytes(count, '\0');
  for (size_t got = 0; got < count;) {
    const ssize_t more = ::recv(connection, bytes.data() + got, count - got, 0);
    if (more <= 0) return bytes.substr(0, got);
    got += static_cast<size_t>(more);
  }
  return bytes;
}

HttpRequest parse(const std::string& head) {
  HttpRequest request;
  std::istringstream in(head);
  in >> request.method >> request.path;
  std::string line;
  std::getline(in, line);
  while (std::getline(in, line) && line != "\r") {
    const size_t colon = line.find(':');
    std::string name = line.substr(0, colon);
    std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
    const size_t begin = line.find_first_not_of(' ', colon + 1);
    request.headers[name] = line.substr(begin, line.find_last_not_of('\r') + 1 - begin);
  }
  return request;
}

}  // namespace

std::string HttpRequest::header(const std::string& name) const {
  const auto it = headers.find(name);
  return it == headers.end() ? "" : it->second;
}

HttpServer::HttpServer(Answer answer, bool keeps) : answer_(std::move(answer)), keeps_(keeps) {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  REQUIRE(::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) == 0);
  REQUIRE(::listen(listener_, 128) == 0);
  REQUIRE(::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread([this] { accept_connections(); });
}

HttpServer::~HttpServer() {
  stopping_ = true;
  acceptor_.join();
  for (std::thread& connection : connections_) connection.join();
  ::close(listener_);
}

std::string HttpServer::url(const std::string& path) const { return fmt::format("http://127.0.0.1:{}{}", port_, path); }

std::vector<HttpRequest> HttpServer::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

void HttpServer::accept_connections() {
  while (!stopping_) {
    pollfd waiting = {listener_, POLLIN, 0};
    if (::poll(&waiting, 1, 20) <= 0) continue;
    const int connection = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    const auto number = static_cast<int>(connections_.size());
    accepted_ += connection >= 0;
    if (connection >= 0) connections_.emplace_back([this, connection, number] { serve(connection, number); });
  }
}

bool HttpServer::readable(int connection) const {
  while (!stopping_) {
    pollfd waiting = {connection, POLLIN, 0};
    if (::poll(&waiting, 1, 20) > 0) return true;
  }
  return false;
}

void HttpServer::serve(int connection, int number) {
  while (readable(connection) && serve_one(connection, number)) {
  }
  linger how = {};
  socklen_t size = sizeof how;
  ::getsockopt(connection, SOL_SOCKET, SO_LINGER, &how, &size);
  if (how.l_onoff == 0) ::shutdown(connection, SHUT_RDWR);  // else the close resets
  ::close(connection);
}

// Whether another request may come on this connection.
bool HttpServer::serve_one(int connection, int number) {
  const std::string head = read_head(connection);
  if (head.empty()) return false;
  HttpRequest request = parse(head);
  request.connection = number;
  const std::string length = request.header("content-length");
  request.body = read_bytes(connection, length.empty() ? 0 : std::stoul(length));
  HttpReply reply;
  {
    const std::lock_guard lock(mutex_);
    requests_.push_back(request);
    reply = answer_(request);
  }
  for (double waited = 0; waited < reply.delay && !stopping_; waited += 0.02)
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  if (reply.reset) {
    const linger at_once = {1, 0};
    ::setsockopt(connection, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    return false;
  }
  std::string text = fmt::format("HTTP/1.1 {} -\r\n{}", reply.status, keeps_ ? "" : "Connection: close\r\n");
  if (reply.tells_length && !reply.headers.contains("Content-Length"))
    text += fmt::format("Content-Length: {}\r\n", reply.body.size());
  for (const auto& [name, value] : reply.headers) text += name + ": " + value + "\r\n";
  send_text(connection, text + "\r\n");
  for (int i = 0; i < reply.times && request.method != "HEAD"; ++i) send_body(connection, reply);
  return keeps_ && !reply.cut_after && reply.tells_length;
}

void HttpServer::send_body(int connection, const HttpReply& reply) {
  const size_t end = std::min(reply.body.size(), reply.cut_after.value_or(reply.body.size()));
  const size_t step =
      reply.bytes_per_second > 0 ? std::max<size_t>(1, static_cast<size_t>(reply.bytes_per_second / 50)) : 1 << 16;
  for (size_t sent = 0; sent < end && !stopping_;) {
    const size_t count = std::min(step, end - sent);
    const ssize_t put = ::send(connection, reply.body.data() + sent, count, MSG_NOSIGNAL);
    if (put <= 0) return;
    sent += static_cast<size_t>(put);
    body_bytes_ += static_cast<size_t>(put);
    if (reply.bytes_per_second > 0) std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

HttpReply file_reply(const HttpRequest& request, const std::string& content, const std::string& etag) {
  HttpReply reply{.status = 200, .headers = {{"ETag", etag}}, .body = content};
  const std::string range = request.header("range"), only_if = request.header("if-range");
  if (range.empty() || (!only_if.empty() && only_if != etag)) return reply;
  const size_t begin = std::stoul(range.substr(range.find('=') + 1));
  if (begin >= content.size()) {
    reply.headers["Content-Range"] = fmt::format("bytes */{}", content.size());
    return {.status = 416, .headers = reply.headers};
  }
  const std::string last = range.substr(range.find('-') + 1);
  const size_t end = last.empty() ? content.size() : std::min(content.size(), std::stoul(last) + 1);
  reply.headers["Content-Range"] = fmt::format("bytes {}-{}/{}", begin, end - 1, content.size());
  reply.status = 206;
  reply.body = content.substr(begin, end - begin);
  return reply;
}

}  // namespace inpaint::test
