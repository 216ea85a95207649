#pragma once
#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "flags.h"
#include "pipeline/options.h"
#include "pipeline/spec.h"
#include "talk_flags.h"

namespace inpaint {

/// The flags that every working command shares, and running what they amount to.
class JobFlags {
 public:
  explicit JobFlags(CLI::App& app);
  /// Flags of the command's own stage; call before add_shared, so that help shows them first.
  void add_stage(const Fields& fields);
  /// INPUT..., -o and all shared flags. `inputs`: help of INPUT where it is no pictures.
  void add_shared(const std::string& inputs = "");

  /// Takes up what was parsed. Throws SpecError for an unknown flag.
  void collect();
  /// The shared options given, and no stages.
  Spec shared() const { return {input_, output_, run_, {}}; }
  const std::vector<GivenOption>& stage_options() const { return stage_; }

  /// Checks, plans and runs; returns the exit code. Throws SpecError and MissingError before any picture is read.
  int run(const Spec& spec, const Spec& overrides) const;

 private:
  CLI::App& app_;
  Flags flags_;
  // Described only to make flags of them; the pipeline has its own.
  InputOptions input_options_;
  OutputOptions output_options_;
  RunOptions run_options_;
  std::vector<std::string> paths_, settings_;
  std::vector<GivenOption> input_, output_, run_, stage_;
  std::vector<std::string> stage_names_;
  TalkFlags talk_;
  bool print_spec_ = false;
};

}  // namespace inpaint
