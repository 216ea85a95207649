#include "core/yaml_fields.h"

#include <fmt/format.h>

#include <set>

#include "core/error.h"

namespace inpaint {
namespace {

class Setter {
 public:
  Setter(const std::string& where, Fields& fields) : where_(where), fields_(fields) {}

  void mapping(const YAML::Node& node, const std::string& prefix,
               const std::function<bool(const std::string&, const YAML::Node&)>& take) const {
    std::set<std::string> seen;
    for (const auto& entry : node) {
      const std::string key = prefix + entry.first.as<std::string>();
      if (!seen.insert(key).second)
        throw SpecError(place_in_yaml(entry.first, where_, key) + ": stands twice in one mapping");
      if (take && take(key, entry.second)) continue;
      if (entry.second.IsMap()) {
        mapping(entry.second, key + ".", {});
      } else if (entry.second.IsSequence()) {
        forget_default(key);
        for (const YAML::Node& one : entry.second) set(key, one, one);
      } else {
        set(key, entry.second, entry.first);
      }
    }
  }

 private:
  void set(const std::string& key, const YAML::Node& value, const YAML::Node& place) const {
    if (!value.IsScalar()) throw SpecError(place_in_yaml(value, where_, key) + ": expected a single value");
    fields_.set(key, value.Scalar(), place_in_yaml(place, where_, key));
  }
  void forget_default(const std::string& key) const {
    for (const Field& field : fields_.all()) {
      if (field.name == key && field.repeats) field.clear();
    }
  }

  const std::string& where_;
  Fields& fields_;
};

}  // namespace

YAML::Node load_mapping(const std::string& text, const std::string& where, const std::string& expected) {
  YAML::Node root;
  try {
    root = YAML::Load(text);
  } catch (const YAML::Exception& error) {
    throw SpecError(fmt::format("{}:{}: not valid YAML: {}", where, error.mark.line + 1, error.msg));
  }
  if (!root.IsMap()) throw SpecError(fmt::format("{}: expected {}", where, expected));
  return root;
}

std::string place_in_yaml(const YAML::Node& node, const std::string& where, const std::string& key) {
  return fmt::format("{}:{}: {}", where, node.Mark().line + 1, key);
}

void set_from_mapping(const YAML::Node& mapping, const std::string& where, Fields& fields,
                      const std::function<bool(const std::string&, const YAML::Node&)>& take) {
  Setter(where, fields).mapping(mapping, "", take);
}

}  // namespace inpaint
