#pragma once
#include <memory>
#include <string>
#include <vector>

#include "remote/http.h"

namespace inpaint {

/// The text with "[removed]" wherever one of the secrets stood.
std::string without_secrets(std::string text, const std::vector<std::string>& secrets);

/// Takes keys out of what comes back through another door: services repeat them in what they say went wrong. Keys of
/// less than 8 characters stay; they would be found by chance, in pictures too.
class DiscreetHttp : public Http {
 public:
  DiscreetHttp(std::unique_ptr<Http> http, std::vector<std::string> secrets);
  ~DiscreetHttp() override;
  void send(HttpRequest request, std::function<void(HttpAnswer)> done) override;
  double now() const override { return http_->now(); }
  void after(double seconds, std::function<void()> call) override { http_->after(seconds, std::move(call)); }
  void cancel() override { http_->cancel(); }

 private:
  std::vector<std::string> secrets_;
  std::unique_ptr<Http> http_;  // ends first
};

}  // namespace inpaint
