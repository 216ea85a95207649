#include "nn/card.h"

#include <doctest/doctest.h>

#include "core/error.h"

using namespace inpaint;

namespace {

const std::string minimal = "name: x\ntasks: [remove-bg]\ndriver: onnx\nfiles:\n  - name: x.onnx\n";

std::string refusal(const std::string& text) {
  try {
    read_card(text, "x.yaml");
  } catch (const SpecError& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("a card is read with its defaults") {
  const Card card = read_card(minimal + "input:\n  size: 320\n  mean: [0.1, 0.2, 0.3]\n", "x.yaml");
  CHECK(card.name == "x");
  CHECK(card.tasks == std::vector<std::string>{"remove-bg"});
  CHECK(card.file("net").name == "x.onnx");
  CHECK(card.input.size == "320");
  CHECK(card.input.mean == std::vector{0.1, 0.2, 0.3});
  CHECK(card.input.std == std::vector{1.0, 1.0, 1.0});
  CHECK(card.input.tensors == std::vector<std::string>{"image"});
  CHECK(!card.commercial);
}

TEST_CASE("a wrong card is refused with file, line, key and cure") {
  CHECK(refusal(minimal + "licnce: MIT\n").find("x.yaml:6: licnce: unknown") != std::string::npos);
  CHECK(refusal(minimal + "licnce: MIT\n").find("'licence'") != std::string::npos);
  CHECK(refusal("name: x\n").find("tasks") != std::string::npos);
  CHECK(refusal("- x\n").find("expected a model card") != std::string::npos);
  CHECK(refusal("name: [x\n").find("not valid YAML") != std::string::npos);
  CHECK(refusal(minimal + "input:\n  mean: [1, 2]\n").find("three numbers") != std::string::npos);
  CHECK(refusal(minimal + "architecture: u2net\n").find("architecture") != std::string::npos);
  CHECK(refusal("name: x\ntasks: [segment]\ndriver: onnx\nfiles:\n  - name: a/b.onnx\n").find("without folders") !=
        std::string::npos);
  CHECK(refusal("name: x\ntasks: [segment]\ndriver: onnx\nfiles:\n  - {name: b.onnx, url: 'http://x/b.onnx'}\n")
            .find("md5 or sha256") != std::string::npos);
}

TEST_CASE("every card that ships is complete") {
  REQUIRE(!shipped_cards().empty());
  for (const Card& card : shipped_cards()) {
    CAPTURE(card.name);
    CHECK(!card.summary.empty());
    CHECK(!card.licence.empty());
    CHECK(card.source.starts_with("https://"));
    for (const CardFile& file : card.files) {
      CAPTURE(file.name);
      CHECK((file.url.empty() || file.url.starts_with("https://")));
      if (!file.md5.empty()) CHECK(file.md5.size() == 32);
      if (!file.sha256.empty()) CHECK(file.sha256.size() == 64);
    }
  }
}
