#include "train/base_model.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "pipeline/helpers.h"
#include "support.h"

namespace inpaint::test {
namespace {

// A folder with the card and the weights of a network of two levels, 12 channels wide.
struct Model : ScratchFolder {
  explicit Model(const std::string& architecture = "pconv", const std::string& driver = "safetensors") {
    write_safetensors(*this / "net.safetensors",
                      {{"enc1.conv.weight", Tensor({12, 3, 7, 7})}, {"enc2.conv.weight", Tensor({24, 12, 5, 5})}},
                      {{"base", "pull-push"}});
    const std::string line = driver == "safetensors" ? "architecture: " + architecture + "\n" : "";
    write_file(*this / "card.yaml", fmt::format("name: shop\ntasks: [reconstruct]\ndriver: {}\n{}files:\n"
                                                "  - name: net.safetensors\n",
                                                driver, line));
  }
};

std::string refused(const Model& model, const std::string& task) {
  TrainingConfig config;
  config.task = task;
  return message_of<SpecError>([&] { find_base(model.path().string(), config); });
}

}  // namespace

TEST_CASE("a base is found with its file, checksum and shape, which the training takes up") {
  const Model model;
  TrainingConfig config;
  Fields fields;
  config.describe(fields);
  const std::optional<BaseModel> base = find_base(model.path().string(), config);
  REQUIRE(base);
  CHECK(base->name == "shop");
  CHECK(base->sha256.size() == 64);
  take_shape(*base, fields, config);
  CHECK(config.width == 12);
  CHECK(config.levels == 2);
  CHECK(config.first_fill == "pull-push");
  const LearnerOptions options = learner_options(config, &*base);
  CHECK(options.weights == model / "net.safetensors");
  CHECK(options.architecture == "pconv");
  CHECK(options.levels == 2);
  CHECK_FALSE(find_base("none", config));
}

TEST_CASE("a base on a smooth fill may be widened to patch fills, if that is asked for, and not the other way round") {
  const Model model;
  TrainingConfig config;
  Fields fields;
  config.describe(fields);
  const BaseModel base = *find_base(model.path().string(), config);
  fields.set("first-fill", "patch", "--first-fill");
  take_shape(base, fields, config);
  CHECK(config.first_fill == "patch");
  fields.set("first-fill", "none", "--first-fill");
  CHECK(message_of<SpecError>([&] { take_shape(base, fields, config); }).find("first-fill none: the base shop has") !=
        std::string::npos);
}

TEST_CASE("a shape that was asked for and is not the base's is refused") {
  const Model model;
  TrainingConfig config;
  Fields fields;
  config.describe(fields);
  fields.set("levels", "5", "--levels");
  const BaseModel base = *find_base(model.path().string(), config);
  CHECK(missing_of(message_of<SpecError>([&] { take_shape(base, fields, config); }),
                   {"levels 5", "shop has 2", "--base none"}) == "");
  fields.set("levels", "2", "--levels");
  take_shape(base, fields, config);
}

TEST_CASE("a base of another architecture or driver is refused with both names") {
  CHECK(missing_of(refused(Model("u2net"), "remove-bg"), {"shop", "u2net", "u2netp"}) == "");
  CHECK(missing_of(refused(Model("pconv"), "remove-bg"), {"shop", "pconv", "u2netp"}) == "");
  CHECK(missing_of(refused(Model("", "onnx"), "reconstruct"), {"shop", "onnx", "pconv", "safetensors"}) == "");
}

TEST_CASE("a base without weights is missing; one whose weights are of something else, too") {
  const Model model;
  write_safetensors(model / "net.safetensors", {{"other", Tensor({1})}});
  const std::string folder = model.path().string();
  CHECK(missing_of(message_of<MissingError>([&] { find_base(folder, {}); }), {"net.safetensors", "enc1.conv.weight"}) ==
        "");
  std::filesystem::remove(model.path() / "net.safetensors");
  CHECK(missing_of(message_of<MissingError>([&] { find_base(folder, {}); }), {"net.safetensors"}) == "");
}

TEST_CASE("weights of the loss are terms with numbers") {
  TrainingConfig config;
  config.loss = {"style=120", "tv=0.1", "style=60"};
  const LearnerOptions options = learner_options(config, nullptr);
  CHECK(options.loss == std::map<std::string, double>{{"style", 60}, {"tv", 0.1}});
  CHECK(options.weights.empty());
  for (const char* wrong : {"style", "=3", "style=much"}) {
    config.loss = {wrong};
    CHECK(missing_of(message_of<SpecError>([&] { learner_options(config, nullptr); }), {"TERM=WEIGHT", wrong}) == "");
  }
}

}  // namespace inpaint::test
