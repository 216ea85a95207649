#include "flags.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/error.h"
#include "core/names.h"

namespace inpaint {
namespace {

std::string help_of(const Field& field) {
  std::vector<std::string> facts;
  if (!field.rule().empty()) facts.push_back(field.rule());
  if (!field.default_text.empty()) facts.push_back("default: " + field.default_text);
  return facts.empty() ? field.help : field.help + " (" + join(facts, "; ") + ")";
}

// "models pull": without the program's own name.
std::string full_name(const CLI::App& app) {
  const CLI::App* parent = app.get_parent();
  return parent == nullptr || parent->get_parent() == nullptr ? app.get_name()
                                                              : full_name(*parent) + " " + app.get_name();
}

}  // namespace

void Flags::add(const Fields& fields, const std::string& group, std::vector<GivenOption>& target,
                const std::vector<std::string>& skip) {
  for (const Field& field : fields.all()) {
    if (std::find(skip.begin(), skip.end(), field.name) == skip.end()) add_as("--" + field.name, field, group, target);
  }
}

void Flags::add_as(const std::string& flags, const Field& field, const std::string& group,
                   std::vector<GivenOption>& target) {
  CLI::Option* option = nullptr;
  const std::string help = help_of(field);
  if (field.is_switch()) {
    option = app_.add_flag(flags, help)->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  } else {
    option = app_.add_option(flags, values_.emplace_back(), help)->type_name(field.value_name)->allow_extra_args(false);
  }
  option->group(field.group.empty() ? group : field.group);
  bindings_[option] = {field.name, flags.substr(0, flags.find(',')), &target};
}

void Flags::collect() {
  std::map<const CLI::Option*, size_t> taken;
  for (const CLI::Option* option : app_.parse_order()) {
    const auto it = bindings_.find(option);
    if (it == bindings_.end()) continue;
    const size_t k = taken[option]++;
    if (k < option->results().size())
      it->second.target->push_back({it->second.field, option->results()[k], it->second.shown});
  }
}

std::function<std::string(const std::string&)> one_of(std::vector<std::string> names) {
  return [names](const std::string& value) {
    const bool known = std::find(names.begin(), names.end(), value) != names.end();
    return known ? std::string() : fmt::format("unknown value '{}'{}", value, name_hint(value, names));
  };
}

std::string HelpFormatter::make_option(const CLI::Option* option, bool is_positional) const {
  constexpr size_t text_column = 30, width = 110;
  std::string line = "  " + option->get_name(is_positional, !is_positional);
  if (!is_positional && option->get_type_size() != 0) line += " " + option->get_type_name();
  line += line.size() + 2 > text_column ? "\n" + std::string(text_column, ' ')
                                        : std::string(text_column - line.size(), ' ');
  size_t used = text_column;
  for (const std::string& word : split(option->get_description(), ' ')) {
    if (used + word.size() + 1 > width) {
      line.back() = '\n';
      line += std::string(text_column, ' ');
      used = text_column;
    }
    line += word + " ";
    used += word.size() + 1;
  }
  line.back() = '\n';
  return line;
}

std::string HelpFormatter::make_group(std::string group, bool is_positional,
                                      std::vector<const CLI::Option*> options) const {
  std::string out = (is_positional ? "\n" : "") + group + ":\n";
  for (const CLI::Option* option : options) out += make_option(option, is_positional);
  return is_positional ? out + "\n" : out;
}

std::string HelpFormatter::make_usage(const CLI::App* app, std::string name) const {
  const std::string usage = Formatter::make_usage(app, name);
  return "\n" + std::string(trim(usage)) + "\n";
}

void reject_unknown_flags(const CLI::App& app) {
  const std::vector<std::string> extras = app.remaining();
  if (extras.empty()) return;
  std::vector<std::string> known;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) known.push_back("--" + name);
  }
  const std::string word = extras.front().substr(0, extras.front().find('='));
  const std::string near = nearest_name(word, known);
  throw SpecError(fmt::format("unknown flag '{}'{}; 'inpaint {} --help' lists them all", word,
                              near.empty() ? "" : fmt::format(" (did you mean '{}'?)", near), full_name(app)));
}

}  // namespace inpaint
