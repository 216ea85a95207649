#include "core/fields.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/names.h"

namespace inpaint {

std::string Field::rule() const {
  if (!choices.empty()) return join(choices, ", ");
  if (!limits) return "";
  const auto [low, high] = *limits;
  if (high >= 1e9) return fmt::format("{} or more", low);
  return fmt::format("{} to {}", low, high);
}

Field Fields::blank(const std::string& name, const std::string& help, const char* value_name) {
  Field field;
  field.name = name;
  field.help = help;
  field.value_name = value_name;
  return field;
}

Field& Fields::push(Field field) {
  if (knows(field.name)) throw std::logic_error("field described twice: " + field.name);
  return fields_.emplace_back(std::move(field));
}

Field& Fields::add_operation(const std::string& name, const std::string& value_name, const std::string& help,
                             std::function<void(const std::string&)> append, std::function<void()> forget) {
  Field field = blank(name, help, value_name.c_str());
  field.repeats = field.ordered = true;
  field.store = std::move(append);
  field.clear = std::move(forget);
  field.current = [] { return std::vector<std::string>(); };
  return push(std::move(field));
}

Field* Fields::find(const std::string& name) {
  const auto it = std::find_if(fields_.begin(), fields_.end(), [&](const Field& f) { return f.name == name; });
  return it == fields_.end() ? nullptr : &*it;
}

bool Fields::knows(const std::string& name) const {
  return std::any_of(fields_.begin(), fields_.end(), [&](const Field& f) { return f.name == name; });
}

bool Fields::given(const std::string& name) const {
  return std::any_of(fields_.begin(), fields_.end(), [&](const Field& f) { return f.name == name && f.given(); });
}

std::vector<std::string> Fields::names() const {
  std::vector<std::string> out;
  for (const Field& field : fields_) out.push_back(field.name);
  return out;
}

void Fields::check(const Field& field, const std::string& text, const std::string& where) const {
  if (!field.choices.empty() && std::find(field.choices.begin(), field.choices.end(), text) == field.choices.end()) {
    throw SpecError(fmt::format("{}: unknown value '{}'{}", where, text, name_hint(text, field.choices)));
  }
  if (field.limits) {
    const double value = Codec<double>::parse(text);
    if (value < field.limits->first || value > field.limits->second) {
      throw SpecError(fmt::format("{}: expected {}, got {}", where, field.rule(), text));
    }
  }
}

void Fields::set(const std::string& name, const std::string& text, const std::string& where) {
  Field* field = find(name);
  for (const Field& known : fields_) {
    const std::string head = known.family + ".";
    if (!field && !known.family.empty() && name.starts_with(head))
      return set(known.name, name.substr(head.size()) + "=" + text, where);
  }
  if (!field) throw SpecError(fmt::format("{}: unknown option '{}'{}", where, name, name_hint(name, names())));
  try {
    check(*field, text, where);
    if (field->ordered) {
      note_given(*field, text, where);
      replay_operations();
    } else {
      for (size_t i = 0; i < given_.size(); ++i) {
        if (field->repeats && field->family.empty() && given_[i].first == name && layers_[i] < layer_) field->clear();
      }
      field->store(text);
      note_given(*field, text, where);
    }
  } catch (const BadValue& expected) {
    throw SpecError(fmt::format("{}: expected {}, got '{}'", where, expected.what(), text));
  }
}

// Keeps given_ as the list of what counts: later layers replace earlier ones, single values replace themselves.
void Fields::note_given(Field& field, const std::string& text, const std::string& where) {
  std::vector<size_t> replaced;
  for (size_t i = 0; i < given_.size(); ++i) {
    if (given_[i].first == field.name && (!field.repeats || (field.family.empty() && layers_[i] < layer_)))
      replaced.push_back(i);
  }
  if (field.ordered && replaced.size() > 1) {
    throw SpecError(
        fmt::format("{}: '{}' stands {} times in the spec; change it there", where, field.name, replaced.size()));
  }
  ++field.times_given;
  if (field.ordered && replaced.size() == 1) {
    given_[replaced[0]].second = text;
    layers_[replaced[0]] = layer_;
    return;
  }
  for (auto it = replaced.rbegin(); it != replaced.rend(); ++it) {
    given_.erase(given_.begin() + static_cast<std::ptrdiff_t>(*it));
    layers_.erase(layers_.begin() + static_cast<std::ptrdiff_t>(*it));
  }
  given_.emplace_back(field.name, text);
  layers_.push_back(layer_);
}

void Fields::replay_operations() {
  for (const Field& field : fields_) {
    if (field.ordered) field.clear();
  }
  for (const auto& [name, text] : given_) {
    const Field* field = find(name);
    if (field->ordered) field->store(text);
  }
}

nlohmann::json Fields::resolved() const {
  nlohmann::json out = nlohmann::json::object();
  nlohmann::json operations = nlohmann::json::array();
  for (const Field& field : fields_) {
    if (!field.in_recipe || field.ordered) continue;
    const std::vector<std::string> values = field.current();
    if (field.repeats) {
      out[field.name] = values;
    } else {
      out[field.name] = values.front();
    }
  }
  for (const auto& [name, text] : given_) {
    const auto field =
        std::find_if(fields_.begin(), fields_.end(), [&, n = name](const Field& f) { return f.name == n; });
    if (field->ordered) operations.push_back({name, text});
  }
  if (!operations.empty()) out["operations"] = std::move(operations);
  return out;
}

}  // namespace inpaint
