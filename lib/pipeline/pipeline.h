#pragma once
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "pipeline/options.h"
#include "pipeline/spec.h"
#include "pipeline/stage.h"

namespace inpaint {

/// The checked chain made from a spec: stages that are prepared and fit together, and the shared options.
/// Stays where it was made, since options are bound to its members.
class Pipeline {
 public:
  /// Makes and checks everything that can be checked without listing pictures. Layers of options in rising precedence:
  /// defaults, the spec, `overrides` (flags, or --set stage.key=value as a spec whose stages are named alike).
  /// Throws SpecError or MissingError.
  explicit Pipeline(const Spec& spec, const Spec& overrides = {});
  Pipeline(const Pipeline&) = delete;
  Pipeline& operator=(const Pipeline&) = delete;

  struct Step {
    std::string name;
    std::unique_ptr<Stage> stage;
    std::unique_ptr<Fields> fields;
  };

  const InputOptions& input() const { return input_; }
  const OutputOptions& output() const { return output_; }
  const RunOptions& run() const { return run_; }
  const Fields& input_fields() const { return input_fields_; }
  const Fields& output_fields() const { return output_fields_; }
  const Fields& run_fields() const { return run_fields_; }
  const std::vector<Step>& steps() const { return steps_; }

  /// What is written for each picture: Port::image or Port::mask.
  Port result() const;
  /// Some stage gives every picture an alpha channel, and none after it takes it away.
  bool makes_alpha() const;
  /// Every further input file that the result for the picture `rel` depends on; files that are missing are left out.
  std::vector<std::string> companion_files(const std::string& rel) const;
  std::vector<std::string> extras() const;
  bool opens_network() const;
  /// The first stage begins with texts: what those are; else null. Throws SpecError.
  std::unique_ptr<Source> own_source() const;
  /// Of all stages that ask a service.
  std::vector<RemoteUse> remote_uses() const;
  /// What decides about the result for one picture alone: rows of tables.
  std::string recipe_for(const std::string& rel) const;
  /// Opens what the stages need to run, the first time. `directory`: where they may keep what a later run goes on with;
  /// empty: nowhere. Throws MissingError.
  void open(const std::string& directory = "") const;

  /// Everything that decides about the bytes of the outputs, resolved, defaults included; without the inputs
  /// themselves.
  nlohmann::json recipe() const;
  /// Hash of recipe().
  std::string recipe_hash() const;
  /// The YAML that amounts to this pipeline: what was given, not the defaults. Reading it back gives the same recipe.
  std::string print() const;

 private:
  void make_steps(const Spec& spec, const Spec& overrides);
  void check_ports() const;
  void prepare();

  InputOptions input_;
  OutputOptions output_;
  RunOptions run_;
  Fields input_fields_, output_fields_, run_fields_;
  std::vector<Step> steps_;
  mutable bool opened_ = false;
};

}  // namespace inpaint
