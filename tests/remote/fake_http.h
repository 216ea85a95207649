// A door whose time passes only when it is told to, and whose services answer as the test says.
#pragma once
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "remote/http.h"

namespace inpaint::test {

class FakeHttp : public Http {
 public:
  struct Reply {
    HttpAnswer answer;
    double after_seconds = 0.5;
  };
  using Service = std::function<Reply(const inpaint::HttpRequest&)>;
  explicit FakeHttp(Service service) : service_(std::move(service)) {}

  void send(inpaint::HttpRequest request, std::function<void(HttpAnswer)> done) override {
    sent_at.push_back(now_);
    most_at_once = std::max(most_at_once, ++under_way_);
    Reply reply = service_(request);
    after(reply.after_seconds, [this, answer = std::move(reply.answer), done = std::move(done)] {
      --under_way_;
      done(cancelled_ ? HttpAnswer(HttpFailure{HttpFailure::Kind::cancelled, "cancelled", true}) : answer);
    });
  }
  double now() const override { return now_; }
  void after(double seconds, std::function<void()> call) override { calls_.insert({now_ + seconds, std::move(call)}); }
  void cancel() override { cancelled_ = true; }

  /// Until nothing is left to happen.
  void run() {
    while (!calls_.empty()) {
      const auto node = calls_.extract(calls_.begin());
      now_ = std::max(now_, node.key());
      node.mapped()();
    }
  }

  std::vector<double> sent_at;
  int most_at_once = 0;

 private:
  Service service_;
  double now_ = 1000;
  bool cancelled_ = false;
  int under_way_ = 0;
  std::multimap<double, std::function<void()>> calls_;
};

inline FakeHttp::Reply reply(int status, const std::string& body = "", HttpHeaders headers = {}, double after = 0.5) {
  return {HttpResponse{status, std::move(headers), body}, after};
}

}  // namespace inpaint::test
