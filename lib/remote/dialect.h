// How one kind of service is spoken to: what is asked becomes an HTTP request, its answer becomes pixels.
#pragma once
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "image/image.h"
#include "remote/aws_signature.h"
#include "remote/endpoint_card.h"
#include "remote/http.h"
#include "remote/verdict.h"

namespace inpaint {

/// What a service is asked to do.
struct RemoteRequest {
  std::string task;           ///< "inpaint", "remove-bg", "segment" or "generate"
  Image image;                ///< 8-bit RGB in sRGB; empty: generate
  Mask mask;                  ///< inpaint: 255 = repaint; of the image's size
  std::string prompt;         ///< inpaint, generate
  uint32_t seed = 1;          ///< 1 to 2^31 - 1
  int count = 1;              ///< generate: pictures wanted
  int width = 0, height = 0;  ///< generate: of the pictures; 0: the service's choice
};

/// A mask with the service's name for it.
struct RemoteRegion {
  std::string label;
  double score = 0;
  Mask mask;  ///< 255 = selected
};

/// What it answered, as it came: sizes may differ from those asked for.
struct RemoteAnswer {
  std::vector<Image> images;                        ///< inpaint, generate: at least one
  Matte matte;                                      ///< remove-bg
  std::vector<RemoteRegion> regions;                ///< segment
  nlohmann::json facts = nlohmann::json::object();  ///< "request-id", "revised-prompt", "credits", ...
};

/// Keys as the card says; never printed.
struct Credentials {
  std::string key;
  AwsKeys aws;
};

/// A further request that the same job needs after an answer: fetching a result, polling.
struct FollowUp {
  HttpRequest request;
  double after_seconds = 0;
  bool paid = false;  ///< one that is not counts against no limit
};

/// Const and thread-safe. All throw ItemError for what one picture is at fault for.
class Dialect {
 public:
  virtual ~Dialect() = default;
  /// Encodes pictures: costly, not for the thread of the door.
  virtual HttpRequest request(const RemoteRequest& asked) const = 0;
  /// Just before each sending, on the thread of the door: signatures that hold for minutes.
  virtual void sign(HttpRequest&) const {}
  /// `step`: 0 for the request, then counted up with each follow-up.
  virtual Verdict judge(const HttpAnswer& answer, size_t step) const;
  virtual bool first_is_paid() const { return true; }
  /// What to send after the answers so far, on the thread of the door; nothing after the last. `first`: the request
  /// without its body.
  virtual std::optional<FollowUp> follow(const HttpRequest& first, const std::vector<HttpResponse>& answers) const;
  /// Whether a job outlives the process that submitted it: whether job() ever tells anything.
  virtual bool keeps_jobs() const { return false; }
  /// What must be known to ask for the result later, from another process; null while, or if, there is no such thing.
  virtual nlohmann::json job(const std::vector<HttpResponse>&) const { return nullptr; }
  /// The last answer is no result and no failure: patience ended before the job did.
  virtual bool still_open(const std::vector<HttpResponse>&) const { return false; }
  /// The answers to go on from, given what job told.
  virtual std::vector<HttpResponse> answers_of_job(const nlohmann::json&) const { return {}; }
  /// Decodes the last answer: costly.
  virtual RemoteAnswer answer(const std::vector<HttpResponse>& answers, const RemoteRequest& asked) const = 0;
  /// Without one it refuses, or does nothing of use.
  virtual bool needs_prompt(const std::string& task) const { return task == "inpaint" || task == "generate"; }
  virtual bool takes_prompt(const std::string& task) const { return task == "inpaint" || task == "generate"; }
  /// Narrows the card's limits to those of the task.
  virtual void narrow(EndpointCard& /*card*/, const std::string& /*task*/) const {}
  /// Asks how the service is and what is left of quota and credit, without a charge; nothing if it has no such call.
  virtual std::optional<HttpRequest> ping() const { return std::nullopt; }
  /// What the answer to ping tells: "credits", "queue", ...
  virtual nlohmann::json pinged(const HttpResponse&) const { return nlohmann::json::object(); }
};

struct DialectInfo {
  std::string name;
  std::vector<std::string> tasks;
  std::vector<std::string> options;  ///< keys of the card's options; one that ends in '*' stands for any with that head
  std::vector<std::string> aside;    ///< those of them that do not decide about results
  std::unique_ptr<Dialect> (*make)(const EndpointCard& card, const Credentials& keys);
};

/// All dialects, in the order of lib/CMakeLists.txt.
const std::vector<DialectInfo>& all_dialects();

/// The options that decide about results.
std::map<std::string, std::string> deciding_options(const EndpointCard& card);

/// The one that the card names. Throws SpecError for an unknown dialect, task or option, with the nearest known one.
const DialectInfo& dialect_of(const EndpointCard& card);

}  // namespace inpaint
