#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <set>

#include "pipeline/pipeline.h"

namespace inpaint {
namespace {

void emit_value(YAML::Emitter& out, const std::string& text) {
  // Plain where YAML reads the same text back; quoted where it would not ("#ff0000", "", "10%,5").
  const bool plain = !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return std::isalnum(c) || c == '.' || c == '-' || c == '/' || c == '_' || c == ',';
  });
  plain ? out << text : out << YAML::DoubleQuoted << text;
}

// A mapping where each name occurs once; several values of one plain option are a list; a list of mappings where an
// operation occurs twice, to keep the order.
void emit_options(YAML::Emitter& out, const Fields& fields) {
  std::multiset<std::string> operations;
  const auto is_operation = [&](const std::string& name) {
    return std::any_of(fields.all().begin(), fields.all().end(),
                       [&](const Field& f) { return f.name == name && f.ordered; });
  };
  for (const auto& [name, text] : fields.given_values()) {
    if (is_operation(name)) operations.insert(name);
  }
  const bool as_list =
      std::any_of(operations.begin(), operations.end(), [&](const std::string& n) { return operations.count(n) > 1; });
  std::set<std::string> written;
  out << (as_list ? YAML::BeginSeq : YAML::BeginMap);
  for (const auto& [name, text] : fields.given_values()) {
    if (!is_operation(name) && !written.insert(name).second) continue;
    if (as_list) out << YAML::BeginMap;
    out << YAML::Key << name << YAML::Value;
    const auto field =
        std::find_if(fields.all().begin(), fields.all().end(), [&, n = name](const Field& f) { return f.name == n; });
    const std::vector<std::string> values = field->ordered ? std::vector{text} : field->current();
    if (values.size() > 1) {
      out << YAML::BeginSeq;
      for (const std::string& value : values) emit_value(out, value);
      out << YAML::EndSeq;
    } else {
      emit_value(out, values.empty() ? text : values.front());
    }
    if (as_list) out << YAML::EndMap;
  }
  out << (as_list ? YAML::EndSeq : YAML::EndMap);
}

void emit_shared(YAML::Emitter& out, const char* key, const Fields& fields) {
  if (fields.given_values().empty()) return;
  out << YAML::Key << key << YAML::Value;
  emit_options(out, fields);
}

}  // namespace

std::string print_options(const Fields& fields) {
  if (fields.given_values().empty()) return "";
  YAML::Emitter out;
  emit_options(out, fields);
  return std::string(out.c_str()) + "\n";
}

std::string Pipeline::print() const {
  YAML::Emitter out;
  out << YAML::BeginMap;
  emit_shared(out, "input", input_fields_);
  emit_shared(out, "output", output_fields_);
  emit_shared(out, "run", run_fields_);
  out << YAML::Key << "stages" << YAML::Value << YAML::BeginSeq;
  for (const Step& step : steps_) {
    if (step.fields->given_values().empty()) {
      out << step.name;
      continue;
    }
    out << YAML::BeginMap << YAML::Key << step.name << YAML::Value;
    emit_options(out, *step.fields);
    out << YAML::EndMap;
  }
  out << YAML::EndSeq << YAML::EndMap;
  return std::string(out.c_str()) + "\n";
}

}  // namespace inpaint
