#include "stages/chosen_model.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "core/error.h"
#include "pipeline/helpers.h"
#include "support.h"

namespace inpaint::test {
namespace {

// A model as --model, --device and --precision tell.
struct Asked {
  ChosenModel model;
  Fields fields;
  explicit Asked(const std::string& task, const Words& options) : model(task) {
    model.describe(fields, "What does it");
    for (const GivenOption& option : stage_spec(task, options).options)
      fields.set(option.name, option.text, option.where);
    model.prepare(fields);
  }
};

const char* const card =
    "name: mine\ntasks: [segment]\ndriver: torchscript\nfiles:\n  - name: net.pt\ninput: {size: 64}\n";

// A zip that holds one empty file: enough to be taken for TorchScript until it is opened.
std::string script_file() {
  const std::string name = "net/code/a";
  const auto two = [](size_t v) { return std::string{static_cast<char>(v & 255), static_cast<char>(v >> 8)}; };
  const auto four = [&](size_t v) { return two(v & 65535) + two(v >> 16); };
  const std::string common =
      two(20) + two(0) + two(0) + two(0) + two(0) + four(0) + four(0) + four(0) + two(name.size()) + two(0);
  const std::string local = "PK\3\4" + common + name;
  const std::string central = "PK\1\2" + two(20) + common + two(0) + two(0) + two(0) + four(0) + four(0) + name;
  return local + central + "PK\5\6" + four(0) + two(1) + two(1) + four(central.size()) + four(local.size()) + two(0);
}

}  // namespace

TEST_CASE("without --model it is the default of the task") {
  const Asked asked("segment", {});
  CHECK(asked.model.name() == "auto");
  CHECK_FALSE(asked.model.card());
  CHECK(asked.model.recipe().is_null());
  CHECK_FALSE(asked.model.opens_network());
}

TEST_CASE("a folder with a card is a model; what its file holds is part of the recipe") {
  const ScratchFolder folder;
  write_file(folder / "card.yaml", card);
  write_file(folder / "net.pt", script_file());
  const Asked asked("segment", {"model=" + folder.path().string()});
  CHECK(asked.model.name() == "mine");
  REQUIRE(asked.model.card());
  CHECK(asked.model.opens_network());  // libtorch
  const nlohmann::json recipe = asked.model.recipe();
  CHECK(recipe["name"] == "mine");
  write_file(folder / "net.pt", script_file() + "x");
  CHECK(Asked("segment", {"model=" + folder.path().string()}).model.recipe() != recipe);
  CHECK(message_of<SpecError>([&] { Asked("inpaint", {"model=" + folder.path().string()}); }) ==
        "inpaint: --model mine: is for segment");
}

TEST_CASE("a model whose file is absent, or which is unknown, is refused with the cure") {
  const ScratchFolder folder;
  write_file(folder / "card.yaml", card);
  CHECK(message_of<MissingError>([&] { Asked("segment", {"model=" + folder.path().string()}); }).find("net.pt") !=
        std::string::npos);
  CHECK(message_of<SpecError>([] { Asked("segment", {"model=clasic"}); }) ==
        "segment: --model: no model 'clasic' (did you mean 'classic'?)");
  CHECK(message_of<SpecError>([] {
          Asked("segment", {"model=classic", "device=cpu"});
        }).find("--device is an option of networks") != std::string::npos);
}

}  // namespace inpaint::test
