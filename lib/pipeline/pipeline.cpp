#include "pipeline/pipeline.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "core/error.h"
#include "core/hash.h"
#include "core/names.h"

namespace inpaint {
namespace {

void set_all(Fields& fields, const std::vector<GivenOption>& options) {
  for (const GivenOption& option : options) fields.set(option.name, option.text, option.where);
}

std::string needs_port(const std::string& stage, Port port) {
  if (port == Port::original)
    return fmt::format(
        "{0}: needs the picture as it was before it was cut out: give --original FILE|DIR (in a spec: "
        "{0}.original) or put remove-bg before it",
        stage);
  return fmt::format("{}: needs a {}: give --{} FILE|DIR (in a spec: input.{}) or put a stage before it that makes one",
                     stage, port_name(port), port_name(port), port_name(port));
}

}  // namespace

std::string port_name(Port port) {
  switch (port) {
    case Port::image: return "image";
    case Port::mask: return "mask";
    case Port::matte: return "matte";
    case Port::original: return "original";
  }
  return "";
}

const StageInfo& stage_called(const std::string& name, const std::string& where) {
  std::vector<std::string> names;
  for (const StageInfo& info : all_stages()) {
    if (info.name == name) return info;
    names.push_back(info.name);
  }
  throw SpecError(fmt::format("{}: unknown stage '{}'{}", where, name, name_hint(name, names)));
}

Pipeline::Pipeline(const Spec& spec, const Spec& overrides) {
  input_.describe(input_fields_);
  output_.describe(output_fields_);
  run_.describe(run_fields_);
  make_steps(spec, overrides);
  for (const Spec* layer : {&spec, &overrides}) {
    set_all(input_fields_, layer->input);
    set_all(output_fields_, layer->output);
    set_all(run_fields_, layer->run);
    for (Fields* fields : {&input_fields_, &output_fields_, &run_fields_}) fields->begin_layer();
  }
  prepare();
  check_ports();
}

void Pipeline::make_steps(const Spec& spec, const Spec& overrides) {
  std::vector<std::string> names;
  for (const StageSpec& given : spec.stages) {
    Step step{given.name, stage_called(given.name, given.where).make(), std::make_unique<Fields>()};
    step.stage->describe(*step.fields);
    set_all(*step.fields, given.options);
    step.fields->begin_layer();
    steps_.push_back(std::move(step));
    names.push_back(given.name);
  }
  for (const StageSpec& given : overrides.stages) {
    const auto is_named = [&](const Step& step) { return step.name == given.name; };
    const auto matches = std::count_if(steps_.begin(), steps_.end(), is_named);
    if (matches == 0)
      throw SpecError(
          fmt::format("{}: no stage '{}' in this pipeline{}", given.where, given.name, name_hint(given.name, names)));
    if (matches > 1)
      throw SpecError(fmt::format("{}: '{}' stands {} times in this pipeline; change it in the spec", given.where,
                                  given.name, matches));
    set_all(*std::find_if(steps_.begin(), steps_.end(), is_named)->fields, given.options);
  }
}

void Pipeline::prepare() {
  if (input_.mask.given()) input_.mask.prepare_pictures("--mask");
  for (Step& step : steps_) step.stage->prepare(*step.fields);
}

void Pipeline::check_ports() const {
  std::set<Port> there = {Port::image};
  if (input_.mask.given()) there.insert(Port::mask);
  const auto holds_mask = [](const std::vector<Port>& ports) {
    return std::find(ports.begin(), ports.end(), Port::mask) != ports.end();
  };
  bool mask_waits = input_.mask.given(),
       mask_is_lost = false;  // a stage has to make use of it before another replaces it
  for (const Step& step : steps_) {
    if (step.stage->makes_pictures() && &step != &steps_.front())
      throw SpecError(step.name + ": begins with prompts, so it must be the first stage");
    if (holds_mask(step.stage->uses()) && !mask_is_lost) mask_waits = false;
    if (holds_mask(step.stage->gives())) mask_is_lost = true;
    for (const Port port : step.stage->needs()) {
      if (there.contains(port)) continue;
      throw SpecError(needs_port(step.name, port));
    }
    for (const Port port : step.stage->gives()) there.insert(port);
  }
  if (mask_waits) throw SpecError("--mask (in a spec: input.mask): no stage of this pipeline makes use of it");
  if (output_.write == "mask" && !there.contains(Port::mask))
    throw SpecError("--write mask: no stage of this pipeline makes a mask");
  const auto format = output_.format ? format_called(*output_.format) : std::nullopt;
  if (format && !format_available(*format))
    throw MissingError(fmt::format("--format {}: this installation of libvips cannot write it", *output_.format));
}

Port Pipeline::result() const {
  if (output_.write == "image") return Port::image;
  if (output_.write == "mask") return Port::mask;
  return steps_.back().stage->result();
}

bool Pipeline::makes_alpha() const {
  bool alpha = false;
  for (const Step& step : steps_) alpha = step.stage->makes_alpha() || (alpha && !step.stage->makes_opaque());
  return alpha;
}

std::vector<std::string> Pipeline::companion_files(const std::string& rel) const {
  std::vector<std::string> files;
  const auto add = [&](const Companion& companion) {
    if (!companion.given()) return;
    if (auto file = companion.find(rel)) files.push_back(*file);
  };
  add(input_.mask);
  for (const Step& step : steps_) {
    for (const Companion* companion : step.stage->companions()) add(*companion);
  }
  return files;
}

std::vector<std::string> Pipeline::extras() const {
  std::vector<std::string> suffixes;
  for (const Step& step : steps_) {
    for (const std::string& suffix : step.stage->extras()) suffixes.push_back(suffix);
  }
  return suffixes;
}

bool Pipeline::opens_network() const {
  return std::any_of(steps_.begin(), steps_.end(), [](const Step& step) { return step.stage->opens_network(); });
}

std::unique_ptr<Source> Pipeline::own_source() const { return steps_.front().stage->source(input_.paths); }

std::vector<RemoteUse> Pipeline::remote_uses() const {
  std::vector<RemoteUse> uses;
  for (const Step& step : steps_) {
    if (auto use = step.stage->remote_use()) uses.push_back(std::move(*use));
  }
  return uses;
}

std::string Pipeline::recipe_for(const std::string& rel) const {
  std::string all;
  for (const Step& step : steps_) {
    if (const std::string one = step.stage->recipe_for(rel); !one.empty()) all += "|" + content_hash(one);
  }
  return all;
}

void Pipeline::open(const std::string& directory) const {
  if (opened_) return;
  for (const Step& step : steps_) {
    if (!directory.empty()) step.stage->keep_in(directory);
    step.stage->open();
  }
  opened_ = true;
}

nlohmann::json Pipeline::recipe() const {
  nlohmann::json stages = nlohmann::json::array();
  for (const Step& step : steps_) {
    nlohmann::json stage = {{"stage", step.name}, {"options", step.fields->resolved()}};
    if (nlohmann::json more = step.stage->recipe(); !more.is_null()) stage["model"] = std::move(more);
    stages.push_back(std::move(stage));
  }
  return {{"input", input_fields_.resolved()},
          {"output", output_fields_.resolved()},
          {"run", run_fields_.resolved()},
          {"stages", std::move(stages)}};
}

std::string Pipeline::recipe_hash() const { return content_hash(recipe().dump()); }

}  // namespace inpaint
