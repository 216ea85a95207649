// Parts of `inpaint models`, a file for each group of its commands.
#pragma once
#include <CLI/CLI.hpp>
#include <optional>
#include <string>
#include <vector>

#include "nn/card.h"

namespace inpaint {

void add_models_list_command(CLI::App& models, int& exit_code);
void add_models_show_command(CLI::App& models, int& exit_code);
void add_models_inspect_command(CLI::App& models, int& exit_code);
void add_models_pull_command(CLI::App& models, int& exit_code);
void add_models_verify_command(CLI::App& models, int& exit_code);
void add_models_remove_command(CLI::App& models, int& exit_code);

/// Which models a listing or a download is about; empty fields: all.
struct CardFilter {
  std::string task, licence;
  bool takes(const Card& card) const;
  void describe_licence(CLI::App& command);
};

/// "205.7 MB"; "?" if the card does not tell.
std::string card_size_text(const Card& card);

}  // namespace inpaint
