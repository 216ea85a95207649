#pragma once
#include <string>
#include <vector>

#include "core/fields.h"

namespace inpaint {

/// One option as given in a file or on the command line.
struct GivenOption {
  std::string name, text;
  std::string where;  ///< heads error messages: "spec.yaml:7: mask.grow" or "--grow"
};

/// One stage as given.
struct StageSpec {
  std::string name;
  std::string where;  ///< "spec.yaml:6"
  std::vector<GivenOption> options;
};

/// A pipeline as given, before names and values are checked.
///
/// YAML: `stages` is a list of stage names, each alone or with its options; `input`, `output` and `run` hold the shared
/// options; `input: DIR` and `output: DIR` are short for their `path(s)`. Options are a mapping, or a list of mappings
/// and words where an operation occurs twice. Order counts for operations.
struct Spec {
  std::vector<GivenOption> input, output, run;
  std::vector<StageSpec> stages;
};

/// Reads YAML. `file` names it in messages. Throws SpecError with file:line.
Spec parse_spec(const std::string& yaml_text, const std::string& file);

/// Reads a YAML file. Throws SpecError also if it cannot be read.
Spec read_spec(const std::string& path);

/// Options alone, as a stage has them: a mapping, or a list of mappings and words. Throws SpecError with file:line.
std::vector<GivenOption> parse_options(const std::string& yaml_text, const std::string& file);
/// Throws SpecError also if the file cannot be read.
std::vector<GivenOption> read_options(const std::string& path);

/// What was given to `fields`, as YAML that parse_options reads back.
std::string print_options(const Fields& fields);

}  // namespace inpaint
