#include "remote/secrets.h"

namespace inpaint {
namespace {

constexpr const char* removed = "[removed]";
constexpr size_t shortest = 8;

}  // namespace

std::string without_secrets(std::string text, const std::vector<std::string>& secrets) {
  for (const std::string& secret : secrets) {
    for (size_t at = text.find(secret); at != std::string::npos; at = text.find(secret, at))
      text.replace(at, secret.size(), removed), at += std::char_traits<char>::length(removed);
  }
  return text;
}

DiscreetHttp::DiscreetHttp(std::unique_ptr<Http> http, std::vector<std::string> secrets)
    : secrets_(std::move(secrets)), http_(std::move(http)) {
  std::erase_if(secrets_, [](const std::string& secret) { return secret.size() < shortest; });
}

DiscreetHttp::~DiscreetHttp() { http_.reset(); }

void DiscreetHttp::send(HttpRequest request, std::function<void(HttpAnswer)> done) {
  http_->send(std::move(request), [this, done = std::move(done)](HttpAnswer answer) {
    if (auto* response = std::get_if<HttpResponse>(&answer)) {
      response->body = without_secrets(std::move(response->body), secrets_);
      for (auto& [name, value] : response->headers) value = without_secrets(std::move(value), secrets_);
    }
    done(std::move(answer));
  });
}

}  // namespace inpaint
