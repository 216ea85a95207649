#pragma once
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/cancel.h"
#include "image/format.h"
#include "pipeline/ledger.h"
#include "pipeline/pipeline.h"
#include "pipeline/sink.h"
#include "pipeline/source.h"

namespace inpaint {

/// What will happen to one picture.
struct PlannedItem {
  enum class Decision {
    work,           ///< to be done in this run
    done,           ///< done before with the same recipe and inputs, and the output is there
    failed_before,  ///< its bytes were at fault before, and nothing has changed
    later,          ///< due, but beyond --limit
  };
  SourceItem source;
  std::string output;  ///< name below the output root
  Format format = Format::png;
  std::string inputs;  ///< identities of the picture and its companion files; that of the picture may be unknown: ""
  Decision decision = Decision::work;
  std::string reason;                      ///< why it is due, or why it failed before
  std::vector<std::string> former_extras;  ///< numbered ones that the last run wrote
  std::string done_if_hash;                ///< done before if its bytes still have this content_hash; "" if not
  nlohmann::json former_truth;             ///< of one done before: facts["truth"] as told then; null if there was none
  /// `inputs` tells whether the picture has changed, and not of its companion files alone.
  bool knows_picture() const { return !inputs.empty() && !inputs.starts_with('|'); }
};

/// Everything known before the first pixel: which picture goes where, and what is due.
struct Plan {
  std::unique_ptr<Source> source;
  std::unique_ptr<Sink> sink;
  std::string ledger_directory;  ///< of the output root; "" if no ledger is kept (single file, standard output)
  std::string recipe_hash;
  std::vector<PlannedItem> items;        ///< of this shard, in a stable order
  std::vector<std::string> passed_over;  ///< files in walked directories that are no pictures
  size_t count(PlannedItem::Decision decision) const;
};

/// Lists, names and checks: outputs that collide, outputs that would overwrite inputs, an output directory inside an
/// input directory. Writes nothing. `cancel`, if given, outlives the plan and ends what its source is fetching. Throws
/// SpecError; MissingError where S3 refuses or cannot be reached.
Plan make_plan(const Pipeline& pipeline, const Cancel* cancel = nullptr);

/// The name of an extra beside an output: "a/b.png" and ".preview.jpg" give "a/b.preview.jpg".
std::string extra_name(const std::string& output, const std::string& suffix);

/// Makes the output directory (or the ledger's, where the output is in S3) and removes what a killed run left. Throws
/// SpecError if it cannot be written.
void open_output(const Plan& plan);

}  // namespace inpaint
