#include "job.h"

#include <fmt/format.h>

#include "core/cancel.h"
#include "core/error.h"
#include "core/log.h"
#include "core/names.h"
#include "pipeline/event_listener.h"
#include "pipeline/pipeline.h"
#include "pipeline/plan.h"
#include "pipeline/runner.h"
#include "restart.h"
#include "spending.h"
#include "terminal.h"

namespace inpaint {
namespace {

enum ExitCode { all_done = 0, some_failed = 1, something_missing = 3, interrupted = 130 };

const Field& field_of(const Fields& fields, const std::string& name) {
  for (const Field& field : fields.all()) {
    if (field.name == name) return field;
  }
  throw std::logic_error("no such field: " + name);
}

}  // namespace

JobFlags::JobFlags(CLI::App& app) : app_(app), flags_(app) { app.allow_extras(); }

void JobFlags::add_stage(const Fields& fields) {
  flags_.add(fields, "What it does", stage_);
  app_.add_option("--set", settings_, "Set an option by its name; endpoint.KEY is a value of the endpoint's card")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false)
      ->group("What it does");
  stage_names_ = fields.names();
}

void JobFlags::add_shared(const std::string& inputs) {
  Fields input, output, run;
  input_options_.describe(input);
  output_options_.describe(output);
  run_options_.describe(run);
  app_.add_option("INPUT", paths_, inputs.empty() ? field_of(input, "paths").help : inputs)->type_name("");
  flags_.add_as("-o,--output", field_of(output, "path"), "Input and output", output_);
  flags_.add(input, "Input and output", input_, {"paths"});
  std::vector<std::string> taken = stage_names_;  // where both know a name (--background), the stage's counts
  taken.push_back("path");
  flags_.add(output, "Input and output", output_, taken);
  flags_.add(run, "Running", run_);
  talk_.add_json(app_, "One JSON line per picture and a summary on standard output");
  app_.add_flag("--print-spec", print_spec_, "Print the YAML spec that this command line amounts to, and stop")
      ->group("Running");
  talk_.add_loudness(app_);
}

void JobFlags::collect() {
  reject_unknown_flags(app_);
  flags_.collect();
  for (const std::string& text : settings_) {
    const size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0)
      throw SpecError(fmt::format("--set: expected KEY=VALUE, got '{}'", text));
    stage_.push_back({text.substr(0, equals), text.substr(equals + 1), "--set " + text.substr(0, equals)});
  }
  for (const std::string& path : paths_) input_.push_back({"paths", path, "INPUT"});
  talk_.apply();
}

int JobFlags::run(const Spec& spec, const Spec& overrides) const {
  const Pipeline pipeline(spec, overrides);
  if (print_spec_) {
    fmt::print("{}", pipeline.print());
    return all_done;
  }
  if (talk_.json() && pipeline.output().path == "-") throw SpecError("--json and -o - both want standard output");
  const bool dry_run = pipeline.run().dry_run;
  if (pipeline.opens_network() && !dry_run) restart_with_passive_openmp();
  static Cancel cancel;
  const Plan plan = make_plan(pipeline, &cancel);
  if (!plan.passed_over.empty()) {
    log(LogLevel::info,
        fmt::format("{} passed over: no picture by name or content{}", count_of(plan.passed_over.size(), "file"),
                    log_level() < LogLevel::detail ? " (-v names them)" : ""));
    for (const std::string& file : plan.passed_over) log(LogLevel::detail, "passed over: " + file);
  }
  settle_spending(pipeline, plan);
  auto outlet = pipeline.run().events && !dry_run ? open_event_outlet(*pipeline.run().events) : nullptr;
  prepare_run(pipeline, plan);
  if (!dry_run && plan.count(PlannedItem::Decision::work) > 0) open_output(plan);
  cancel_on_signals(cancel);
  TerminalListener terminal({talk_.json(), dry_run, talk_.progress()});
  std::optional<EventListener> events;
  if (outlet) events.emplace(terminal, std::move(outlet));
  RunListener& listener = events ? static_cast<RunListener&>(*events) : terminal;
  const RunSummary summary = run_plan(pipeline, plan, listener, cancel);
  if (summary.interrupted) return interrupted;
  if (summary.blocked > 0) return something_missing;
  return summary.failed > 0 ? some_failed : all_done;
}

}  // namespace inpaint
