#pragma once
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "core/fields.h"
#include "nn/card.h"
#include "nn/net.h"

namespace inpaint {

/// A model as asked for: the name of one without weights or of a card, or the path of a file or folder with a card.
struct ModelText {
  std::string text;
};
template <>
struct Codec<ModelText> {
  static constexpr const char* value_name = "NAME|PATH";
  static ModelText parse(const std::string& text) { return {text}; }
  static std::string print(const ModelText& model) { return model.text; }
};

/// What decides about a network's results, for the recipe. `checksum`: model_checksum of the card.
nlohmann::json network_recipe(const Card& card, const std::string& checksum);

/// The option --model of a stage, with --device and --precision for those that are networks.
class ChosenModel {
 public:
  /// `task`: the stage's name.
  explicit ChosenModel(std::string task);

  /// `what`: what the model does, as help of --model: "What fills the hole".
  void describe(Fields& fields, const std::string& what);
  /// Finds the model and checks that it can do the task, that its files are there and sound, and that it listens to
  /// the options given. Throws SpecError or MissingError.
  void prepare(const Fields& given);
  /// The same with another model than the option tells.
  void prepare(const Fields& given, const Card& card);

  /// Of a path: the card's name.
  const std::string& name() const { return name_; }
  /// Nothing for a model without weights.
  const std::optional<Card>& card() const { return card_; }
  /// Checksums of the model's files; null for a model without weights.
  nlohmann::json recipe() const;
  /// Opening it loads a runtime that computes with OpenMP.
  bool opens_network() const;
  /// The same of another network, opened beside this one.
  bool would_use_torch(const Card& other) const;
  /// Of a card only. Throws MissingError.
  std::shared_ptr<const Net> open(const std::string& role = "net") const;
  /// Another network on the same device and with the same precision.
  std::shared_ptr<const Net> open_beside(const Card& other) const;

 private:
  std::string task_, name_, checksum_;
  ModelText asked_;
  Device device_;
  Precision precision_ = Precision::automatic;
  std::optional<Card> card_;
};

}  // namespace inpaint
