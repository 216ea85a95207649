#include "train/result.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "nn/models.h"
#include "nn/safetensors.h"
#include "support.h"

namespace inpaint::test {
namespace {

Tensor numbered(std::vector<int64_t> shape) {
  Tensor tensor(std::move(shape));
  for (int64_t i = 0; i < tensor.size(); ++i) tensor.data()[i] = static_cast<float>(i);
  return tensor;
}

nlohmann::json figures() {
  return {{"first", {{"step", 0}, {"hole-psnr", 20.125}}}, {"best", {{"step", 40}, {"hole-psnr", 23.5}}}};
}

}  // namespace

TEST_CASE("the best weights become a model with a card that says how to feed them") {
  const ScratchFolder scratch;
  const TrainingFolder folder(scratch / "shop: hats");
  std::filesystem::create_directories(folder.state());
  write_safetensors(folder.best(), {{"enc1.conv.weight", numbered({8, 3, 7, 7})},
                                    {"enc2.conv.weight", numbered({16, 8, 5, 5})},
                                    {"enc3.conv.weight", numbered({32, 16, 5, 5})}});
  write_model(folder, TrainingConfig{}, {{"architecture", "pconv"}, {"base", "pull-push"}}, figures());

  const Card card = find_card(folder.path());
  CHECK(card.name == "shop: hats");
  CHECK(card.tasks == std::vector<std::string>{"reconstruct", "inpaint"});
  CHECK(card.driver == "safetensors");
  CHECK(card.architecture == "pconv");
  CHECK(card.input.tensors == std::vector<std::string>{"known-image", "known"});
  CHECK(card.input.modulus == 8);
  CHECK(card.output.kind == "colors");
  CHECK(card.text.find("23.5 dB at step 40 (20.12 before") != std::string::npos);
  const Safetensors weights(verified_file(card));  // throws if the checksum in the card is wrong
  CHECK(weights.metadata().at("base") == "pull-push");
  CHECK(weights.get("enc2.conv.weight").values()[5] == 5.F);
  CHECK(weights.type("enc2.conv.weight") == "F16");
  CHECK(card.files[0].size == static_cast<int64_t>(std::filesystem::file_size(folder.weights())));

  write_model(folder, TrainingConfig{}, {{"architecture", "pconv"}, {"base", "patch"}}, figures());
  CHECK(find_card(folder.path()).input.tensors ==
        std::vector<std::string>{"known-image", "known", "filled-image+filled-image-2"});
}

TEST_CASE("a network that cuts out is fed at the size that it was taught at, as U-2-Net is") {
  const ScratchFolder scratch;
  const TrainingFolder folder(scratch / "cutter/");
  std::filesystem::create_directories(folder.state());
  write_safetensors(folder.best(), {{"outconv.weight", numbered({1, 6, 1, 1})}});
  TrainingConfig config;
  config.task = "remove-bg";
  config.size = 192;
  write_model(folder, config, {}, nullptr);
  const Card card = find_card(folder.path());
  CHECK(card.name == "cutter");
  CHECK(card.tasks == std::vector<std::string>{"remove-bg", "segment"});
  CHECK(card.architecture == "u2netp");
  CHECK(card.input.size == "192");
  CHECK(card.input.divide == "255");
  CHECK(card.input.mean == std::vector<double>{0.485, 0.456, 0.406});
  CHECK(card.input.std == std::vector<double>{0.229, 0.224, 0.225});
  CHECK(card.output.kind == "opacity");
  CHECK(card.output.stretch == "none");
}

TEST_CASE("weights too large for half precision are kept in full") {
  const ScratchFolder scratch;
  const TrainingFolder folder(scratch / "large");
  std::filesystem::create_directories(folder.state());
  Tensor large({1, 3, 1, 1});
  std::fill(large.data(), large.data() + 3, 70000.F);  // f16 ends at 65504
  write_safetensors(folder.best(), {{"enc1.conv.weight", large}});
  write_model(folder, {}, {}, nullptr);
  const Safetensors weights(verified_file(find_card(folder.path())));
  CHECK(weights.get("enc1.conv.weight").values()[2] == 70000.F);
}

TEST_CASE("without best weights there is no model") {
  const ScratchFolder scratch;
  CHECK_THROWS_AS(write_model(TrainingFolder(scratch / "none"), {}, {}, nullptr), MissingError);
}

}  // namespace inpaint::test
