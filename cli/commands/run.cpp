#include <fmt/format.h>

#include "commands/commands.h"
#include "core/error.h"
#include "job.h"

namespace inpaint {
namespace {

// "stage.key=value" goes to the layer of flags above the spec.
void add_setting(Spec& overrides, const std::string& text) {
  const size_t equals = text.find('='), dot = text.substr(0, equals).find('.');
  if (equals == std::string::npos || dot == std::string::npos || dot == 0) {
    throw SpecError(fmt::format("--set: expected stage.key=value, got '{}'", text));
  }
  const std::string owner = text.substr(0, dot);
  const GivenOption option{text.substr(dot + 1, equals - dot - 1), text.substr(equals + 1),
                           "--set " + text.substr(0, equals)};
  if (owner == "input") return overrides.input.push_back(option);
  if (owner == "output") return overrides.output.push_back(option);
  if (owner == "run") return overrides.run.push_back(option);
  overrides.stages.push_back({owner, "--set " + text.substr(0, equals), {option}});
}

struct RunArguments {
  std::string spec;
  std::vector<std::string> settings;
};

}  // namespace

void add_run_command(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand("run", "Run a pipeline described in YAML")->group("Work on pictures");
  auto arguments = std::make_shared<RunArguments>();
  auto flags = std::make_shared<JobFlags>(*command);
  command->add_option("SPEC", arguments->spec, "The YAML file")->type_name("")->required();
  command
      ->add_option("--set", arguments->settings, "Set an option of a stage (or of input, output, run); may be repeated")
      ->type_name("STAGE.KEY=VALUE")
      ->allow_extra_args(false)
      ->group("What it does");
  flags->add_shared();
  command->callback([arguments, flags, &exit_code] {
    flags->collect();
    Spec overrides = flags->shared();
    for (const std::string& setting : arguments->settings) add_setting(overrides, setting);
    exit_code = flags->run(read_spec(arguments->spec), overrides);
  });
}

}  // namespace inpaint
