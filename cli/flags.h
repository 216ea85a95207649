#pragma once
#include <CLI/CLI.hpp>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "core/fields.h"
#include "pipeline/spec.h"

namespace inpaint {

/// Flags made from told-once options: registers them on a CLI11 command and hands back what was given, in order.
class Flags {
 public:
  explicit Flags(CLI::App& app) : app_(app) {}

  /// Registers one flag per field, except those named in `skip`, in a help group. Given values land in `target`
  /// (see collect).
  void add(const Fields& fields, const std::string& group, std::vector<GivenOption>& target,
           const std::vector<std::string>& skip = {});
  /// Registers one field under flags of its own choice, e.g. "-o,--output".
  void add_as(const std::string& flags, const Field& field, const std::string& group, std::vector<GivenOption>& target);
  /// Fills the targets in command line order. Call after parsing.
  void collect();

 private:
  struct Binding {
    std::string field, shown;
    std::vector<GivenOption>* target;
  };
  CLI::App& app_;
  std::deque<std::vector<std::string>> values_;
  std::map<const CLI::Option*, Binding> bindings_;
};

/// A check for CLI11 that a value is one of these names, answering a wrong one with the nearest.
std::function<std::string(const std::string&)> one_of(std::vector<std::string> names);

/// Help as people read it: one column of flags with their values, one of wrapped text.
class HelpFormatter : public CLI::Formatter {
 public:
  std::string make_option(const CLI::Option* option, bool is_positional) const override;
  std::string make_group(std::string group, bool is_positional, std::vector<const CLI::Option*> options) const override;
  std::string make_usage(const CLI::App* app, std::string name) const override;
};

/// Throws SpecError with the nearest known flag if the command line held one that `app` does not know.
void reject_unknown_flags(const CLI::App& app);

}  // namespace inpaint
