#pragma once
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "pipeline/pipeline.h"
#include "pipeline/sink.h"
#include "remote/s3.h"

namespace inpaint {

/// Where results go, as told by -o.
struct Destination {
  enum class Kind { directory, file, standard_output } kind = Kind::directory;
  std::string root;       ///< of a directory or a file: a path, or s3://BUCKET/PREFIX
  std::string file_name;  ///< of a file
};

/// Throws SpecError where it does not fit the inputs.
Destination destination_of(const Pipeline& pipeline);

/// Throws SpecError for results inside an input directory.
void check_folders(const Pipeline& pipeline, const Destination& destination);

/// Throws SpecError for options that the sink does not know or that contradict one another. `s3`: needed where the
/// destination or an input is there.
std::unique_ptr<Sink> make_sink(const Pipeline& pipeline, const Destination& destination,
                                const std::shared_ptr<const S3Client>& s3);

/// Tells the names of files (or of objects in S3) below a root.
class NamesBelow {
 public:
  explicit NamesBelow(std::string root);
  /// Nothing if it lies elsewhere.
  std::optional<std::string> name_of(const std::string& file) const;

 private:
  std::string root_;
  std::filesystem::path canonical_;
};

/// Where the ledger of an output directory lies: there, or of s3://BUCKET/PREFIX in
/// $XDG_STATE_HOME/inpaint/s3/BUCKET/PREFIX (BUCKET@HOST of another maker's service). Throws MissingError if there is
/// no home, SpecError for a prefix with "." or ".." in it.
std::string ledger_directory_of(const std::string& output);

}  // namespace inpaint
