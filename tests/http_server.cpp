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

HttpServer::HttpServer(Answer answer) : answer_(std::move(answer)) {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  REQUIRE(::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) == 0);
  REQUIRE(::listen(listener_, 16) == 0);
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
    if (connection >= 0) connections_.emplace_back([this, connection] { serve(connection); });
  }
}

void HttpServer::serve(int connection) {
  const std::string head = read_head(connection);
  if (!head.empty()) {
    const HttpRequest request = parse(head);
    HttpReply reply;
    {
      const std::lock_guard lock(mutex_);
      requests_.push_back(request);
      reply = answer_(request);
    }
    for (double waited = 0; waited < reply.delay && !stopping_; waited += 0.02)
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    std::string text = fmt::format("HTTP/1.1 {} -\r\nConnection: close\r\n", reply.status);
    if (!reply.headers.contains("Content-Length")) text += fmt::format("Content-Length: {}\r\n", reply.body.size());
    for (const auto& [name, value] : reply.headers) text += name + ": " + value + "\r\n";
    send_text(connection, text + "\r\n");
    send_body(connection, reply);
  }
  ::shutdown(connection, SHUT_RDWR);
  ::close(connection);
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
  reply.headers["Content-Range"] = fmt::format("bytes {}-{}/{}", begin, content.size() - 1, content.size());
  reply.status = 206;
  reply.body = content.substr(begin);
  return reply;
}

}  // namespace inpaint::test
