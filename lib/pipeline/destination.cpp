#include "pipeline/destination.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "core/error.h"
#include "core/names.h"
#include "image/format.h"
#include "pipeline/s3_sink.h"
#include "remote/url.h"

namespace inpaint {
namespace fs = std::filesystem;
namespace {

// For an address in S3 the path that bucket and key would make.
fs::path canonical(const std::string& path) {
  if (!is_s3_address(path)) return fs::weakly_canonical(fs::absolute(path));
  const S3Address address = parse_s3_address(path);
  const fs::path whole = "/" + address.bucket + "/" + address.key;
  return whole.filename().empty() ? whole.parent_path() : whole;
}

bool is_below(const fs::path& path, const fs::path& folder) {
  return std::mismatch(folder.begin(), folder.end(), path.begin(), path.end()).first == folder.end();
}

// In S3, by name: what is there is not known yet.
bool names_s3_object(const std::string& input) { return format_of_name(parse_s3_address(input).key).has_value(); }

bool is_single_file(const Pipeline& pipeline) {
  if (const auto own = pipeline.own_source()) return own->list().size() == 1;
  const std::vector<std::string>& inputs = pipeline.input().paths;
  if (inputs.size() != 1) return false;
  if (is_s3_address(inputs[0])) return names_s3_object(inputs[0]);
  return !fs::is_directory(inputs[0]) && (inputs[0] == "-" || is_url(inputs[0]) || fs::exists(inputs[0]));
}

bool holds_pictures(const std::string& input) {
  return is_s3_address(input) ? !names_s3_object(input) : fs::is_directory(input);
}

// A directory's path without the slash at its end.
std::string root_of(std::string path) {
  while (is_s3_address(path) && path.ends_with('/')) path.pop_back();
  return path;
}

bool has_no_extension(const std::string& path) {
  return extension_of(is_s3_address(path) ? parse_s3_address(path).key : path).empty();
}

// The ledger's folder is named like the prefix.
void check_s3_output(const std::string& path) {
  const std::string key = "/" + parse_s3_address(path).key + "/";
  for (const char* part : {"/./", "/../", "/.inpaint/", "//"}) {
    if (key != "//" && key.find(part) < key.size() - 2)
      throw SpecError(fmt::format("-o {}: a prefix with '{}' in it cannot be an output", path, part));
  }
}

Destination file_destination(const std::string& path) {
  if (!format_of_name(path)) {
    throw SpecError(fmt::format("-o {}: unknown picture extension (known: {}); end it with / to mean a directory", path,
                                join(format_names(), ", ")));
  }
  const size_t slash = path.rfind('/');
  if (is_s3_address(path)) return {Destination::Kind::file, path.substr(0, slash), path.substr(slash + 1)};
  const fs::path file(path);
  return {Destination::Kind::file, file.has_parent_path() ? file.parent_path().string() : ".",
          file.filename().string()};
}

void check_s3_options(const OutputOptions& output, bool to_s3) {
  const auto needs_s3 = [&](bool given, const char* flag) {
    if (given && !to_s3)
      throw SpecError(fmt::format("{}: is for outputs in S3; give -o s3://BUCKET/PREFIX or leave it out", flag));
  };
  needs_s3(!output.s3_sse.empty(), "--s3-sse");
  needs_s3(!output.s3_kms_key.empty(), "--s3-kms-key");
  needs_s3(!output.public_url.empty(), "--public-url");
  if (!output.s3_kms_key.empty() && output.s3_sse != "aws:kms") throw SpecError("--s3-kms-key: needs --s3-sse aws:kms");
}

std::string state_directory() {
  const auto variable = [](const char* name) {
    const char* value = std::getenv(name);
    return std::string(value == nullptr ? "" : value);
  };
  if (const std::string state = variable("XDG_STATE_HOME"); !state.empty()) return state;
  if (const std::string home = variable("HOME"); !home.empty()) return home + "/.local/state";
  throw MissingError("the ledger of an output in S3 has no place: set XDG_STATE_HOME (or HOME) to a directory");
}

}  // namespace

Destination destination_of(const Pipeline& pipeline) {
  const std::string& path = pipeline.output().path;
  if (path.empty())
    throw SpecError("-o OUTPUT is missing (in a spec: output); give a directory, a file for one input, or -");
  if (path == "-") {
    if (!is_single_file(pipeline))
      throw SpecError("-o - takes one picture; give one file or - as input, or a directory as output");
    return {Destination::Kind::standard_output, "", ""};
  }
  if (is_s3_address(path)) check_s3_output(path);
  const bool must_be_directory =
      fs::is_directory(path) || path.back() == '/' || !is_single_file(pipeline) || has_no_extension(path);
  if (!must_be_directory) return file_destination(path);
  if (fs::exists(path) && !fs::is_directory(path))
    throw SpecError(fmt::format("-o {}: is a file; several pictures need a directory", path));
  return {Destination::Kind::directory, root_of(path), ""};
}

void check_folders(const Pipeline& pipeline, const Destination& destination) {
  if (destination.kind != Destination::Kind::directory) return;
  const fs::path output = canonical(destination.root);
  for (const std::string& input : pipeline.input().paths) {
    if (is_s3_address(input) != is_s3_address(destination.root) || !holds_pictures(input)) continue;
    if (is_below(output, canonical(input))) {
      throw SpecError(
          fmt::format("-o {}: lies inside the input '{}', so the next run would take results for inputs; choose a "
                      "directory outside",
                      destination.root, input));
    }
  }
}

std::unique_ptr<Sink> make_sink(const Pipeline& pipeline, const Destination& destination,
                                const std::shared_ptr<const S3Client>& s3) {
  const OutputOptions& output = pipeline.output();
  const bool to_s3 = is_s3_address(destination.root);
  check_s3_options(output, to_s3);
  if (destination.kind == Destination::Kind::standard_output) return std::make_unique<StdoutSink>();
  if (!to_s3) return std::make_unique<DirectorySink>(destination.root);
  auto sink = std::make_unique<S3Sink>(s3, parse_s3_address(destination.root),
                                       S3Encryption{output.s3_sse, output.s3_kms_key}, output.public_url);
  sink->check();
  return sink;
}

NamesBelow::NamesBelow(std::string root) : root_(std::move(root)), canonical_(canonical(root_)) {}

std::optional<std::string> NamesBelow::name_of(const std::string& file) const {
  if (is_s3_address(root_) != is_s3_address(file)) return std::nullopt;
  if (is_s3_address(root_))
    return file.starts_with(root_ + "/") ? std::optional(file.substr(root_.size() + 1)) : std::nullopt;
  const fs::path path = canonical(file);
  return is_below(path, canonical_) ? std::optional(path.lexically_relative(canonical_).generic_string())
                                    : std::nullopt;
}

std::string ledger_directory_of(const std::string& output) {
  if (!is_s3_address(output)) return output;
  check_s3_output(output);
  const S3Address address = parse_s3_address(root_of(output));
  const std::string host = s3_host(s3_endpoint_from_environment());
  const fs::path bucket = address.bucket + (host.empty() ? "" : "@" + host);
  const fs::path directory = fs::path(state_directory()) / "inpaint" / "s3" / bucket / address.key;
  return directory.string();
}

}  // namespace inpaint
