#include "pipeline/plan.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>
#include <span>
#include <unordered_map>

#include "core/braces.h"
#include "core/error.h"
#include "core/names.h"
#include "pipeline/atomic_file.h"
#include "pipeline/destination.h"
#include "pipeline/s3_source.h"
#include "pipeline/web_source.h"
#include "remote/curl_http.h"
#include "remote/url.h"

namespace inpaint {
namespace fs = std::filesystem;
namespace {

Format source_format(const Source& source, const SourceItem& item) {
  if (const auto format = sniff_format(source.read_head(item))) return *format;
  return format_of_name(item.rel).value_or(Format::png);  // fails when decoded; until then it needs some name
}

Format output_format(const Pipeline& pipeline, Format source) {
  if (pipeline.output().format) return *format_called(*pipeline.output().format);
  if (pipeline.result() == Port::mask || pipeline.makes_alpha()) return Format::png;
  return source;
}

std::string expand_name(const std::string& pattern, const std::string& rel, Format format) {
  const fs::path path(rel);
  const std::string own_extension = path.has_extension() ? path.extension().string().substr(1) : "";
  const std::string extension = format_of_name(rel) == format ? own_extension : format_extension(format);
  const std::string out = fill_braces(pattern,
                                      {{"dir", path.parent_path().generic_string()},
                                       {"stem", path.stem().string()},
                                       {"name", path.filename().string()},
                                       {"ext", extension}},
                                      "--name");
  const std::string normal =
      fs::path(out.substr(std::min(out.find_first_not_of('/'), out.size()))).lexically_normal().generic_string();
  if (normal.empty() || normal == "." || normal.starts_with("..") || normal.ends_with('/')) {
    throw SpecError(fmt::format("--name '{}': '{}' is no file below the output directory", pattern, out));
  }
  return normal;
}

void name_outputs(const Pipeline& pipeline, const Destination& destination, Plan& plan) {
  for (PlannedItem& item : plan.items) {
    item.format = output_format(pipeline, source_format(*plan.source, item.source));
    if (destination.kind == Destination::Kind::file) {
      const Format wanted = *format_of_name(destination.file_name);
      if (pipeline.output().format && wanted != item.format) {
        throw SpecError(
            fmt::format("-o {}: contradicts --format {}", destination.file_name, *pipeline.output().format));
      }
      item.format = wanted;
      item.output = destination.file_name;
    } else {
      item.output = expand_name(pipeline.output().name, item.source.rel, item.format);
    }
  }
}

bool is_numbered(const std::string& suffix) { return suffix.find('#') != std::string::npos; }

// "a/b.crop-12.png" is "a/b.crop-#.png" if ".crop-#.png" is the suffix; other names stay as they are.
std::string without_number(const std::string& name, const std::string& suffix) {
  const size_t mark = suffix.find('#');
  const std::string before = suffix.substr(0, mark), after = suffix.substr(mark + 1);
  if (!name.ends_with(after) || name.size() == after.size()) return name;
  const size_t last = name.find_last_not_of("0123456789", name.size() - after.size() - 1);
  const std::string head = name.substr(0, last + 1);
  const bool has_number = head.size() + after.size() < name.size();
  return has_number && head.ends_with(before) ? head + "#" + after : name;
}

void check_collisions(const Pipeline& pipeline, const Destination& destination, const Plan& plan) {
  std::unordered_map<std::string, const std::string*> writer_of;
  const std::vector<std::string> extras = pipeline.extras();
  // Who writes this file; numbered extras stand there under their '#'.
  const auto writer = [&](const std::string& name) {
    auto it = writer_of.find(name);
    for (size_t i = 0; i < extras.size() && it == writer_of.end(); ++i) {
      if (is_numbered(extras[i])) it = writer_of.find(without_number(name, extras[i]));
    }
    return it;
  };
  const auto claim = [&](const std::string& output, const std::string& input) {
    const auto it = writer(output);
    if (it == writer_of.end()) {
      writer_of.emplace(output, &input);
      return;
    }
    throw SpecError(
        fmt::format("'{}' and '{}' would both be written to '{}'; tell them apart with --name, e.g. --name "
                    "\"{{dir}}/{{name}}.{{ext}}\"",
                    *it->second, input, plan.sink->shown(output)));
  };
  for (const PlannedItem& item : plan.items) {
    for (const std::string& suffix : extras) claim(extra_name(item.output, suffix), item.source.location);
  }
  for (const PlannedItem& item : plan.items) claim(item.output, item.source.location);
  if (destination.kind == Destination::Kind::standard_output) {
    if (!extras.empty())
      throw SpecError(
          "-o -: standard output takes one picture; what is written beside it needs a file or directory as output");
    return;
  }
  const NamesBelow below(destination.root);
  const auto protect = [&](const std::string& file) {
    const auto name = below.name_of(file);
    if (!name || writer(*name) == writer_of.end()) return;
    throw SpecError(fmt::format("'{}' is an input and would be overwritten; choose another output", file));
  };
  for (const PlannedItem& item : plan.items) {
    if (item.source.location != "-" && item.source.url.empty()) protect(item.source.location);
    for (const std::string& file : pipeline.companion_files(item.source.rel)) protect(file);
  }
}

// A glob must not match what it will make.
void check_globs(const Pipeline& pipeline, const Destination& destination, const Plan& plan) {
  if (is_s3_address(destination.root)) return;
  for (const std::string& input : pipeline.input().paths) {
    if (is_url(input) || fs::exists(input) || input.find_first_of("*?[") == std::string::npos) continue;
    const auto check = [&](const std::string& name) {
      const std::string output = plan.sink->shown(name);
      if (!glob_matches(input, output)) return;
      throw SpecError(
          fmt::format("-o: '{}' would match the input '{}', so the next run would take results for inputs; choose "
                      "another directory",
                      output, input));
    };
    for (const PlannedItem& item : plan.items) {
      check(item.output);
      for (const std::string& suffix : pipeline.extras()) {
        if (format_of_name(suffix)) check(extra_name(item.output, suffix));
      }
    }
  }
}

std::string identity_of(const Pipeline& pipeline, const Plan& plan, const SourceItem& item) {
  std::string identity = plan.source->identity(item);
  for (const std::string& file : pipeline.companion_files(item.rel)) identity += "|" + file_identity(file);
  return identity + pipeline.recipe_for(item.rel);
}

// The numbered extras that the record tells of.
std::vector<std::string> numbered_extras(const Pipeline& pipeline, const LedgerRecord& record) {
  std::vector<std::string> names;
  for (const std::string& suffix : pipeline.extras()) {
    if (!is_numbered(suffix)) continue;
    const auto written = nlohmann::json::parse(record.facts).value("extras", std::vector<std::string>{});
    for (const std::string& one : written) {
      if (without_number(one, suffix) == suffix) names.push_back(extra_name(record.output, one));
    }
  }
  return names;
}

// What the record tells under "truth". Of the other facts nothing is kept: there may be millions of records.
nlohmann::json truth_of(const LedgerRecord& record) {
  if (record.facts.find("\"truth\"") == std::string::npos) return nullptr;
  return nlohmann::json::parse(record.facts).value("truth", nlohmann::json());
}

bool all_there(const Pipeline& pipeline, const Sink& sink, const PlannedItem& item) {
  const std::vector<std::string> extras = pipeline.extras();
  const auto is_there = [&](const std::string& name) { return sink.exists(name); };
  return is_there(item.output) && std::all_of(item.former_extras.begin(), item.former_extras.end(), is_there) &&
         std::all_of(extras.begin(), extras.end(), [&](const std::string& suffix) {
           return is_numbered(suffix) || is_there(extra_name(item.output, suffix));
         });
}

void decide(const Pipeline& pipeline, const Plan& plan, const std::optional<LedgerRecord>& record, PlannedItem& item) {
  using Decision = PlannedItem::Decision;
  if (record) item.former_extras = numbered_extras(pipeline, *record);
  if (pipeline.run().redo) {
    item.reason = "redo";
  } else if (!record) {
    item.reason = "new";
  } else if (record->recipe != plan.recipe_hash) {
    item.reason = "options changed";
  } else if (item.knows_picture() && record->inputs != item.inputs) {
    item.reason = "input changed";
  } else if (record->status == "done" && !all_there(pipeline, *plan.sink, item)) {
    item.reason = "output missing";
  } else if (!item.knows_picture() && record->status == "done" && record->inputs.ends_with(item.inputs)) {
    item.reason = "input may have changed";
    item.done_if_hash = record->input_hash;
    item.former_truth = truth_of(*record);
  } else if (!item.knows_picture()) {
    item.reason = "input may have changed";
  } else if (record->status == "done") {
    item.decision = Decision::done;
    item.former_truth = truth_of(*record);
  } else if (record->input_at_fault && !pipeline.run().retry_failed) {
    item.decision = Decision::failed_before;
    item.reason = record->reason;
  } else {
    item.reason = "failed before";
  }
}

// The client for inputs and output, where one of them is in S3.
std::shared_ptr<const S3Client> make_s3_client(const Pipeline& pipeline) {
  const std::vector<std::string>& inputs = pipeline.input().paths;
  const bool wanted = is_s3_address(pipeline.output().path) ||
                      std::any_of(inputs.begin(), inputs.end(), [](const auto& input) { return is_s3_address(input); });
  if (!wanted) return nullptr;
  S3Settings settings = s3_settings_from_environment();
  return std::make_shared<S3Client>(std::make_shared<CurlHttp>(), std::move(settings));
}

// Finds out what is due, some hundred pictures at a time, so that a source may ask its servers for many at once.
void decide_all(const Pipeline& pipeline, Plan& plan, Ledger* ledger) {
  constexpr size_t most = 256;
  uint64_t due = 0;
  for (size_t begin = 0; begin < plan.items.size(); begin += most) {
    const std::span items = std::span(plan.items).subspan(begin, std::min(most, plan.items.size() - begin));
    std::vector<std::optional<LedgerRecord>> records(items.size());
    std::vector<const SourceItem*> compared;
    for (size_t i = 0; i < items.size(); ++i) {
      if (ledger) records[i] = ledger->find(items[i].output);
      if (records[i] && records[i]->recipe == plan.recipe_hash && !pipeline.run().redo)
        compared.push_back(&items[i].source);
    }
    plan.source->look_at(compared);
    for (size_t i = 0; i < items.size(); ++i) {
      PlannedItem& item = items[i];
      item.inputs = identity_of(pipeline, plan, item.source);
      decide(pipeline, plan, records[i], item);
      if (item.decision == PlannedItem::Decision::work && ++due > pipeline.run().limit.value_or(UINT64_MAX))
        item.decision = PlannedItem::Decision::later;
    }
  }
}

std::unique_ptr<Source> make_source(const InputOptions& input, std::shared_ptr<const S3Client> s3,
                                    const Cancel* cancel) {
  const std::vector<std::string>& inputs = input.paths;
  if (inputs.empty()) throw SpecError("no INPUT given (in a spec: input)");
  const bool from_stdin = std::find(inputs.begin(), inputs.end(), "-") != inputs.end();
  if (from_stdin && inputs.size() > 1) throw SpecError("standard input (-) cannot be mixed with other inputs");
  if (from_stdin) return std::make_unique<StdinSource>();
  // One source for each run of inputs of one kind, so that their order stays.
  std::vector<std::unique_ptr<Source>> parts;
  for (auto begin = inputs.begin(); begin != inputs.end();) {
    const bool in_s3 = is_s3_address(*begin);
    const auto end = std::find_if(begin, inputs.end(), [&](const auto& one) { return is_s3_address(one) != in_s3; });
    std::vector<std::string> alike(begin, end);
    in_s3 ? parts.push_back(std::make_unique<S3Source>(s3, alike))
          : parts.push_back(std::make_unique<FileSource>(alike));
    begin = end;
  }
  std::unique_ptr<Source> files =
      parts.size() == 1 ? std::move(parts.front()) : std::make_unique<MixedSource>(std::move(parts));
  FetchRules rules;
  rules.most_bytes = input.max_download.bytes;
  rules.allow_private_addresses = input.allow_private_addresses;
  return std::make_unique<WebSource>(std::move(files), rules, cancel);
}

}  // namespace

std::string extra_name(const std::string& output, const std::string& suffix) {
  return fs::path(output).replace_extension().generic_string() + suffix;
}

size_t Plan::count(PlannedItem::Decision decision) const {
  return static_cast<size_t>(
      std::count_if(items.begin(), items.end(), [&](const PlannedItem& item) { return item.decision == decision; }));
}

Plan make_plan(const Pipeline& pipeline, const Cancel* cancel) {
  Plan plan;
  const auto s3 = make_s3_client(pipeline);
  plan.source = pipeline.own_source();
  if (!plan.source) plan.source = make_source(pipeline.input(), s3, cancel);
  const Destination destination = destination_of(pipeline);
  check_folders(pipeline, destination);
  plan.sink = make_sink(pipeline, destination, s3);
  if (destination.kind == Destination::Kind::directory) plan.ledger_directory = ledger_directory_of(destination.root);
  plan.recipe_hash = pipeline.recipe_hash();

  for (SourceItem& source : plan.source->list()) {
    PlannedItem item;
    item.source = std::move(source);
    plan.items.push_back(std::move(item));
  }
  plan.passed_over = plan.source->passed_over();
  name_outputs(pipeline, destination, plan);
  check_collisions(pipeline, destination, plan);
  check_globs(pipeline, destination, plan);

  const Shard shard = pipeline.run().shard;
  std::erase_if(plan.items, [&](const PlannedItem& item) { return !shard.holds(item.source.rel); });
  std::optional<Ledger> ledger;
  if (!plan.ledger_directory.empty() && Ledger::exists_in(plan.ledger_directory))
    ledger.emplace(plan.ledger_directory, Ledger::Mode::read);
  decide_all(pipeline, plan, ledger ? &*ledger : nullptr);
  return plan;
}

namespace {

// Makes the directory and whatever it lies in.
void make_directory(const std::string& directory, const std::string& shown) {
  std::error_code error;
  if (!directory.empty()) fs::create_directories(directory, error);
  if (error) throw SpecError(fmt::format("-o {}: cannot be made: {}", shown, error.message()));
  if (::access(shown.c_str(), W_OK | X_OK) != 0)
    throw SpecError(fmt::format("-o {}: cannot be written: {}", shown, std::strerror(errno)));
}

}  // namespace

void open_output(const Plan& plan) {
  const std::string ledger =
      plan.ledger_directory.empty() ? "" : (fs::path(plan.ledger_directory) / ".inpaint").string();
  if (!dynamic_cast<const DirectorySink*>(plan.sink.get())) {
    if (!ledger.empty()) make_directory(ledger, plan.ledger_directory);
    return;
  }
  std::set<std::string> folders;
  for (const PlannedItem& item : plan.items)
    folders.insert(fs::path(plan.sink->shown(item.output)).parent_path().string());
  const std::string root =
      plan.ledger_directory.empty() ? (folders.empty() ? "." : *folders.begin()) : plan.ledger_directory;
  make_directory(ledger.empty() ? root : ledger, root.empty() ? "." : root);
  for (const std::string& folder : folders) remove_stale_temporaries(folder.empty() ? "." : folder);
}

}  // namespace inpaint
