#include "pipeline/spec.h"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <set>

#include "core/error.h"
#include "core/names.h"
#include "pipeline/companion.h"

namespace inpaint {
namespace {

class Reader {
 public:
  explicit Reader(std::string file) : file_(std::move(file)) {}

  Spec read(const YAML::Node& root) const {
    if (!root.IsMap()) throw SpecError(fmt::format("{}: expected a mapping with the key 'stages'", file_));
    const std::vector<std::string> known = {"input", "output", "run", "stages"};
    Spec spec;
    std::set<std::string> seen;
    for (const auto& entry : root) {
      const std::string key = once(entry.first, seen);
      if (key == "input") {
        spec.input = shared(entry.second, "input", "paths");
      } else if (key == "output") {
        spec.output = shared(entry.second, "output", "path");
      } else if (key == "run") {
        options(entry.second, "run", spec.run);
      } else if (key == "stages") {
        for (const YAML::Node& node : list(entry.second, "stages")) spec.stages.push_back(stage(node));
      } else {
        throw SpecError(fmt::format("{}: unknown key '{}'{}", at(entry.first), key, name_hint(key, known)));
      }
    }
    if (spec.stages.empty()) throw SpecError(fmt::format("{}: 'stages' is missing or empty", file_));
    return spec;
  }

  std::vector<GivenOption> read_options(const YAML::Node& root) const {
    std::vector<GivenOption> out;
    options(root, "", out);
    return out;
  }

 private:
  std::string at(const YAML::Node& node) const { return fmt::format("{}:{}", file_, node.Mark().line + 1); }

  // "spec.yaml:7: mask.grow"; what belongs to nobody stands alone.
  std::string at(const YAML::Node& node, const std::string& owner, const std::string& name) const {
    return fmt::format("{}: {}{}{}", at(node), owner, owner.empty() ? "" : ".", name);
  }

  std::string scalar(const YAML::Node& node, const std::string& what) const {
    if (!node.IsScalar()) throw SpecError(fmt::format("{}: expected {} to be a single value", at(node), what));
    return node.Scalar();
  }

  // A key that has not occurred in this mapping yet.
  std::string once(const YAML::Node& key, std::set<std::string>& seen) const {
    const std::string name = scalar(key, "a key");
    if (!seen.insert(name).second)
      throw SpecError(fmt::format("{}: '{}' stands twice in one mapping; give several as a list", at(key), name));
    return name;
  }

  std::vector<YAML::Node> list(const YAML::Node& node, const std::string& what) const {
    if (!node.IsSequence()) throw SpecError(fmt::format("{}: expected '{}' to be a list", at(node), what));
    return {node.begin(), node.end()};
  }

  StageSpec stage(const YAML::Node& node) const {
    StageSpec out;
    out.where = at(node);
    if (node.IsScalar()) {
      out.name = node.Scalar();
      return out;
    }
    if (!node.IsMap() || node.size() != 1) {
      throw SpecError(
          fmt::format("{}: expected one stage name with its options (is the indentation right?)", out.where));
    }
    out.name = scalar(node.begin()->first, "the stage name");
    options(node.begin()->second, out.name, out.options);
    return out;
  }

  // `input: DIR` is short for `input: {paths: DIR}`.
  std::vector<GivenOption> shared(const YAML::Node& node, const std::string& owner, const std::string& main_key) const {
    std::vector<GivenOption> out;
    if (node.IsMap()) {
      options(node, owner, out);
    } else {
      option(main_key, node, owner, node, out);
    }
    return out;
  }

  void options(const YAML::Node& node, const std::string& owner, std::vector<GivenOption>& out) const {
    if (node.IsNull()) return;
    if (node.IsMap()) {
      std::set<std::string> seen;
      for (const auto& entry : node) option(once(entry.first, seen), entry.second, owner, entry.first, out);
      return;
    }
    if (!node.IsSequence())
      throw SpecError(fmt::format("{}: expected {}, as 'name: value'", at(node),
                                  owner.empty() ? "options" : "the options of '" + owner + "'"));
    for (const YAML::Node& entry : node) {
      if (entry.IsScalar()) {
        out.push_back({entry.Scalar(), "true", at(entry, owner, entry.Scalar())});
      } else {
        options(entry, owner, out);
      }
    }
  }

  void option(const std::string& name, const YAML::Node& value, const std::string& owner, const YAML::Node& place,
              std::vector<GivenOption>& out) const {
    const std::string where = at(place, owner, name);
    if (value.IsSequence()) {
      for (const YAML::Node& one : value) out.push_back({name, scalar(one, "each entry of '" + name + "'"), where});
    } else {
      out.push_back({name, value.IsNull() ? "" : scalar(value, "'" + name + "'"), where});
    }
  }

  std::string file_;
};

template <class Read>
auto parse(const std::string& yaml_text, const std::string& file, Read read) {
  try {
    return read(Reader(file), YAML::Load(yaml_text));
  } catch (const YAML::Exception& error) {
    throw SpecError(fmt::format("{}:{}: {}", file, error.mark.line + 1, error.msg));
  }
}

std::string text_of(const std::string& path) {
  try {
    const Bytes text = read_file(path);
    return {text.begin(), text.end()};
  } catch (const ItemError& error) {
    throw SpecError(fmt::format("{}: {}", path, error.what()));
  }
}

}  // namespace

Spec parse_spec(const std::string& yaml_text, const std::string& file) {
  return parse(yaml_text, file, [](const Reader& reader, const YAML::Node& root) { return reader.read(root); });
}

Spec read_spec(const std::string& path) { return parse_spec(text_of(path), path); }

std::vector<GivenOption> parse_options(const std::string& yaml_text, const std::string& file) {
  return parse(yaml_text, file, [](const Reader& reader, const YAML::Node& root) { return reader.read_options(root); });
}

std::vector<GivenOption> read_options(const std::string& path) { return parse_options(text_of(path), path); }

}  // namespace inpaint
