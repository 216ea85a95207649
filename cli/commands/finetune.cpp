#include "train/finetune.h"

#include <fmt/format.h>

#include <algorithm>

#include "commands/commands.h"
#include "core/error.h"
#include "core/log.h"
#include "flags.h"
#include "restart.h"
#include "talk_flags.h"
#include "training_progress.h"

namespace inpaint {
namespace {

enum ExitCode { all_done = 0, diverged = 1, interrupted = 130 };

// The command line as it could be typed again.
std::string command_line() {
  std::string line = "inpaint";
  for (const std::string& word : remembered_arguments()) {
    const bool plain = !word.empty() && word.find_first_of(" \t\n'\"\\$`*?[]{}()<>|&;#!~") == std::string::npos;
    std::string shown;
    for (const char c : word) shown += c == '\'' ? std::string("'\\''") : std::string(1, c);
    line += plain ? " " + word : " '" + shown + "'";
  }
  return line;
}

class FinetuneFlags {
 public:
  explicit FinetuneFlags(CLI::App& app) : app_(app), flags_(app) {
    app.allow_extras();
    FinetuneOptions described;
    Fields fields;
    described.describe(fields);
    app.add_option("PICTURE", pictures_, fields.all().front().help)->type_name("");
    app.add_option("-o,--output", folder_, "The folder that becomes the model")
        ->type_name("MODEL_DIR")
        ->group("What it does");
    app.add_option("--config", config_, "YAML file with any of these options; flags win over it")
        ->type_name("FILE")
        ->group("What it does");
    app.add_flag("--resume", resume_, "Go on with the training in MODEL_DIR from its last checkpoint")
        ->group("What it does");
    const std::vector<std::string> main{"task", "base", "masks", "mattes", "iterations", "minutes"};
    std::vector<std::string> rest{"pictures"};
    for (const std::string& name : fields.names()) {
      if (std::find(main.begin(), main.end(), name) == main.end()) rest.push_back(name);
    }
    flags_.add(fields, "What it does", given_, rest);
    std::vector<std::string> done = main;
    done.push_back("pictures");
    flags_.add(fields, "How it learns", given_, done);
    app.add_flag("--print-config", print_config_, "Print the YAML that this command line amounts to, and stop")
        ->group("Running");
    talk_.add_json(app, "Each event as a JSON line and a summary on standard output");
    talk_.add_loudness(app);
  }

  int run() {
    collect();
    FinetuneOptions options;
    Fields fields;
    options.describe(fields);
    take_layers(fields);
    options.check();
    if (print_config_) {
      fmt::print("{}", print_options(fields));
      return all_done;
    }
    if (folder_.empty()) throw SpecError("-o is missing: the folder that becomes the model");
    if (options.paths.pictures.empty()) throw SpecError("no pictures given to learn from: files, directories or globs");
    const FinetunePlace place{folder_, resume_, {INPAINT_VERSION, command_line()}};
    check_place(place);
    if (resume_ && is_finished(folder_, fields)) {
      log(LogLevel::info,
          fmt::format("nothing to do: the training in {} is finished; more --iterations or --minutes make it longer",
                      folder_));
      return all_done;
    }
    restart_with_passive_openmp();
    return teach(options, fields, place);
  }

 private:
  void collect() {
    reject_unknown_flags(app_);
    flags_.collect();
    talk_.apply();
  }

  // Record of the training that goes on < config file < flags.
  void take_layers(Fields& fields) const {
    const auto set_all = [&](const std::vector<GivenOption>& options) {
      fields.begin_layer();
      for (const GivenOption& option : options) fields.set(option.name, option.text, option.where);
    };
    if (resume_ && !folder_.empty()) set_all(recorded_options(folder_));
    if (!config_.empty()) set_all(read_options(config_));
    set_all(given_);
    for (const std::string& picture : pictures_) fields.set("pictures", picture, "PICTURE");
  }

  int teach(const FinetuneOptions& options, const Fields& fields, const FinetunePlace& place) const {
    static Cancel cancel;
    cancel_on_signals(cancel);
    TrainingProgress progress(talk_.json(), talk_.progress());
    const FinetuneListener listener{[&](const FinetuneStart& start) { progress.start(start); },
                                    [&](const nlohmann::json& event) { progress.event(event); }};
    try {
      const TrainingResult result = finetune(options, fields, place, listener, cancel);
      progress.end(result, folder_);
      if (result.ended == "interrupted") return interrupted;
      return result.ended == "diverged" ? diverged : all_done;
    } catch (const MissingError& error) {
      if (!progress.started()) throw;
      throw MissingError(
          fmt::format("{}; once that is cured, 'inpaint finetune -o {} --resume' goes on from the last "
                      "checkpoint",
                      error.what(), folder_));
    }
  }

  CLI::App& app_;
  Flags flags_;
  TalkFlags talk_;
  std::vector<std::string> pictures_;
  std::vector<GivenOption> given_;
  std::string folder_, config_;
  bool resume_ = false, print_config_ = false;
};

}  // namespace

void add_finetune_command(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand("finetune", "Teach a network your own pictures; the result is a model")
                          ->group("Work on pictures");
  auto flags = std::make_shared<FinetuneFlags>(*command);
  command->callback([flags, &exit_code] { exit_code = flags->run(); });
}

}  // namespace inpaint
