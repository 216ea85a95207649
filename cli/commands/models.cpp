#include "commands/models.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "commands/commands.h"
#include "core/checksum.h"
#include "core/error.h"
#include "core/names.h"
#include "flags.h"
#include "nn/inspect.h"
#include "nn/models.h"
#include "table.h"

namespace inpaint {
namespace {

nlohmann::json file_json(const Card& card, const CardFile& file) {
  return {{"role", file.role},
          {"name", file.name},
          {"path", file_path(card, file.role)},
          {"url", file_url(card, file.role)},
          {"md5", file.md5},
          {"sha256", file.sha256},
          {"size", file.size ? nlohmann::json(*file.size) : nlohmann::json()},
          {"state", file_state_name(file_state(card, file.role))}};
}

nlohmann::json card_json(const Card& card) {
  nlohmann::json files = nlohmann::json::array();
  for (const CardFile& file : card.files) files.push_back(file_json(card, file));
  const std::optional<int64_t> size = card_size(card);
  return {{"name", card.name},       {"tasks", card.tasks},
          {"summary", card.summary}, {"driver", card.driver},
          {"licence", card.licence}, {"commercial", card.commercial},
          {"source", card.source},   {"size", size ? nlohmann::json(*size) : nlohmann::json()},
          {"labels", card.labels},   {"state", file_state_name(card_state(card))},
          {"files", files}};
}

std::string dump(const nlohmann::json& json) {
  return json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace);
}

void list(const CardFilter& filter, bool json) {
  nlohmann::json all = nlohmann::json::array();
  std::vector<std::vector<std::string>> rows{{"NAME", "TASKS", "SIZE", "LICENCE", "COMMERCIAL", "STATE"}};
  for (const Card& card : known_cards()) {
    if (!filter.takes(card)) continue;
    if (json) {
      all.push_back(card_json(card));
    } else {
      rows.push_back({card.name, join(card.tasks, ","), card_size_text(card), card.licence,
                      card.commercial ? "yes" : "no", file_state_name(card_state(card))});
    }
  }
  json ? fmt::print("{}\n", dump(all)) : print_table(rows);
}

void show(const std::string& name, bool json) {
  const Card card = find_card(name);
  if (json) {
    nlohmann::json out = card_json(card);
    out["card"] = card.text;
    fmt::print("{}\n", dump(out));
    return;
  }
  fmt::print("{}{}", card.text, card.text.ends_with('\n') ? "" : "\n");
  for (const CardFile& file : card.files)
    fmt::print("# {}: {}\n", file_path(card, file.role), file_state_name(file_state(card, file.role)));
}

nlohmann::json tensors_json(const std::vector<TensorFacts>& tensors) {
  nlohmann::json all = nlohmann::json::array();
  for (const TensorFacts& t : tensors) all.push_back({{"name", t.name}, {"type", t.type}, {"shape", t.shape}});
  return all;
}

void print_tensors(const char* what, const std::vector<TensorFacts>& tensors) {
  for (const TensorFacts& t : tensors)
    fmt::print("# {:7} {} {} {}\n", what, t.name, t.type.empty() ? "?" : t.type,
               t.shape.empty() ? "?" : shape_text(t.shape));
}

void inspect(const std::string& path, bool json) {
  const FileFacts facts = inspect_file(path);
  const std::string draft = draft_card(path, facts);
  if (json) {
    fmt::print("{}\n", dump({{"file", path},
                             {"format", facts.format},
                             {"inputs", tensors_json(facts.inputs)},
                             {"outputs", tensors_json(facts.outputs)},
                             {"notes", facts.notes},
                             {"card", draft}}));
    return;
  }
  fmt::print("# {}: {}\n", path, facts.format);
  print_tensors("input", facts.inputs);
  print_tensors("output", facts.outputs);
  for (const std::string& note : facts.notes) fmt::print("# {}\n", note);
  fmt::print("# A card for it, to be completed and kept as {}.yaml:\n{}", path, draft);
}

}  // namespace

bool CardFilter::takes(const Card& card) const {
  const bool right_task = task.empty() || std::find(card.tasks.begin(), card.tasks.end(), task) != card.tasks.end();
  return right_task && (licence != "commercial" || card.commercial);
}

void CardFilter::describe_licence(CLI::App& command) {
  command.add_option("--licence", licence, "Only models that may be used commercially, or any (default: any)")
      ->check(one_of({"any", "commercial"}))
      ->type_name("any|commercial");
}

std::string card_size_text(const Card& card) {
  const std::optional<int64_t> size = card_size(card);
  return size ? size_text(*size) : "?";
}

void add_models_list_command(CLI::App& models, int& exit_code) {
  CLI::App* command =
      models.add_subcommand("list", "List models, their licences, and which files are there")->group("Commands");
  command->allow_extras();
  auto filter = std::make_shared<CardFilter>();
  auto json = std::make_shared<bool>(false);
  command->add_option("--task", filter->task, "Only models for this command")
      ->check(one_of({"inpaint", "reconstruct", "remove-bg", "segment"}))
      ->type_name("TASK");
  filter->describe_licence(*command);
  command->add_flag("--json", *json, "As JSON");
  command->callback([command, filter, json, &exit_code] {
    reject_unknown_flags(*command);
    list(*filter, *json);
    exit_code = 0;
  });
}

void add_models_show_command(CLI::App& models, int& exit_code) {
  CLI::App* command =
      models.add_subcommand("show", "Print a model's card, and where its files belong")->group("Commands");
  command->allow_extras();
  auto name = std::make_shared<std::string>();
  auto json = std::make_shared<bool>(false);
  command->add_option("NAME", *name, "A name, a file, or a folder with a card")->type_name("")->required();
  command->add_flag("--json", *json, "As JSON");
  command->callback([command, name, json, &exit_code] {
    reject_unknown_flags(*command);
    show(*name, *json);
    exit_code = 0;
  });
}

void add_models_inspect_command(CLI::App& models, int& exit_code) {
  CLI::App* command =
      models.add_subcommand("inspect", "Print what a model file tells, and draft a card for it")->group("Commands");
  command->allow_extras();
  auto path = std::make_shared<std::string>();
  auto json = std::make_shared<bool>(false);
  command->add_option("FILE", *path, "TorchScript, ONNX or safetensors")->type_name("")->required();
  command->add_flag("--json", *json, "As JSON");
  command->callback([command, path, json, &exit_code] {
    reject_unknown_flags(*command);
    inspect(*path, *json);
    exit_code = 0;
  });
}

void add_models_command(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand("models", "List, fetch, verify and inspect networks")->group("Look");
  command->allow_extras();
  command->require_subcommand(0, 1);
  command->formatter(std::make_shared<HelpFormatter>());
  add_models_list_command(*command, exit_code);
  add_models_show_command(*command, exit_code);
  add_models_pull_command(*command, exit_code);
  add_models_verify_command(*command, exit_code);
  add_models_inspect_command(*command, exit_code);
  add_models_remove_command(*command, exit_code);
  command->callback([command, &exit_code] {
    if (!command->get_subcommands().empty()) return;
    const std::vector<std::string> extras = command->remaining();
    std::vector<std::string> names;
    for (const CLI::App* part : command->get_subcommands({})) names.push_back(part->get_name());
    if (!extras.empty())
      throw SpecError(fmt::format("unknown command 'models {}'{}", extras.front(), name_hint(extras.front(), names)));
    fmt::print(stderr, "{}", command->help("inpaint"));
    exit_code = 2;
  });
}

}  // namespace inpaint
