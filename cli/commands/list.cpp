#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "commands/commands.h"
#include "core/names.h"
#include "flags.h"
#include "nn/models.h"
#include "pipeline/stage.h"
#include "stages/models.h"

namespace inpaint {
namespace {

nlohmann::json stage_json(const StageInfo& info) {
  const auto stage = info.make();
  Fields fields;
  stage->describe(fields);
  nlohmann::json options = nlohmann::json::array();
  for (const Field& field : fields.all()) {
    options.push_back({{"name", field.name},
                       {"help", field.help},
                       {"value", field.value_name},
                       {"default", field.default_text},
                       {"rule", field.rule()},
                       {"repeats", field.repeats},
                       {"operation", field.ordered}});
  }
  return {{"name", info.name}, {"summary", info.summary}, {"options", options}};
}

void list_stages(bool json) {
  nlohmann::json all = nlohmann::json::array();
  for (const StageInfo& info : all_stages()) {
    const nlohmann::json stage = stage_json(info);
    all.push_back(stage);
    if (json) continue;
    fmt::print("{}: {}\n", info.name, info.summary);
    for (const auto& option : stage["options"]) {
      fmt::print("    {:15} {:16} {}\n", option["name"].get<std::string>(), option["value"].get<std::string>(),
                 option["help"].get<std::string>());
    }
  }
  if (json) fmt::print("{}\n", all.dump(2));
}

// A model of several tasks is listed once for each. Networks tell their licence and whether their files are there.
nlohmann::json models_json() {
  nlohmann::json all = nlohmann::json::array();
  for (const ModelInfo& model : builtin_models()) {
    all.push_back({{"name", model.name},
                   {"task", model.task},
                   {"summary", model.summary},
                   {"options", model.options},
                   {"kind", "built-in"},
                   {"state", "present"}});
  }
  for (const Card& card : known_cards()) {
    for (const std::string& task : card.tasks) {
      all.push_back({{"name", card.name},
                     {"task", task},
                     {"summary", card.summary},
                     {"options", nlohmann::json::array()},
                     {"kind", "network"},
                     {"licence", card.licence},
                     {"commercial", card.commercial},
                     {"state", file_state_name(card_state(card))}});
    }
  }
  return all;
}

void list_models(bool json) {
  const nlohmann::json all = models_json();
  if (json) {
    fmt::print("{}\n", all.dump(2, ' ', false, nlohmann::json::error_handler_t::replace));
    return;
  }
  for (const auto& model : all) {
    const std::string name = model["name"], task = model["task"], summary = model["summary"], state = model["state"];
    const std::string note =
        model["kind"] == "built-in" ? "" : fmt::format(" ({}; {})", std::string(model["licence"]), state);
    fmt::print("{:11} {:20} {}{}\n", task, name, summary, note);
  }
}

}  // namespace

void add_list_command(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand("list", "List stages with their options, or models")->group("Look");
  command->allow_extras();
  auto what = std::make_shared<std::string>();
  auto json = std::make_shared<bool>(false);
  command->add_option("WHAT", *what, "stages or models")
      ->type_name("")
      ->required()
      ->check(one_of({"stages", "models"}));
  command->add_flag("--json", *json, "As JSON");
  command->callback([command, what, json, &exit_code] {
    reject_unknown_flags(*command);
    *what == "stages" ? list_stages(*json) : list_models(*json);
    exit_code = 0;
  });
}

}  // namespace inpaint
