#include "train/base_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "core/checksum.h"
#include "core/error.h"
#include "core/names.h"
#include "nn/models.h"

namespace inpaint {
namespace {

// The model that ships for a task.
const Card* shipped_base(const TrainingConfig& config) {
  const std::string name = config.task == "remove-bg" ? "catalog-u2netp" : "pconv";
  for (const Card& card : shipped_cards()) {
    if (card.name == name && card.architecture == config.architecture()) return &card;
  }
  return nullptr;
}

void check_card(const Card& card, const TrainingConfig& config) {
  const std::string wanted = config.architecture();
  const std::string needed =
      fmt::format("task {} teaches networks of architecture {} in safetensors", config.task, wanted);
  if (card.driver != "safetensors")
    throw SpecError(
        fmt::format("--base {}: its card says driver {}, but {}; examples/convert_weights.py makes such "
                    "files of published weights",
                    card.name, card.driver, needed));
  if (card.architecture != wanted)
    throw SpecError(fmt::format("--base {}: its architecture is {}, but {}", card.name, card.architecture, needed));
}

void read_shape(BaseModel& base) {
  const Safetensors file(base.file);
  while (file.has(fmt::format("enc{}.conv.weight", base.levels + 1))) ++base.levels;
  if (base.levels == 0 || file.shape("enc1.conv.weight").empty())
    throw MissingError(base.file + ": no tensor enc1.conv.weight; expected a partial-convolution network");
  base.width = static_cast<int>(file.shape("enc1.conv.weight")[0]);
  const auto fill = file.metadata().find("base");
  base.first_fill = fill == file.metadata().end() ? "none" : fill->second;
}

std::pair<std::string, double> parse_term(const std::string& text) {
  const size_t equals = text.find('=');
  try {
    if (equals == std::string::npos || equals == 0) throw BadValue("");
    return {text.substr(0, equals), Codec<double>::parse(text.substr(equals + 1))};
  } catch (const BadValue&) {
    throw SpecError(fmt::format("loss: expected TERM=WEIGHT, such as style=120, got '{}'", text));
  }
}

std::string features_file(const std::string& features) {
  std::error_code error;
  if (features.empty() || std::filesystem::is_regular_file(features, error)) return features;
  return verified_file(find_card(features));
}

template <class T>
void take(const Fields& fields, const std::string& name, const std::string& base, const T& theirs, T& ours) {
  if (fields.given(name) && ours != theirs)
    throw SpecError(fmt::format("{} {}: the base {} has {}; leave {} out, or begin with --base none", name, ours, base,
                                theirs, name));
  ours = theirs;
}

}  // namespace

std::optional<BaseModel> find_base(const std::string& base, const TrainingConfig& config) {
  if (base == "none") return std::nullopt;
  const Card* shipped = shipped_base(config);
  if (base.empty() && shipped == nullptr) return std::nullopt;
  const Card card = base.empty() ? *shipped : find_card(base);
  check_card(card, config);
  BaseModel model;
  model.name = card.name;
  model.file = verified_file(card);
  model.sha256 = file_checksums(model.file, false, true).sha256;
  if (card.architecture == "pconv") read_shape(model);
  return model;
}

void take_shape(const BaseModel& base, const Fields& fields, TrainingConfig& config) {
  if (config.architecture() != "pconv") return;
  take(fields, "width", base.name, base.width, config.width);
  take(fields, "levels", base.name, base.levels, config.levels);
  const bool widened = fields.given("first-fill") && config.first_fill == "patch" && base.first_fill == "pull-push";
  if (!widened) take(fields, "first-fill", base.name, base.first_fill, config.first_fill);
}

LearnerOptions learner_options(const TrainingConfig& config, const BaseModel* base) {
  LearnerOptions options;
  options.architecture = config.architecture();
  options.width = config.width;
  options.levels = config.levels;
  options.base = config.first_fill;
  if (base != nullptr) options.weights = base->file;
  options.features = features_file(config.features);
  for (const std::string& term : config.loss)
    options.loss.insert_or_assign(parse_term(term).first, parse_term(term).second);
  options.ema = config.ema;
  options.clip = config.clip;
  options.seed = config.seed;
  options.device = config.device;
  options.precision = config.precision;
  return options;
}

}  // namespace inpaint
