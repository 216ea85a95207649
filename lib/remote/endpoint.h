#pragma once
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <variant>
#include <vector>

#include "remote/channel.h"
#include "remote/dialect.h"

namespace inpaint {

/// Keeps what asynchronous jobs need to be asked for again, under a text that names the work. Called from the thread of
/// the door and from workers. What is done is kept, too: until its output is written, a kill may still come.
class JobStore {
 public:
  virtual ~JobStore() = default;
  virtual nlohmann::json find(const std::string& work) = 0;  ///< null if unknown
  virtual void put(const std::string& work, const nlohmann::json& job) = 0;
  virtual void remove(const std::string& work) = 0;
};

struct EndpointOptions {
  Patience patience;
  Budget budget;
  std::string record, replay;  ///< folders: exchanges are written to it, or answered from it; empty: neither
  JobStore* jobs = nullptr;    ///< outlives the endpoint; null: none are kept
};

/// A remote endpoint that is open: its dialect, behind its limits.
class Endpoint {
 public:
  /// Throws SpecError for what the card asks wrongly, MissingError for a key that is not there.
  Endpoint(const EndpointCard& card, const EndpointOptions& options);
  ~Endpoint();
  Endpoint(const Endpoint&) = delete;
  Endpoint& operator=(const Endpoint&) = delete;

  const EndpointCard& card() const { return card_; }
  const Dialect& dialect() const { return *dialect_; }

  /// All answers of one job, the last with the result.
  using Result = std::variant<std::vector<HttpResponse>, CallFailure>;
  /// Sends it, and what must follow, each with its limits of size. `work` names what is done, the same in every run: a
  /// job that was accepted before is asked for instead. Returns at once; `done` is called once, on the thread of the
  /// door.
  void ask(HttpRequest request, const std::string& work, std::function<void(Result)> done);
  /// The job's result is of no use: next time the work is submitted anew. Any thread.
  void forget(const std::string& work);
  /// One request outside the limits: ping. Waits for it. `with_key`: signed as the dialect signs.
  HttpAnswer ask_now(HttpRequest request, bool with_key);
  /// Ends all transfers. From any thread.
  void cancel();
  /// When nothing is under way.
  const Budget& spending() const { return budget_; }

 private:
  struct Job;
  void step(const std::shared_ptr<Job>& job, HttpRequest request, bool paid);
  void go_on(const std::shared_ptr<Job>& job);
  void keep(const Job& job);
  void put(const std::string& work, const nlohmann::json& facts);

  EndpointCard card_;
  JobStore* jobs_;
  bool retry_paid_;
  Budget budget_, unpaid_;
  std::unique_ptr<Dialect> dialect_;
  std::unique_ptr<Http> http_;  // before the channels that use it
  std::unique_ptr<Channel> channel_, polls_;
};

/// The keys that the card tells of. Throws MissingError with the cure.
Credentials credentials_of(const EndpointCard& card);

}  // namespace inpaint
