#include <fmt/format.h>
#include <malloc.h>

#include <CLI/CLI.hpp>

#include "commands/commands.h"
#include "core/error.h"
#include "core/log.h"
#include "core/names.h"
#include "flags.h"
#include "image/codec.h"
#include "nn/module.h"
#include "nn/native/driver.h"
#include "restart.h"

namespace inpaint {
namespace {

enum ExitCode { success = 0, asked_wrongly = 2, missing = 3 };

void check_command_name(const CLI::App& app, int argc, char** argv) {
  if (argc < 2 || argv[1][0] == '-') return;
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands({})) names.push_back(command->get_name());
  if (std::find(names.begin(), names.end(), argv[1]) != names.end()) return;
  throw SpecError(fmt::format("unknown command '{}'{}", argv[1], name_hint(argv[1], names)));
}

int handle_parse_error(const CLI::App& app, const CLI::ParseError& error) {
  if (error.get_exit_code() == 0) return app.exit(error);  // --help
  std::string command = "inpaint";
  for (const CLI::App* named = &app; !named->get_subcommands().empty();) {
    named = named->get_subcommands().front();
    command += " " + named->get_name();
  }
  log(LogLevel::error, fmt::format("{}; see '{} --help'", error.what(), command));
  return asked_wrongly;
}

void print_library_versions() {
  fmt::print("{}\n{}\n", codec_versions(), native_driver().version());
  for (const char* name : {"torch", "onnx"}) {
    try {
      fmt::print("{}\n", module_driver(name).version());
    } catch (const MissingError& error) {
      fmt::print("{}: absent ({})\n", name, error.what());
    }
  }
}

int run(int argc, char** argv) {
  CLI::App app(
      "Edits photographs in bulk without drawing by hand: finds, masks, fills, cuts out, composes.\n"
      "Directories, resume, progress and exit codes are the same for every command.",
      "inpaint");
  int exit_code = success;
  bool version = false, verbose = false;
  app.add_flag("--version", version, "Print the version (-v: of the libraries, too)");
  app.add_flag("-v,--verbose", verbose)->group("");
  app.footer(
      "Exit codes: 0 all done, 1 some pictures failed, 2 asked wrongly, 3 something needed is missing, 130 "
      "interrupted.");
  app.formatter(std::make_shared<HelpFormatter>());
  app.require_subcommand(0, 1);
  add_stage_commands(app, exit_code);
  add_run_command(app, exit_code);
  add_finetune_command(app, exit_code);
  add_check_command(app, exit_code);
  add_compare_command(app, exit_code);
  add_history_command(app, exit_code);
  add_list_command(app, exit_code);
  add_models_command(app, exit_code);
  add_endpoints_command(app, exit_code);
  try {
    check_command_name(app, argc, argv);
    app.parse(argc, argv);
    if (version) {
      fmt::print("inpaint {}\n", INPAINT_VERSION);
      if (verbose) print_library_versions();
    } else if (app.get_subcommands().empty()) {
      fmt::print(stderr, "{}", app.help());
      return asked_wrongly;
    }
  } catch (const CLI::ParseError& error) {
    return handle_parse_error(app, error);
  } catch (const SpecError& error) {
    log(LogLevel::error, error.what());
    return asked_wrongly;
  } catch (const MissingError& error) {
    log(LogLevel::error, error.what());
    return missing;
  }
  return exit_code;
}

}  // namespace
// Pictures come one after another, each wanting tens of megabytes anew: memory that is given back to the system and
// taken again costs more than much of the work. One heap for all threads, which keeps what was freed.
void keep_freed_memory() {
#ifdef __GLIBC__
  mallopt(M_ARENA_MAX, 1);
  mallopt(M_MMAP_THRESHOLD, 1 << 30);
  mallopt(M_TRIM_THRESHOLD, 1 << 30);
#endif
}

}  // namespace inpaint

int main(int argc, char** argv) {
  inpaint::remember_arguments(argv);
  inpaint::keep_freed_memory();
  try {
    return inpaint::run(argc, argv);
  } catch (const std::exception& error) {
    inpaint::log(inpaint::LogLevel::error, std::string("internal error: ") + error.what());
    return 1;
  }
}
