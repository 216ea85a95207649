#include "nn/tasks/vocabulary.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cctype>
#include <map>

#include "core/error.h"

using namespace inpaint;

namespace {

Card card_with(const std::string& name, std::vector<std::string> labels) {
  Card card;
  card.name = name;
  card.labels = std::move(labels);
  return card;
}

const Card cloth = card_with("cloth", {"background", "upper", "lower", "full"});
const Card fashion = card_with(
    "fashion", {"Background", "Hat", "Upper-clothes", "Skirt", "Pants", "Dress", "Left-shoe", "Right-shoe", "Scarf"});
const std::vector<Card> both{cloth, fashion};

std::string refusal(const std::string& words, const Card& card = cloth) {
  try {
    labels_for(words, card, both);
  } catch (const SpecError& error) {
    return error.what();
  }
  return "";
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("words mean labels, however they are written") {
  for (const char* word : {"t-shirt", "T-shirt",     "t shirt",   "tshirt",  "T-SHIRTS", "tee",       "tees", "top",
                           "tops",    "blouse",      "jumpers",   "sweater", "pullover", "Waistcoat", "vest", "hoodie",
                           "anorak",  "Trench-Coat", "cardigans", "jersey",  "jerseys",  "blazer"}) {
    CAPTURE(word);
    CHECK(labels_for(word, cloth, both) == std::vector{1});
  }
  for (const char* word : {"jeans", "jean", "trousers", "trouser", "pants", "shorts", "short", "skirts", "leggings",
                           "Chinos", "sweat pants", "cargo-pants", "tracksuit bottoms"}) {
    CAPTURE(word);
    CHECK(labels_for(word, cloth, both) == std::vector{2});
  }
  for (const char* word : {"dress", "dresses", "jump suit", "dungarees", "sari", "evening gowns"}) {
    CAPTURE(word);
    CHECK(labels_for(word, cloth, both) == std::vector{3});
  }
}

TEST_CASE("the most precise class that a model has is taken") {
  CHECK(labels_for("skirt", fashion, both) == std::vector{3});
  CHECK(labels_for("jeans", fashion, both) == std::vector{4});
  CHECK(labels_for("lower body", fashion, both) == std::vector{3, 4});  // it has no class for both
  CHECK(labels_for("scarves", fashion, both) == std::vector{8});
  CHECK(labels_for("trainers", fashion, both) == std::vector{6, 7});
  CHECK(labels_for("clothes", cloth, both) == std::vector{1, 2, 3});
  CHECK(labels_for("outfit", fashion, both) == std::vector{2, 3, 4, 5});
}

TEST_CASE("several words unite, a card's own labels are words") {
  CHECK(labels_for("top, jeans", cloth, both) == std::vector{1, 2});
  CHECK(labels_for("jeans,pants , jeans", cloth, both) == std::vector{2});
  CHECK(labels_for("full, background", cloth, both) == std::vector{0, 3});
  CHECK(labels_for("left shoe", fashion, both) == std::vector{6});
  CHECK(labels_for("mice", card_with("pets", {"cat", "mice"}), {}) == std::vector{1});
  CHECK(labels_for("people", card_with("coco", {"person", "bus"}), {}) == std::vector{0});
  CHECK(labels_for("buses", card_with("coco", {"person", "bus"}), {}) == std::vector{1});
}

TEST_CASE("an unknown word is answered with the nearest, or with all there are") {
  CHECK(has(refusal("jens"), "--target jens: unknown (did you mean 'jeans'?)"));
  CHECK(has(refusal("top, trowsers"), "'trousers'"));
  const std::string all = refusal("xylophone");
  CHECK(has(all, "cloth can find: background; upper ("));
  CHECK(has(all, "t-shirt"));
  CHECK(has(all, "lower (lower body, "));
  CHECK(!has(all, "trainers"));  // this model has no class for them
  CHECK(has(refusal("red dress"), "ask for 'dress'"));
  CHECK(has(refusal(""), "expected garments"));
  CHECK(has(refusal(" , "), "expected garments"));
}

TEST_CASE("a known garment without a class names the models that have one") {
  CHECK(refusal("scarf") ==
        "--target scarf: model cloth has no class for it, only background, upper, lower, full; models that have one: "
        "fashion");
  CHECK(has(refusal("gloves"), "no known model has one"));
}

TEST_CASE("models are found by what they can find") {
  CHECK(models_for_words("jeans", both) == std::vector<std::string>{"cloth", "fashion"});
  CHECK(models_for_words("jeans, hat", both) == std::vector<std::string>{"fashion"});
  CHECK(models_for_words("right shoe", both) == std::vector<std::string>{"fashion"});
  CHECK_THROWS_WITH_AS(models_for_words("gloves", both), doctest::Contains("no known model"), SpecError);
  CHECK_THROWS_WITH_AS(models_for_words("jens", both), doctest::Contains("'jeans'"), SpecError);
}

TEST_CASE("the vocabulary is large, in lower case, and no word means two garments") {
  size_t words = 0;
  std::map<std::string, size_t> seen;
  for (size_t i = 0; i < garments().size(); ++i) {
    const Garment& garment = garments()[i];
    CHECK(!garment.labels.empty());
    words += garment.words.size();
    for (const std::string& word : garment.words) {
      CAPTURE(word);
      CHECK(std::none_of(word.begin(), word.end(), [](unsigned char c) { return std::isupper(c) != 0; }));
      std::string key;
      for (const char c : word) {
        if (std::isalnum(static_cast<unsigned char>(c))) key += c;
      }
      if (key.ends_with("s") && !key.ends_with("ss")) key.pop_back();
      CHECK(seen.emplace(key, i).second);
    }
  }
  CHECK(words >= 150);
}
