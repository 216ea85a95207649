// Every stage is a command: a pipeline of that one stage.
#include "pipeline/stage.h"
#include "commands/commands.h"
#include "job.h"

namespace inpaint {

void add_stage_commands(CLI::App& app, int& exit_code) {
  for (const StageInfo& info : all_stages()) {
    CLI::App* command = app.add_subcommand(info.name, info.summary)->group("Work on pictures");
    auto flags = std::make_shared<JobFlags>(*command);
    const auto described = info.make();
    Fields fields;
    described->describe(fields);
    flags->add_stage(fields);
    flags->add_shared(described->makes_pictures() ? "Text files with one prompt a line" : "");
    command->callback([&info, flags, &exit_code] {
      flags->collect();
      Spec spec = flags->shared();
      spec.stages.push_back({info.name, info.name, flags->stage_options()});
      exit_code = flags->run(spec, {});
    });
  }
}

}  // namespace inpaint
