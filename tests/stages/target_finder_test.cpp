#include "stages/target_finder.h"

#include <doctest/doctest.h>

#include <cstdlib>

#include "core/error.h"
#include "nn/models.h"
#include "pipeline/helpers.h"
#include "support.h"

namespace inpaint::test {
namespace {

// A store of models of its own for as long as it lives.
struct Store : ScratchFolder {
  Store() { setenv("INPAINT_MODELS", path().c_str(), 1); }
  ~Store() { unsetenv("INPAINT_MODELS"); }
  void card(const std::string& name, const std::string& labels, bool with_file) const {
    std::filesystem::create_directories(path() / name);
    write_file(*this / (name + "/card.yaml"),
               "name: " + name + "\ntasks: [segment]\ndriver: onnx\nfiles:\n  - name: x.onnx\nlabels: [" + labels +
                   "]\noutput: {kind: classes}\n");
    if (with_file) write_file(*this / (name + "/x.onnx"), "a file");
  }
};

}  // namespace

TEST_CASE("words of a target are separated by commas") {
  CHECK(target_words("t-shirt") == Words{"t-shirt"});
  CHECK(target_words(" jeans , t shirt,") == Words{"jeans", "t shirt"});
  CHECK_THROWS_AS(target_words(" , "), SpecError);
}

TEST_CASE("a network that knows the words is taken, one whose file is there before others") {
  const Store store;
  CHECK(card_for_target("jeans", "segment").name == "u2net_cloth_seg");  // the only one that ships with classes
  store.card("zebra", "background, stripes", true);
  CHECK(card_for_target("jeans", "segment").name == "u2net_cloth_seg");
  CHECK(card_for_target("stripes", "segment").name == "zebra");
  store.card("abc", "background, lower", false);
  CHECK(card_for_target("jeans", "segment").name == "abc");  // none is there: the first by name
  store.card("wardrobe", "background, jeans", true);
  CHECK(card_for_target("jeans", "segment").name == "wardrobe");
  CHECK(card_for_target("jeans", "remove-bg").name == "u2net_cloth_seg");  // the others are for segment only
}

TEST_CASE("words that no network knows are refused with the flag and the nearest known one") {
  const Store store;
  const std::string refusal = message_of<SpecError>([] { card_for_target("jaens", "segment"); });
  CAPTURE(refusal);
  CHECK(refusal.starts_with("--target: "));
  CHECK(refusal.find("jeans") != std::string::npos);
  const Card cloth = find_card("u2net_cloth_seg");
  CHECK(target_labels("trousers, t-shirt", cloth) == std::vector<int>{1, 2});
}

}  // namespace inpaint::test
