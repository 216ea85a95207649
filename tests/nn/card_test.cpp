#include "nn/card.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <stdexcept>

#include "core/error.h"
#include "core/names.h"

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

TEST_CASE("every published model has a card") {
  // DESIGN 11, and the two that take points and boxes.
  const std::vector<std::string> expected{"anime-manga-big-lama",
                                          "big-lama",
                                          "isnet-general-use",
                                          "migan",
                                          "mobile-sam",
                                          "sam",
                                          "silueta",
                                          "u2net",
                                          "u2net_cloth_seg",
                                          "u2net_human_seg",
                                          "u2netp"};
  std::vector<std::string> names;
  for (const Card& card : shipped_cards()) names.push_back(card.name);
  for (const std::string& name : expected) {
    CAPTURE(name);
    CHECK(std::count(names.begin(), names.end(), name) == 1);
  }
}

namespace {

bool is_hexadecimal(const std::string& text, size_t digits) {
  return text.size() == digits && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

const Card& shipped(const std::string& name) {
  for (const Card& card : shipped_cards()) {
    if (card.name == name) return card;
  }
  throw std::out_of_range(name);
}

void check_tensors(const Card& card) {
  const std::set<std::string> planes{"image", "known-image", "filled-image", "filled-image-2",
                                     "hole",  "known",       "known-half"};
  for (const std::string& tensor : card.input.tensors) {
    for (const std::string& plane : split(tensor, '+')) CHECK(planes.contains(plane));
  }
  const bool fills = std::count(card.tasks.begin(), card.tasks.end(), "inpaint") > 0;
  CHECK(fills == (card.output.kind == "colors"));
  CHECK(fills == (join(card.input.tensors, "+").find("known-half") != std::string::npos ||
                  join(card.input.tensors, "+").find("hole") != std::string::npos ||
                  join(card.input.tensors, "+").find("known+") != std::string::npos));
  CHECK((card.input.size == "free" || card.input.size.find_first_not_of("0123456789x") == std::string::npos));
}

}  // namespace

TEST_CASE("every card that ships is complete") {
  REQUIRE(!shipped_cards().empty());
  for (const Card& card : shipped_cards()) {
    CAPTURE(card.name);
    CHECK(!card.summary.empty());
    CHECK(card.summary.back() != '.');
    CHECK(!card.licence.empty());
    CHECK((!card.commercial || std::set<std::string>{"Apache-2.0", "MIT"}.contains(card.licence)));
    const bool own = card.source.starts_with("configs/training/");  // taught by this program, and shipped with it
    CHECK((own || card.source.starts_with("https://")));
    if (own) CHECK(std::filesystem::exists(std::string(INPAINT_SOURCE_DIR) + "/" + card.source));
    check_tensors(card);
    for (const CardFile& file : card.files) {
      CAPTURE(file.name);
      // The user gives those of segment-anything; all others are published with a checksum, big ones with their size.
      CHECK(file.url.empty() == (own || card.family == "segment-anything"));
      if (own) CHECK(is_hexadecimal(file.sha256, 64));
      if (own) CHECK(file.size.value_or(0) > 1000000);
      if (file.url.empty()) continue;
      CHECK(file.url.starts_with("https://"));
      CHECK(file.url.ends_with("/" + file.name));
      CHECK(is_hexadecimal(file.md5, 32));
      CHECK((file.sha256.empty() || is_hexadecimal(file.sha256, 64)));
      CHECK((file.size.value_or(0) > 1000000 || card.name == "migan"));
    }
  }
}

TEST_CASE("no two cards that ship name one file") {
  std::set<std::string> names, sums;
  size_t files = 0, summed = 0;
  for (const Card& card : shipped_cards()) {
    for (const CardFile& file : card.files) {
      ++files;
      names.insert(file.name);
      if (file.md5.empty()) continue;
      ++summed;
      sums.insert(file.md5);
    }
  }
  CHECK(names.size() == files);
  CHECK(sums.size() == summed);
}

TEST_CASE("the quirks of single models are in their cards") {
  CHECK(shipped("migan").input.tensors == std::vector<std::string>{"known-half+known-image"});
  CHECK(shipped("migan").output.range == std::vector<double>{-1, 1});
  CHECK(!shipped("migan").output.composited);
  CHECK(shipped("big-lama").output.composited);
  CHECK(shipped("u2net").input.divide == "max");
  CHECK(shipped("isnet-general-use").input.std == std::vector<double>{1, 1, 1});
  CHECK(shipped("u2net_cloth_seg").labels == std::vector<std::string>{"background", "upper", "lower", "full"});
  CHECK(shipped("sam").input.layout == "nhwc");
  CHECK(!shipped("anime-manga-big-lama").commercial);
}
