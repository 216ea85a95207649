#include "train/result.h"

#include <fmt/format.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "core/checksum.h"
#include "core/log.h"
#include "nn/safetensors.h"
#include "train/history.h"

namespace inpaint {
namespace {

namespace fs = std::filesystem;

int levels_of(const Safetensors& weights) {
  int levels = 0;
  while (weights.has(fmt::format("enc{}.conv.weight", levels + 1))) ++levels;
  return levels;
}

// As a YAML string.
std::string yaml_string(const std::string& text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string figures_text(const nlohmann::json& figures, const TrainingConfig& config) {
  if (!figures.is_object()) return "";
  const RankingFigure figure = ranking_figure(config.task);
  const auto number = [&](const char* when) { return figures[when].value(figure.key, 0.0); };
  return fmt::format("# On the pictures held out: {} {:.4g}{} at step {} ({:.4g} before the first step).\n", figure.key,
                     number("best"), figure.unit.empty() ? "" : " " + figure.unit, figures["best"].value("step", 0),
                     number("first"));
}

std::string feeding_text(const TrainingConfig& config, const Safetensors& weights, bool reads_fills) {
  if (config.architecture() == "pconv")
    return fmt::format("input:\n  tensors: [known-image, known{}]\n  modulus: {}\noutput:\n  kind: colors\n",
                       reads_fills ? ", filled-image+filled-image-2" : "", 1 << levels_of(weights));
  return fmt::format(
      "input:\n  size: {}\n  mean: [0.485, 0.456, 0.406]\n  std: [0.229, 0.224, 0.225]\noutput:\n  kind: opacity\n",
      config.size);
}

std::string card_text(const TrainingFolder& folder, const TrainingConfig& config, const Safetensors& weights,
                      bool reads_fills, const nlohmann::json& figures) {
  const bool cuts_out = config.task == "remove-bg";
  std::error_code error;
  return fmt::format(
      "# Taught by 'inpaint finetune'; training.json tells with what and how.\n{}name: {}\ntasks: {}\n"
      "summary: {}\ndriver: safetensors\narchitecture: {}\n"
      "# Yours to say: whose the pictures were, and what others may do with the weights.\n"
      "licence: ''\ncommercial: false\nsource: ''\n"
      "files:\n  - name: {}\n    sha256: {}\n    size: {}\n{}",
      figures_text(figures, config), yaml_string(folder.name()),
      cuts_out ? "[remove-bg, segment]" : "[reconstruct, inpaint]",
      cuts_out ? "Subjects, taught by pictures of its own" : "Holes, taught by pictures of its own",
      config.architecture(), fs::path(folder.weights()).filename().string(),
      file_checksums(folder.weights(), false, true).sha256,
      static_cast<uint64_t>(fs::file_size(folder.weights(), error)), feeding_text(config, weights, reads_fills));
}

}  // namespace

void write_model(const TrainingFolder& folder, const TrainingConfig& config,
                 const std::map<std::string, std::string>& metadata, const nlohmann::json& figures) {
  const Safetensors best(folder.best());
  const auto base = metadata.find("base");
  const bool reads_fills = base != metadata.end() && base->second == "patch";
  std::vector<std::pair<std::string, Tensor>> tensors;
  for (const std::string& name : best.names()) tensors.emplace_back(name, best.get(name));
  std::error_code error;
  fs::remove(folder.card(), error);  // it holds the checksum of the weights that it is for
  try {
    write_safetensors(folder.weights(), tensors, metadata, StoredType::f16);
  } catch (const std::invalid_argument& too_large) {
    log(LogLevel::info, fmt::format("{}: in full precision, twice as large: {}", folder.weights(), too_large.what()));
    write_safetensors(folder.weights(), tensors, metadata);
  }
  replace_text(folder.card(), card_text(folder, config, best, reads_fills, figures));
}

}  // namespace inpaint
