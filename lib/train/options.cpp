#include "train/options.h"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "core/error.h"
#include "train/folder.h"

namespace inpaint {
namespace {

namespace fs = std::filesystem;

std::string absolute(const std::string& path) { return fs::absolute(path).lexically_normal().string(); }

// What names a model or mask is a path only if something lies there.
std::string recorded_text(const std::string& name, const std::string& text) {
  static const std::set<std::string> paths{"pictures", "mattes"}, maybe_paths{"masks", "base", "features"};
  if (paths.contains(name)) return text.starts_with('@') ? "@" + absolute(text.substr(1)) : absolute(text);
  std::error_code error;
  return maybe_paths.contains(name) && fs::exists(text, error) ? absolute(text) : text;
}

}  // namespace

void FinetuneOptions::describe(Fields& fields) {
  fields.add("pictures", paths.pictures, "Files, directories (walked recursively), quoted globs, or @list.txt")
      .value("PICTURE");
  fields
      .add("base", base,
           "Model to begin from: a name, a file, or a folder with a card; none: random weights; default: the one that "
           "ships for the task, if any")
      .value("MODEL");
  fields
      .add("masks", paths.masks,
           "reconstruct: holes to learn from: random, a mask (white = hole), or a directory of masks")
      .value("random|FILE|DIR");
  fields
      .add("mattes", paths.mattes,
           "remove-bg: a directory with the opacity of each subject, paired by path and stem; default: the pictures' "
           "own alpha")
      .value("DIR");
  training.describe(fields);
}

void FinetuneOptions::check() const {
  const bool cuts_out = training.task == "remove-bg";
  if (cuts_out && paths.masks != "random")
    throw SpecError("masks: task remove-bg has none; its truth is told by mattes");
  if (!cuts_out && !paths.mattes.empty())
    throw SpecError("mattes: they are for task remove-bg; task reconstruct learns from the pictures and masks");
  for (const std::string& picture : paths.pictures) {
    if (picture == "-") throw SpecError("-: a training reads its pictures many times; expected files or directories");
  }
}

std::vector<GivenOption> recorded_options(const std::string& folder) {
  const std::string path = TrainingFolder(folder).record();
  std::ifstream in(path);
  if (!in) throw SpecError(fmt::format("--resume: {} holds no training; without --resume one begins there", folder));
  try {
    std::vector<GivenOption> options;
    const nlohmann::json record = nlohmann::json::parse(in);
    for (const nlohmann::json& option : record.at("options"))
      options.push_back({option.at(0), option.at(1), fmt::format("{}: {}", path, option.at(0).get<std::string>())});
    return options;
  } catch (const nlohmann::json::exception& error) {
    throw SpecError(fmt::format("{}: damaged ({}); begin anew in another folder", path, error.what()));
  }
}

std::vector<GivenValue> options_to_record(const Fields& fields) {
  std::vector<GivenValue> options;
  for (const auto& [name, text] : fields.given_values()) options.emplace_back(name, recorded_text(name, text));
  return options;
}

}  // namespace inpaint
