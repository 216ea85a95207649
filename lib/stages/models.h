#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/fields.h"
#include "image/box.h"
#include "image/color.h"
#include "image/tasks.h"
#include "nn/card.h"

namespace inpaint {

/// A model as listed.
struct ModelInfo {
  std::string name;
  std::string task;                  ///< the stage that runs it: "inpaint", "reconstruct", "segment", "remove-bg"
  std::string summary;               ///< one sentence, no full stop
  std::vector<std::string> options;  ///< options of the stage that it listens to
};

/// The models that the program has built in, those of a task together.
const std::vector<ModelInfo>& builtin_models();
std::vector<std::string> models_for(const std::string& task);

/// The network that the model "auto" of segment and remove-bg asks first.
inline constexpr const char* automatic_network = "catalog-u2netp";

/// The model that a command runs unless it is told otherwise: the network made for it if its card ships with the
/// program (reconstruct: pconv; segment and remove-bg: auto, with automatic_network), else the first built-in one.
std::string default_model(const std::string& task);

/// The options of the stage that a network listens to.
std::vector<std::string> network_options(const std::string& task, const Card& card);

/// Throws SpecError if an option was given that the chosen model does not listen to, although another model of the task
/// does: a wish is never ignored in silence. `card`: the model's if it is a network, else nullptr.
void check_model_options(const std::string& task, const std::string& model, const Card* card, const Fields& given);

struct FillOptions {
  std::string effort = "normal";
  int patch_size = 7;
  double radius = 5;
  void describe(Fields& fields);
};
std::unique_ptr<Inpainter> make_inpainter(const std::string& model, const FillOptions& options);

struct SubjectOptions {
  std::optional<BoxText> box;
  std::vector<PointText> points;
  int iterations = 5;
  std::optional<Color> color;
  double tolerance = 12;
  /// --box and --point.
  void describe_place(Fields& fields);
  /// The others.
  void describe_method(Fields& fields);
};
/// Of the models without weights; of "auto" the one that it takes if it is told where the subject is, classic.
std::unique_ptr<Segmenter> make_segmenter(const std::string& model, const SubjectOptions& options);
std::unique_ptr<Matter> make_matter(const std::string& model, const SubjectOptions& options);

}  // namespace inpaint
