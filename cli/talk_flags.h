#pragma once
#include <CLI/CLI.hpp>
#include <string>

#include "terminal.h"

namespace inpaint {

/// The flags that say how a command talks: --json, --progress, -q, -v.
class TalkFlags {
 public:
  /// `json_help`: what --json prints.
  void add_json(CLI::App& app, const std::string& json_help);
  void add_loudness(CLI::App& app);
  /// Sets the log level. Call after parsing.
  void apply() const;
  bool json() const { return json_; }
  ProgressMode progress() const;

 private:
  std::string progress_ = "auto";
  bool json_ = false, quiet_ = false, verbose_ = false;
};

}  // namespace inpaint
