#include "talk_flags.h"

#include "core/log.h"
#include "flags.h"

namespace inpaint {

void TalkFlags::add_json(CLI::App& app, const std::string& json_help) {
  app.add_flag("--json", json_, json_help)->group("Running");
  app.add_option("--progress", progress_, "Progress on standard error (auto: on a terminal)")
      ->check(one_of({"auto", "always", "never"}))
      ->type_name("auto|always|never")
      ->group("Running");
}

void TalkFlags::add_loudness(CLI::App& app) {
  app.add_flag("-q,--quiet", quiet_, "Tell errors only")->group("Running");
  app.add_flag("-v,--verbose", verbose_, "Tell more")->group("Running");
}

void TalkFlags::apply() const {
  if (quiet_) set_log_level(LogLevel::error);
  if (verbose_) set_log_level(LogLevel::detail);
}

ProgressMode TalkFlags::progress() const {
  if (progress_ == "always") return ProgressMode::always;
  return progress_ == "never" ? ProgressMode::never : ProgressMode::automatic;
}

}  // namespace inpaint
