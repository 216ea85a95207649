// Exchanges with services, written to files and answered from them. One file per exchange, NNNNNN.json: request and
// answer with their headers and bodies; keys are taken out before anything is written.
#pragma once
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "remote/http.h"

namespace inpaint {

/// Sends through another door and writes down what went and came.
class RecordingHttp : public Http {
 public:
  /// `folder` is made. `secrets`: texts that become "[removed]" wherever they stand; the values of headers that carry
  /// keys are left out altogether. Throws SpecError if the folder cannot be made.
  RecordingHttp(std::unique_ptr<Http> http, const std::string& folder, std::vector<std::string> secrets);
  ~RecordingHttp() override;
  void send(HttpRequest request, std::function<void(HttpAnswer)> done) override;
  double now() const override { return http_->now(); }
  void after(double seconds, std::function<void()> call) override { http_->after(seconds, std::move(call)); }
  void cancel() override { http_->cancel(); }

 private:
  void write(const std::string& text);

  std::string folder_;
  std::vector<std::string> secrets_;
  std::mutex mutex_;
  int written_ = 0;
  std::unique_ptr<Http> http_;  // ends first
};

/// Answers from a folder that RecordingHttp wrote: each request with the first answer to the same method, address and
/// body that was not given yet. Nothing goes out.
class ReplayHttp : public Http {
 public:
  /// `clock` is used for time only. Throws SpecError if the folder has no exchange, or one that cannot be read.
  ReplayHttp(std::unique_ptr<Http> clock, const std::string& folder);
  ~ReplayHttp() override;
  void send(HttpRequest request, std::function<void(HttpAnswer)> done) override;
  double now() const override { return clock_->now(); }
  void after(double seconds, std::function<void()> call) override { clock_->after(seconds, std::move(call)); }
  void cancel() override { clock_->cancel(); }

 private:
  struct Exchange {
    std::string key;  // method, address and hash of the body
    HttpAnswer answer;
    bool given = false;
  };
  std::mutex mutex_;
  std::vector<Exchange> exchanges_;
  std::string folder_;
  std::unique_ptr<Http> clock_;
};

}  // namespace inpaint
