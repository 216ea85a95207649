#pragma once
#include <functional>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "core/fields.h"
#include "pipeline/stage.h"
#include "remote/endpoint.h"
#include "stages/prompt.h"

namespace inpaint {

/// What stages share that can have their work done by a remote endpoint: its options, the endpoint, asking it.
class RemoteTask {
 public:
  /// `task`: the stage's name.
  explicit RemoteTask(std::string task) : task_(std::move(task)) {}
  ~RemoteTask();

  void describe(Fields& fields);
  bool given() const { return !name_.empty(); }
  /// Finds card and dialect and checks that they can do the task. `only_here`: options of the stage that only work
  /// done on this machine listens to. Throws SpecError, also for options of endpoints without one, and MissingError for
  /// a key that is not there.
  void prepare(const Fields& given, const std::vector<std::string>& only_here);

  const EndpointCard& card() const { return *card_; }
  /// As given.
  const std::string& prompt() const { return prompt_text_; }
  /// Null if not given.
  nlohmann::json recipe() const;
  std::string recipe_for(const std::string& rel) const;
  std::optional<RemoteUse> use() const;
  void keep_in(const std::string& directory) { directory_ = directory; }
  void open();
  void abort() const;

  /// What becomes of an answer; throws ItemError.
  using Finish = std::function<void(RemoteAnswer, Item&)>;
  /// Asks; the seed is filled in, and the prompt if there is none. Tells endpoint, prompt, seed and request id in the
  /// item's facts.
  std::unique_ptr<Waiting> ask(RemoteRequest request, Item& item, Finish finish) const;

 private:
  void check_options(const Fields& given, const std::vector<std::string>& only_here) const;
  std::vector<GivenValue> overrides() const;
  void tell(const RemoteRequest& request, Item& item) const;

  std::string task_, name_, prompt_text_, table_, record_, replay_, directory_;
  std::vector<std::string> values_;
  double cold_start_ = 600;
  bool retry_paid_ = false, sidecar_ = false;
  std::optional<double> max_spend_;
  std::optional<uint64_t> max_requests_;
  std::optional<EndpointCard> card_;
  Prompt prompt_;
  std::unique_ptr<JobStore> jobs_;
  std::unique_ptr<Endpoint> endpoint_;  // ends first
};

/// run() for stages that ask services: the whole work, waiting for the answer.
void run_and_wait(const Stage& stage, Item& item);

}  // namespace inpaint
