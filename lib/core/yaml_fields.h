// Options told in YAML: cards of models and of endpoints.
#pragma once
#include <yaml-cpp/yaml.h>

#include <functional>
#include <string>

#include "core/fields.h"

namespace inpaint {

/// Parses YAML that must be a mapping. `where` heads errors: the file. `expected`: what it is, for the error. Throws
/// SpecError.
YAML::Node load_mapping(const std::string& text, const std::string& where, const std::string& expected);

/// "FILE:LINE: KEY", as errors about this node begin.
std::string place_in_yaml(const YAML::Node& node, const std::string& where, const std::string& key);

/// Sets fields from a mapping: keys of nested mappings are joined by dots, a list sets a repeating field anew. `take`,
/// if given, is asked first about each key of the outermost mapping and returns whether it took it. Throws SpecError
/// that names file, line and key.
void set_from_mapping(const YAML::Node& mapping, const std::string& where, Fields& fields,
                      const std::function<bool(const std::string& key, const YAML::Node& value)>& take = {});

}  // namespace inpaint
