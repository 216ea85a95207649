// inpaint endpoints: what the cards say, and whether the services answer.
#include <fmt/format.h>

#include <chrono>
#include <nlohmann/json.hpp>

#include "commands/commands.h"
#include "core/error.h"
#include "core/log.h"
#include "core/names.h"
#include "flags.h"
#include "remote/endpoint.h"
#include "table.h"

namespace inpaint {
namespace {

struct Arguments {
  std::string name;
  std::vector<std::string> settings;
  bool json = false;
};

std::string dump(const nlohmann::json& json) {
  return json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace);
}

// "endpoint.KEY=VALUE", or KEY=VALUE alone.
std::vector<GivenValue> overrides_of(const std::vector<std::string>& settings) {
  std::vector<GivenValue> pairs;
  for (std::string text : settings) {
    if (text.starts_with("endpoint.")) text = text.substr(9);
    const size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0)
      throw SpecError(fmt::format("--set: expected endpoint.KEY=VALUE, got '{}'", text));
    pairs.emplace_back(text.substr(0, equals), text.substr(equals + 1));
  }
  return pairs;
}

// Whether its key is there, never the key.
std::string key_state(const EndpointCard& card) {
  try {
    const Credentials keys = credentials_of(card);
    return keys.key.empty() && keys.aws.secret_key.empty() ? "none needed" : "there";
  } catch (const MissingError&) {
    return "missing";
  }
}

nlohmann::json card_json(const EndpointCard& card) {
  EndpointCard copy = card;
  Fields fields;
  copy.describe(fields);
  nlohmann::json json = nlohmann::json::object();
  for (const Field& field : fields.all()) {
    const std::vector<std::string> values = field.current();
    json[field.name] = field.repeats ? nlohmann::json(values) : nlohmann::json(values.front());
  }
  json["options"] = card.options;
  json["key-state"] = key_state(card);
  return json;
}

void list(bool json) {
  nlohmann::json all = nlohmann::json::array();
  std::vector<std::vector<std::string>> rows{{"NAME", "TASKS", "KEY", "SUMMARY"}};
  for (const ShippedText& shipped : shipped_endpoints()) {
    const EndpointCard card = read_endpoint_card(shipped.text, shipped.file);
    if (json) {
      all.push_back(card_json(card));
    } else {
      rows.push_back({card.name, join(card.tasks, ","), key_state(card), card.summary});
    }
  }
  json ? fmt::print("{}\n", dump(all)) : print_table(rows);
}

void show(const Arguments& arguments) {
  const EndpointCard card = find_endpoint(arguments.name, overrides_of(arguments.settings));
  dialect_of(card);
  const nlohmann::json json = card_json(card);
  if (arguments.json) return fmt::print("{}\n", dump(json));
  for (const auto& [name, value] : json.items()) {
    if (name == "options") continue;
    fmt::print("{}: {}\n", name, value.is_string() ? value.get<std::string>() : value.dump());
  }
  for (const auto& [name, value] : card.options) fmt::print("options.{}: {}\n", name, value);
}

// What a service without a call of its own for it answers a GET.
HttpRequest plain_get(const EndpointCard& card) {
  HttpRequest request{.method = "GET", .url = card.url};
  request.connect_seconds = card.connect_seconds;
  request.total_seconds = card.total_seconds;
  return request;
}

nlohmann::json judged(const Endpoint& endpoint, const HttpResponse& response, bool own) {
  nlohmann::json json = {{"http-status", response.status}};
  if (!own) {  // asked without a key: any answer tells that the service is there
    json.update({{"state", "ok"}, {"reason", "it answers; it has no call that shows more without a charge"}});
    return json;
  }
  const Verdict verdict = endpoint.dialect().judge(response, 0);
  const bool ok = verdict.kind == Verdict::Kind::answer;
  if (ok) json.update(endpoint.dialect().pinged(response));
  for (const char* header :
       {"x-ratelimit-remaining", "x-ratelimit-remaining-requests", "x-ratelimit-requests-remaining"}) {
    if (const std::string left = response.header(header); !left.empty()) json["requests-left"] = left;
  }
  json["state"] = ok ? "ok" : "refuses";
  if (verdict.kind == Verdict::Kind::cold) json["state"] = "starting";
  if (!verdict.reason.empty()) json["reason"] = verdict.reason;
  return json;
}

int ping(const Arguments& arguments) {
  const EndpointCard card = find_endpoint(arguments.name, overrides_of(arguments.settings));
  Endpoint endpoint(card, {});
  const std::optional<HttpRequest> own = endpoint.dialect().ping();
  const auto start = std::chrono::steady_clock::now();
  const HttpAnswer answer = endpoint.ask_now(own ? *own : plain_get(card), own.has_value());
  nlohmann::json json = {{"endpoint", card.name}};
  if (const auto* failure = std::get_if<HttpFailure>(&answer)) {
    json.update({{"state", "unreachable"}, {"reason", failure->reason}});
  } else {
    json.update(judged(endpoint, std::get<HttpResponse>(answer), own.has_value()));
  }
  json["seconds"] = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  if (arguments.json) {
    fmt::print("{}\n", dump(json));
  } else {
    for (const auto& [name, value] : json.items())
      fmt::print("{}: {}\n", name, value.is_string() ? value.get<std::string>() : value.dump());
  }
  return json["state"] == "ok" ? 0 : 3;
}

CLI::App* add(CLI::App& parent, const char* name, const char* summary, Arguments& arguments) {
  CLI::App* command = parent.add_subcommand(name, summary);
  command->add_flag("--json", arguments.json, "Print JSON");
  if (std::string(name) == "list") return command;
  command->add_option("NAME|FILE", arguments.name, "An endpoint's name, or a card's file")->type_name("")->required();
  command->add_option("--set", arguments.settings, "Set a value of the card; may be repeated")
      ->type_name("endpoint.KEY=VALUE")
      ->allow_extra_args(false);
  return command;
}

}  // namespace

void add_endpoints_command(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand("endpoints", "List, show and try remote endpoints")->group("Look");
  command->require_subcommand(1);
  const auto arguments = std::make_shared<Arguments>();
  add(*command, "list", "The endpoints whose cards ship, and whether their keys are there", *arguments)
      ->callback([arguments] { list(arguments->json); });
  add(*command, "show", "All values of one", *arguments)->callback([arguments] { show(*arguments); });
  add(*command, "ping", "Call the service, without a charge: is it there, what is left of credits and requests",
      *arguments)
      ->callback([arguments, &exit_code] { exit_code = ping(*arguments); });
}

}  // namespace inpaint
