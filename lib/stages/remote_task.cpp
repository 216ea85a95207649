#include "stages/remote_task.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <future>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/hash.h"
#include "core/names.h"
#include "pipeline/job_store.h"

namespace inpaint {
namespace {

constexpr const char* of_endpoints[] = {"endpoint-value", "prompt",       "table",  "cold-start", "retry-paid",
                                        "max-spend",      "max-requests", "record", "replay",     "sidecar"};

ItemError error_of(const CallFailure& failure) {
  switch (failure.kind) {
    case CallFailure::Kind::blocked: return ItemError(failure.reason, ItemError::Cause::blocked);
    case CallFailure::Kind::cancelled: return ItemError("called off", ItemError::Cause::interrupted);
    default: return ItemError(failure.reason);
  }
}

std::string text_of(const nlohmann::json& json) {
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

// Of a picture with four channels of 16 bits and twice the sides, as it is or in base64, and of small talk.
int64_t most_answer_bytes(const RemoteRequest& asked) {
  constexpr int64_t least = int64_t{64} << 20, most = int64_t{512} << 20, bytes_per_pixel = 4 * 2 * 4;
  const int64_t pixels =
      std::max(int64_t{asked.image.width()} * asked.image.height(), int64_t{asked.width} * asked.height);
  return std::min(most, least + pixels * bytes_per_pixel * asked.count);
}

std::string hash_of(const cv::Mat& pixels) {
  const cv::Mat whole = pixels.isContinuous() ? pixels : pixels.clone();
  return content_hash(std::span(whole.data, whole.total() * whole.elemSize()));
}

// Filled in on the thread of the door, read by a worker.
struct Mailbox {
  std::mutex mutex;
  std::optional<Endpoint::Result> result;
  std::function<void()> ready;
};

class WaitingAnswer : public Waiting {
 public:
  WaitingAnswer(std::shared_ptr<Mailbox> mailbox, Endpoint& endpoint, RemoteRequest asked, std::string work,
                RemoteTask::Finish finish)
      : mailbox_(std::move(mailbox)),
        endpoint_(endpoint),
        asked_(std::move(asked)),
        work_(std::move(work)),
        finish_(std::move(finish)) {}

  void when_ready(std::function<void()> ready) override {
    {
      std::lock_guard lock(mailbox_->mutex);
      if (!mailbox_->result) {
        mailbox_->ready = std::move(ready);
        return;
      }
    }
    ready();
  }

  void finish(Item& item) override {
    Endpoint::Result result = std::move(*mailbox_->result);
    if (const auto* failure = std::get_if<CallFailure>(&result)) throw error_of(*failure);
    const auto& answers = std::get<std::vector<HttpResponse>>(result);
    try {
      RemoteAnswer answer = endpoint_.dialect().answer(answers, asked_);
      for (const auto& [name, value] : answer.facts.items()) item.facts["remote"][name] = value;
      finish_(std::move(answer), item);
    } catch (const ItemError&) {
      if (!endpoint_.dialect().still_open(answers)) endpoint_.forget(work_);
      throw;
    } catch (const nlohmann::json::exception& error) {
      endpoint_.forget(work_);
      throw ItemError(std::string("the service's answer is not as it should be: ") + error.what());
    }
  }

 private:
  std::shared_ptr<Mailbox> mailbox_;
  Endpoint& endpoint_;
  RemoteRequest asked_;
  std::string work_;
  RemoteTask::Finish finish_;
};

}  // namespace

RemoteTask::~RemoteTask() { endpoint_.reset(); }

void RemoteTask::describe(Fields& fields) {
  constexpr const char* group = "Remote endpoints";
  const bool prompts = task_ == "inpaint" || task_ == "generate";
  fields
      .add("endpoint", name_,
           "Have it done by a remote service: a name (see 'inpaint endpoints list') or a card's file")
      .value("NAME|FILE")
      .in_group(group)
      .not_in_recipe();  // recipe() tells it, so that results made here stay as they are
  fields
      .add("endpoint-value", values_,
           "Set a value of the endpoint's card, as --set endpoint.KEY=VALUE does; may be repeated")
      .value("KEY=VALUE")
      .family_of("endpoint")
      .in_group(group)
      .not_in_recipe();
  if (prompts) {
    fields
        .add("prompt", prompt_text_,
             task_ == "generate" ? "What is to be seen; or give text files with one prompt a line as INPUT"
                                 : "What is to be seen; {stem}, {dir} and columns of --table, in braces, stand for the "
                                   "picture's own")
        .value("TEXT")
        .in_group(group)
        .not_in_recipe();
  }
  if (task_ == "inpaint") {
    fields
        .add("table", table_,
             "Values for the prompt by picture: CSV with a header line, or JSON lines, with a column 'file'")
        .value("FILE")
        .in_group(group)
        .not_in_recipe();
  }
  fields.add("cold-start", cold_start_, "Seconds to wait for a service that is starting")
      .range(0, 1e6)
      .in_group(group)
      .not_in_recipe();
  fields.add("retry-paid", retry_paid_, "Also repeat requests that may have been worked on, and charged for, already")
      .in_group(group)
      .not_in_recipe();
  fields.add("max-spend", max_spend_, "Most to be spent in this run, by the card's price of a call")
      .range(0, 1e9)
      .in_group(group)
      .not_in_recipe();
  fields.add("max-requests", max_requests_, "Most requests made in this run, repetitions counted")
      .in_group(group)
      .not_in_recipe();
  fields.add("record", record_, "Write every exchange into DIR, without keys")
      .value("DIR")
      .in_group(group)
      .not_in_recipe();
  fields.add("replay", replay_, "Answer from exchanges recorded in DIR; nothing is sent")
      .value("DIR")
      .in_group(group)
      .not_in_recipe();
  fields.add("sidecar", sidecar_, "Write how each result came about beside it, as STEM.remote.json")
      .in_group(group)
      .not_in_recipe();
}

std::vector<GivenValue> RemoteTask::overrides() const {
  std::vector<GivenValue> pairs;
  for (const std::string& text : values_) {
    const size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0)
      throw SpecError(fmt::format("{}: --endpoint-value: expected KEY=VALUE, got '{}'", task_, text));
    pairs.emplace_back(text.substr(0, equals), text.substr(equals + 1));
  }
  return pairs;
}

void RemoteTask::check_options(const Fields& given, const std::vector<std::string>& only_here) const {
  const auto is_given = [&](const std::string& name) { return given.knows(name) && given.given(name); };
  if (!name_.empty()) {
    for (const std::string& name : only_here) {
      if (is_given(name))
        throw SpecError(
            fmt::format("{}: --{}: is for work done here, and --endpoint {} does it elsewhere", task_, name, name_));
    }
    return;
  }
  for (const std::string name : of_endpoints) {
    if (is_given(name))
      throw SpecError(
          fmt::format("{}: --{}: needs --endpoint; 'inpaint endpoints list' shows those there are", task_, name));
  }
}

void RemoteTask::prepare(const Fields& given, const std::vector<std::string>& only_here) {
  check_options(given, only_here);
  card_.reset();
  if (name_.empty()) return;
  card_ = find_endpoint(name_, overrides());
  const DialectInfo& info = dialect_of(*card_);
  if (std::find(card_->tasks.begin(), card_->tasks.end(), task_) == card_->tasks.end())
    throw SpecError(fmt::format("{}: --endpoint {}: is for {}", task_, card_->name, join(card_->tasks, ", ")));
  if (max_spend_ && card_->limits.price == 0)
    throw SpecError(fmt::format("{}: --max-spend: the card of {} has no price; --set endpoint.price=N tells it", task_,
                                card_->name));
  const Credentials keys = replay_.empty() ? credentials_of(*card_) : Credentials{};
  const auto dialect = info.make(*card_, keys);
  dialect->narrow(*card_, task_);
  if (task_ == "generate") return;  // its source has the prompts
  if (dialect->needs_prompt(task_) && prompt_text_.empty())
    throw SpecError(fmt::format("{}: --endpoint {} needs --prompt", task_, card_->name));
  if (!dialect->takes_prompt(task_) && !prompt_text_.empty())
    throw SpecError(fmt::format("{}: --prompt: {} takes none", task_, card_->name));
  if (prompt_text_.empty() && !table_.empty())
    throw SpecError(fmt::format("{}: --table: gives values for --prompt, which is missing", task_));
  prompt_.prepare(prompt_text_, table_);
}

nlohmann::json RemoteTask::recipe() const {
  if (!card_) return nullptr;
  EndpointCard card = *card_;
  Fields fields;
  card.describe(fields);
  return {{"endpoint", card.name},
          {"card", fields.resolved()},
          {"options", deciding_options(card)},
          {"prompt", task_ == "generate" ? "" : prompt_text_}};
}

std::string RemoteTask::recipe_for(const std::string& rel) const {
  if (!card_ || table_.empty()) return "";
  try {
    return prompt_.for_picture(rel);
  } catch (const ItemError&) {
    return "";  // told when its turn comes
  }
}

std::optional<RemoteUse> RemoteTask::use() const {
  if (!card_) return std::nullopt;
  return RemoteUse{card_->name, card_->limits.price, card_->currency, card_->limits.concurrency};
}

void RemoteTask::open() {
  EndpointOptions options;
  options.patience.cold_start_seconds = cold_start_;
  options.patience.retry_paid = retry_paid_;
  if (max_spend_) options.budget.most_spent = *max_spend_;
  if (max_requests_) options.budget.most_requests = static_cast<int64_t>(*max_requests_);
  options.record = record_;
  options.replay = replay_;
  if (!directory_.empty() && replay_.empty()) jobs_ = std::make_unique<SqliteJobStore>(directory_);
  options.jobs = jobs_.get();
  endpoint_ = std::make_unique<Endpoint>(*card_, options);
}

void RemoteTask::abort() const {
  if (endpoint_) endpoint_->cancel();
}

void RemoteTask::tell(const RemoteRequest& request, Item& item) const {
  nlohmann::json& facts = item.facts["remote"] = {{"endpoint", card_->name}, {"seed", request.seed}};
  if (!request.prompt.empty()) facts["prompt"] = request.prompt;
  if (!request.image.empty()) facts["image-hash"] = hash_of(request.image.pixels());
  if (!request.mask.empty()) facts["mask-hash"] = hash_of(request.mask.values());
  item.facts["model"] = card_->name;
}

std::unique_ptr<Waiting> RemoteTask::ask(RemoteRequest request, Item& item, Finish finish) const {
  request.task = task_;
  request.seed = static_cast<uint32_t>(item.seed % 2147483647) + 1;
  if (request.prompt.empty() && !prompt_.empty()) request.prompt = prompt_.for_picture(item.rel);
  tell(request, item);
  const std::string work = content_hash(text_of(recipe()) + text_of(item.facts["remote"]));
  const auto mailbox = std::make_shared<Mailbox>();
  HttpRequest sent = endpoint_->dialect().request(request);
  sent.most_bytes = most_answer_bytes(request);
  endpoint_->ask(std::move(sent), work, [mailbox](Endpoint::Result result) {
    std::function<void()> ready;
    {
      std::lock_guard lock(mailbox->mutex);
      mailbox->result = std::move(result);
      ready = std::move(mailbox->ready);
    }
    if (ready) ready();
  });
  Finish whole = [finish = std::move(finish), sidecar = sidecar_](RemoteAnswer answer, Item& done) {
    finish(std::move(answer), done);
    if (!sidecar) return;
    const std::string text = done.facts["remote"].dump(2, ' ', false, nlohmann::json::error_handler_t::replace);
    done.extras.push_back({".remote.json", text + "\n"});
  };
  return std::make_unique<WaitingAnswer>(mailbox, *endpoint_, std::move(request), work, std::move(whole));
}

void run_and_wait(const Stage& stage, Item& item) {
  const auto waiting = stage.start(item);
  if (!waiting) return;
  std::promise<void> promise;
  waiting->when_ready([&] { promise.set_value(); });
  promise.get_future().wait();
  waiting->finish(item);
}

}  // namespace inpaint
