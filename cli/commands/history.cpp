#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "commands/commands.h"
#include "core/error.h"
#include "flags.h"
#include "pipeline/destination.h"
#include "pipeline/ledger.h"

namespace inpaint {
namespace {

struct HistoryArguments {
  std::string directory, status, input;
  uint64_t limit = 0;
  bool json = false;
};

void print_json(const LedgerRecord& r) {
  const nlohmann::json line = {{"output", r.output},
                               {"input", r.input},
                               {"status", r.status},
                               {"reason", r.reason.empty() ? nlohmann::json() : nlohmann::json(r.reason)},
                               {"seconds", r.seconds},
                               {"finished_at", r.finished_at},
                               {"recipe", r.recipe},
                               {"input_hash", r.input_hash},
                               {"facts", nlohmann::json::parse(r.facts)},
                               {"options", r.options.empty() ? nlohmann::json() : nlohmann::json::parse(r.options)}};
  fmt::print("{}\n", line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

void print_text(const LedgerRecord& r) {
  const bool uncertain = nlohmann::json::parse(r.facts).value("uncertain", false);
  const std::string remark = r.reason.empty() && uncertain ? "uncertain" : r.reason;
  fmt::print("{}  {:6} {:7.2f} s  {}{}\n", r.finished_at, r.status, r.seconds, r.output,
             remark.empty() ? "" : "  (" + remark + ")");
}

int show_history(const HistoryArguments& a) {
  const std::string directory = ledger_directory_of(a.directory);
  if (!Ledger::exists_in(directory))
    throw SpecError(fmt::format("'{}' has no ledger ({} is missing)", a.directory, Ledger::path_in(directory)));
  Ledger ledger(directory, Ledger::Mode::read);
  LedgerQuery query;
  if (!a.status.empty()) query.status = a.status;
  if (!a.input.empty()) query.input_contains = a.input;
  if (a.limit > 0) query.limit = a.limit;
  ledger.query(query, a.json ? print_json : print_text);
  return 0;
}

}  // namespace

void add_history_command(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand("history", "Show what an output directory's ledger knows")->group("Look");
  command->allow_extras();
  auto arguments = std::make_shared<HistoryArguments>();
  command->add_option("DIR", arguments->directory, "The output directory, or s3://BUCKET/PREFIX")
      ->type_name("")
      ->required();
  command->add_option("--status", arguments->status, "Only records of this status")
      ->check(one_of({"done", "failed", "blocked"}))
      ->type_name("done|failed");
  command->add_option("--input", arguments->input, "Only records whose input path contains this")->type_name("TEXT");
  command->add_option("--limit", arguments->limit, "The newest N records only")->type_name("N");
  command->add_flag("--json", arguments->json, "One JSON line per record");
  command->callback([command, arguments, &exit_code] {
    reject_unknown_flags(*command);
    exit_code = show_history(*arguments);
  });
}

}  // namespace inpaint
