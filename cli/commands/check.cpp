#include <fmt/format.h>

#include "commands/commands.h"
#include "core/names.h"
#include "flags.h"
#include "pipeline/pipeline.h"

namespace inpaint {

void add_check_command(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand("check", "Check pipelines without running them")->group("Look");
  command->allow_extras();
  auto files = std::make_shared<std::vector<std::string>>();
  command->add_option("SPEC", *files, "YAML files")->type_name("")->required();
  command->callback([command, files, &exit_code] {
    reject_unknown_flags(*command);
    for (const std::string& file : *files) {
      const Pipeline pipeline(read_spec(file));
      std::vector<std::string> names;
      for (const Pipeline::Step& step : pipeline.steps()) names.push_back(step.name);
      fmt::print("{}: ok ({}, writes {})\n", file, join(names, " -> "), port_name(pipeline.result()));
    }
    exit_code = 0;
  });
}

}  // namespace inpaint
